"""Show what Runsheet does, by way of its public API: records in, two report runs, CSVs out."""

from __future__ import annotations

import csv
import io
import tempfile
import time
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from local.errors import LocalStackError
from local.sample_data import DATASET, write_csv
from local.up import bring_up

if TYPE_CHECKING:
    from local.place import Place
    from local.progress import Progress

_REPORTS = ("balance.summary.1", "balance_change_from_activity.itemized.3")
_INTERVAL = timedelta(days=90)
_SHOWN_ROWS, _SHOWN_COLUMNS = 6, 6
_MAX_SECONDS = 300


def run(place: Place, progress: Progress) -> None:
    """Bring the stack up, load sample records unless they are there, run two reports and show their results.

    Raises:
        LocalStackError: the stack does not come up, or an upload or a run fails.
    """
    progress.say("1. The local stack")
    details = bring_up(place, progress)
    organisation = details.organisations[0]
    with httpx.Client(
        base_url=details.base_url, auth=(organisation.test_key, ""), timeout=60, trust_env=False
    ) as api:
        progress.say(f"\n2. Records of {organisation.name} ({organisation.id}, test mode)")
        _load(api, progress)
        progress.say("\n3. Report runs")
        runs = [_report(api, report_type, progress) for report_type in _REPORTS]
        for finished in runs:
            _show(api, finished, organisation.test_key, progress)
    key = organisation.test_key
    progress.say("\nEverything goes on running; `make down` stops it. Try:\n")
    progress.say(f"  curl {details.base_url}/v1/reporting/report_runs -u {key}:")
    progress.say(f"  curl {details.base_url}/v1/reporting/report_runs -u {key}: \\")
    progress.say(f"    -d report_type={_REPORTS[0]} \\")
    for name, value in runs[0]["parameters"].items():
        progress.say(f"    -d 'parameters[{name}]={value}' \\")
    progress.say("    -d 'parameters[currency]=eur'")
    progress.say(f"\n  All keys: {place.details_file}")


def _load(api: httpx.Client, progress: Progress) -> None:
    rows = _json(api.get(f"/v1/datasets/{DATASET}"))["row_count"]
    if rows:
        progress.say(f"  {rows:,} balance transactions are there already")
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "records.csv"
        with progress.step("Make up two years of balance transactions"):
            rows = write_csv(file, datetime.now(UTC).date())
        upload = _json(api.post(f"/v1/datasets/{DATASET}/uploads", data={"format": "csv"}))
        with progress.step(f"Upload {rows:,} of them ({file.stat().st_size / 1e6:.0f} MB of CSV)"):
            sent = httpx.put(upload["url"], content=file.read_bytes(), timeout=120, trust_env=False)
            if sent.is_error:
                raise LocalStackError(f"The upload was refused: {sent.text}")
    done = _finished(api, f"/v1/datasets/{DATASET}/uploads/{upload['id']}", "Check and store them", progress)
    progress.say(f"  {done['row_count']:,} records are stored")


def _report(api: httpx.Client, report_type: str, progress: Progress) -> dict[str, Any]:
    end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    end = min(end, datetime.fromtimestamp(_available_until(api, report_type), UTC))
    form = {
        "report_type": report_type,
        "parameters[interval_start]": str(int((end - _INTERVAL).timestamp())),
        "parameters[interval_end]": str(int(end.timestamp())),
    }
    created = _json(api.post("/v1/reporting/report_runs", data=form))
    return _finished(api, f"/v1/reporting/report_runs/{created['id']}", report_type, progress)


def _available_until(api: httpx.Client, report_type: str) -> int:
    return int(_json(api.get(f"/v1/reporting/report_types/{report_type}"))["data_available_end"])


def _finished(api: httpx.Client, path: str, what: str, progress: Progress) -> dict[str, Any]:
    """Poll an upload or a run until it has ended well, and show how far it is."""
    deadline = time.monotonic() + _MAX_SECONDS
    with progress.bar(what) as shown:
        while time.monotonic() < deadline:
            found = _json(api.get(path))
            shown(found["progress"])
            if found["status"] == "succeeded":
                return found
            if found["status"] in {"failed", "expired"}:
                raise LocalStackError(
                    f"{path} {found['status']}: {found.get('error') or found.get('failure_message')}"
                )
            time.sleep(0.1)
    raise LocalStackError(f"{path} did not end within {_MAX_SECONDS} s.")


def _show(api: httpx.Client, finished: dict[str, Any], key: str, progress: Progress) -> None:
    result = finished["result"]
    text = api.get(result["url"], follow_redirects=True).raise_for_status().text
    progress.say(f"\n{finished['report_type']}: {finished['row_count']:,} rows, {result['size']:,} bytes")
    rows = [row[:_SHOWN_COLUMNS] for row in islice(csv.reader(io.StringIO(text)), _SHOWN_ROWS)]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        progress.say(
            "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )
    progress.say(f"  … curl -L {result['url']} -u {key}: > {result['filename']}")


def _json(answer: httpx.Response) -> dict[str, Any]:
    if answer.is_error:
        raise LocalStackError(
            f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}"
        )
    decoded: dict[str, Any] = answer.json()
    return decoded

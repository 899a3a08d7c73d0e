"""Manifests, from the records that a customer sends to the object beside the result."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from runsheet.datasets import records
from runsheet.report_runs import creation, execution, service
from runsheet.report_runs.model import NewReportRun, ReportRun, RunRequested
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant
from tests import lake as lakes

if TYPE_CHECKING:
    from collections.abc import Iterator

TENANT = Tenant("org_a", "test")


@pytest.fixture(autouse=True)
def lake(tables: None, buckets: None, queues: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:  # noqa: ARG001
    with lakes.served(monkeypatch):
        yield


def send(*rows: dict[str, Any]) -> None:
    body = json.dumps(rows).encode()
    records.create(TENANT, "balance_transactions", body, content_type="application/json", batch_id=None)


def ran(report_type: str, **parameters: Any) -> ReportRun:
    run = creation.create(TENANT, NewReportRun(report_type=report_type, parameters=parameters))
    execution.execute(RunRequested(organisation_id="org_a", mode="test", run_id=run.id))
    return service.retrieve(TENANT, run.id)


def stored(key: str) -> bytes:
    return boto3.client("s3").get_object(Bucket=settings().results_bucket, Key=key)["Body"].read()


def test_a_manifest_tells_what_the_file_holds_and_what_it_was_made_from() -> None:
    send(lakes.record(), lakes.record(id="txn_2", currency="jpy", gross=500, fee=0, net=500))
    send(
        lakes.record(id="txn_3", gross=-200, fee=0, net=-200),
        lakes.record(id="txn_4", created="2024-04-01T00:00:00Z"),
    )
    run = ran(
        "balance_change_from_activity.itemized.3", interval="2024-03", columns=["net", "gross", "currency"]
    )
    assert run.file is not None
    manifest = json.loads(stored(f"{run.file.key}.manifest.json"))
    assert manifest == {
        "object": "reporting.manifest",
        "report_run": run.id,
        "report_type": "balance_change_from_activity.itemized.3",
        "parameters": {
            "interval_start": int(datetime(2024, 3, 1, tzinfo=UTC).timestamp()),
            "interval_end": int(datetime(2024, 4, 1, tzinfo=UTC).timestamp()),
            "timezone": "Etc/UTC",
        },
        "data_versions": {"balance_transactions": 2},
        "format": "csv",
        "compress": None,
        "engine": "duckdb",
        "row_count": 3,
        "column_count": 3,
        "size": run.file.size,
        "sha256": run.file.sha256,
        "crc32": f"{zlib.crc32(stored(run.file.key)):08x}",
        "control_totals": [
            {"currency": "jpy", "sums": {"gross": 500, "net": 500}},
            {"currency": "usd", "sums": {"gross": 800, "net": 741}},
        ],
        "created": run.file.created,
    }
    content = stored(run.file.key)
    assert (len(content), hashlib.sha256(content).hexdigest()) == (manifest["size"], manifest["sha256"])
    assert len(list(csv.reader(io.StringIO(content.decode())))) == manifest["row_count"] + 1
    shown = service.shown(run, "https://x").model_dump(mode="json")
    assert shown["manifest"] == manifest


def test_a_report_without_rows_or_amounts_has_no_totals() -> None:
    run = ran("balance_change_from_activity.itemized.3", interval="2024-03")
    assert run.manifest is not None
    assert (run.manifest["row_count"], run.manifest["control_totals"]) == (0, [])
    run = ran("integration_sync.detail.1", interval="2024-03")
    assert run.manifest is not None
    assert run.manifest["control_totals"] == []
    assert run.manifest["data_versions"] == {"sync_runs": 0}


def test_sums_beyond_53_bits_are_exact() -> None:
    large = 10**15 - 1
    send(*(lakes.record(id=f"txn_{n}", gross=large, fee=0, net=large) for n in range(20)))
    run = ran("balance_change_from_activity.summary.1", interval="2024-03")
    assert run.manifest is not None
    # A row for the category and one for the total.
    [totals] = run.manifest["control_totals"]
    assert totals["sums"]["gross"] == 2 * 20 * large

"""What report runs have beyond the contract, on the stack: with its policies, its queue and its workers."""

from __future__ import annotations

import csv
import gzip
import io
import json
import time
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

from local.deployment import physical_ids
from runsheet import ids
from runsheet.organisations.model import NewOrganisation
from runsheet.runtime.items import to_item

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.accounts import Accounts
    from local.place import Organisation, Place

pytestmark = pytest.mark.stack

SUMMARY = "balance_change_from_activity.summary.1"
ITEMIZED = "balance_change_from_activity.itemized.3"
RUNS = "/v1/reporting/report_runs"
RECORDS = [
    {"id": f"txn_{n}", "created": f"2026-01-{n:02d}T08:00:00Z", "available_on": "2026-02-03T00:00:00Z", "currency": "usd",
     "gross": 1000, "fee": 59, "net": 941, "reporting_category": "charge", "description": "=1+1"}
    for n in range(1, 31)
]  # fmt: skip


@pytest.fixture(scope="module")
def organisation(accounts: Accounts) -> Organisation:
    return accounts.create(NewOrganisation("Beyond", "Europe/Vienna"))


@pytest.fixture(scope="module")
def api(organisation: Organisation, place: Place) -> Iterator[httpx.Client]:
    """The API with a test key of an organisation that had 30 charges in January 2026."""
    headers = {"Authorization": f"Bearer {organisation.test_key}"}
    with httpx.Client(base_url=place.base_url, headers=headers, timeout=60) as client:
        send(client, RECORDS)
        yield client


def send(api: httpx.Client, records: list[dict[str, Any]]) -> None:
    answer = api.post("/v1/datasets/balance_transactions/records", json=records)
    assert answer.status_code == 200, answer.text


def run(api: httpx.Client, report_type: str = SUMMARY, **parameters: Any) -> dict[str, Any]:
    """Create a run of January and wait for its end, as one call does it."""
    given = {f"parameters[{name}]": value for name, value in ({"interval": "2026-01"} | parameters).items()}
    answer = api.post(RUNS, data={"report_type": report_type, "wait": "20"} | given)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    while made["status"] == "pending":  # a worker that has to start takes its time
        made = api.get(f"{RUNS}/{made['id']}", params={"wait": "20"}).json()
    return made


def succeeded(api: httpx.Client, report_type: str = SUMMARY, **parameters: Any) -> dict[str, Any]:
    made = run(api, report_type, **parameters)
    assert made["status"] == "succeeded", made
    return made


def pending(place: Place, organisation: Organisation, mode: str = "test") -> str:
    """Store a run that no worker hears of, and return its id."""
    now = datetime.now(UTC)
    item = {
        "tenant": f"{organisation.id}#{mode}", "id": ids.new_id("frr", now), "report_type": SUMMARY, "parameters": {},
        "created": int(now.timestamp()), "deadline": int(now.timestamp()) + 3600, "status": "pending", "attempts": 0,
        "expires_at": int(now.timestamp()) + 86400,
        "progress": 0,
    }  # fmt: skip
    table = place.session().client("dynamodb", endpoint_url=place.aws_endpoint_url)
    table.put_item(TableName=physical_ids(place)["ReportRunsTable"], Item=to_item(item))
    return str(item["id"])


def test_a_run_is_there_in_one_call_with_its_manifest_beside_it(api: httpx.Client, place: Place) -> None:
    made = succeeded(api, ITEMIZED, timezone="Europe/Vienna", refresh="true")
    content = api.get(made["result"]["url"], follow_redirects=True).content
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    assert made["manifest"]["control_totals"] == [
        {"currency": "usd", "sums": {"fee": 1770, "gross": 30_000, "net": 28_230}}
    ]
    assert sum(round(float(row["net"]) * 100) for row in rows) == 28_230
    assert (
        (made["manifest"]["row_count"], made["manifest"]["size"])
        == (len(rows), len(content))
        == (30, len(content))
    )
    assert made["resolved_parameters"] == {"interval_start": 1767222000, "interval_end": 1769900400}
    s3 = place.session().client("s3", endpoint_url=place.aws_endpoint_url)
    key = made["download_url"].partition("?")[0].partition("/results/")[2]
    stored = s3.get_object(Bucket=physical_ids(place)["ResultsBucket"], Key=f"results/{key}.manifest.json")
    assert json.loads(stored["Body"].read()) == made["manifest"]


def test_the_same_again_is_the_same_file_until_the_data_changes(api: httpx.Client) -> None:
    first = succeeded(api)
    again = succeeded(api)
    assert again["id"] != first["id"]
    assert again["reused_from"] == (first["reused_from"] or first["id"])
    assert again["result"] == first["result"]
    assert succeeded(api, refresh="true")["reused_from"] is None
    send(api, [RECORDS[0]])
    assert succeeded(api)["reused_from"] is None


@pytest.mark.parametrize(
    ("parameters", "kind"),
    [({"format": "jsonl"}, "jsonl"), ({"format": "parquet"}, "parquet"), ({"compress": "gzip"}, "gz"),
     ({"format": "jsonl", "compress": "zip"}, "zip")],
)  # fmt: skip
def test_a_result_in_another_form_is_downloaded_both_ways(
    api: httpx.Client, parameters: dict[str, str], kind: str
) -> None:
    made = succeeded(api, ITEMIZED, **parameters)
    assert made["result"]["type"] == kind
    content = api.get(made["result"]["url"], follow_redirects=True)
    presigned = httpx.get(made["download_url"], timeout=60)
    assert presigned.content == content.content
    assert presigned.headers["content-type"] == content.headers["content-type"]
    assert made["result"]["filename"] in content.headers["content-disposition"]
    if kind == "parquet":
        assert pq.read_table(io.BytesIO(content.content)).num_rows == 30
    elif kind == "zip":
        with zipfile.ZipFile(io.BytesIO(content.content)) as archive:
            assert archive.read(archive.namelist()[0]).count(b"\n") == 30
    else:
        lines = gzip.decompress(content.content) if kind == "gz" else content.content
        assert lines.count(b"\n") == 30 + (kind == "gz")


def test_rows_are_previewed_page_by_page(api: httpx.Client) -> None:
    made = succeeded(api, ITEMIZED)
    found: list[str] = []
    query: dict[str, Any] = {"limit": 12}
    while True:
        page = api.get(f"{RUNS}/{made['id']}/preview", params=query)
        assert page.status_code == 200, page.text
        found += [row["balance_transaction_id"] for row in page.json()["data"]]
        if not page.json()["has_more"]:
            break
        query["cursor"] = page.json()["next_cursor"]
    assert set(found) == {record["id"] for record in RECORDS}
    assert len(found) == len(RECORDS)
    refused = api.get(f"{RUNS}/{made['id']}/preview", params={"cursor": "x"})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "cursor")


def test_a_pending_run_is_cancelled_once_and_for_all(
    api: httpx.Client, place: Place, organisation: Organisation
) -> None:
    run_id = pending(place, organisation)
    for _ in range(2):
        answer = api.post(f"{RUNS}/{run_id}/cancel")
        assert answer.status_code == 200, answer.text
        assert (answer.json()["status"], answer.json()["error_code"]) == ("failed", "cancelled")
    assert api.get(f"{RUNS}/{run_id}").json()["error_code"] == "cancelled"
    ended = succeeded(api)
    refused = api.post(f"{RUNS}/{ended['id']}/cancel")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "report_run_ended")
    assert api.post(f"{RUNS}/{pending(place, organisation, 'live')}/cancel").status_code == 404


def test_a_failure_is_had_on_demand_in_test_mode_only(api: httpx.Client, organisation: Organisation) -> None:
    failed = run(api, fail="result_too_large")
    assert (failed["status"], failed["error_code"]) == ("failed", "result_too_large")
    form = {"report_type": SUMMARY, "parameters[interval]": "2026-01", "parameters[fail]": "internal_error"}
    refused = api.post(RUNS, data=form, headers={"Authorization": f"Bearer {organisation.live_key}"})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "parameters[fail]")


def test_a_wait_that_is_too_short_answers_with_the_pending_run(
    api: httpx.Client, place: Place, organisation: Organisation
) -> None:
    run_id = pending(place, organisation)
    began = time.monotonic()
    answer = api.get(f"{RUNS}/{run_id}", params={"wait": "2"})
    assert answer.json()["status"] == "pending"
    assert time.monotonic() - began >= 2
    assert api.get(f"{RUNS}/{run_id}", params={"wait": "21"}).status_code == 400


def test_a_report_that_is_given_again_is_mailed_again(api: httpx.Client) -> None:
    body = {
        "report_type": SUMMARY,
        "frequency": "daily",
        "recipient_emails": [f"cfo-{time.monotonic_ns()}@example.com"],
    }
    config = api.post("/v2/report-configs", json=body).json()
    sent = [api.post(f"/v2/report-configs/{config['id']}/send").json()["report_run"] for _ in range(2)]
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        told = api.get(f"/v2/report-configs/{config['id']}/deliveries").json()
        if [one["status"] for one in told] == ["sent", "sent"]:
            break
        time.sleep(0.5)
    assert sorted(one["report_run"] for one in told) == sorted(sent)
    runs = [api.get(f"{RUNS}/{run_id}").json() for run_id in sent]
    assert runs[1]["reused_from"] in {runs[0]["id"], None}  # both may have run at once

"""Records on their way in, over HTTP: inline, by upload, refused, replaced, deleted, and seen by a report."""

from __future__ import annotations

import csv
import io
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from local.deployment import physical_ids
from runsheet.dataset_compactions.triggers import MOST_FILES
from runsheet.runtime.items import from_item, to_item
from tests.stack.uploading import DATASET, uploaded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.place import Details, Organisation, Place

pytestmark = pytest.mark.stack

JANUARY = {"parameters[interval_start]": 1767225600, "parameters[interval_end]": 1769904000}
HEADER = "id,created,available_on,currency,gross,fee,net,reporting_category,payment_metadata[order]"


@pytest.fixture
def client(place: Place, organisation: Organisation) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=place.base_url, auth=(organisation.test_key, ""), timeout=60) as client:
        yield client


def row(number: int, gross: int = 1000, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"txn_{number}",
        "created": "2026-01-05T08:00:00Z",
        "available_on": "2026-01-07T00:00:00Z",
        "currency": "usd",
        "gross": gross,
        "fee": 100,
        "net": gross - 100,
        "reporting_category": "charge",
    } | changes


def report(client: httpx.Client, report_type: str, **parameters: Any) -> list[dict[str, str]]:
    """Run a report over January 2026 and return its rows."""
    form = JANUARY | {f"parameters[{name}]": value for name, value in parameters.items()}
    run = (
        client.post("/v1/reporting/report_runs", data={"report_type": report_type} | form)
        .raise_for_status()
        .json()
    )
    ended = time.monotonic() + 60
    while run["status"] == "pending" and time.monotonic() < ended:
        time.sleep(0.05)
        run = client.get(f"/v1/reporting/report_runs/{run['id']}").raise_for_status().json()
    assert run["status"] == "succeeded", run
    answer = httpx.get(run["result"]["url"], auth=client.auth, timeout=60).raise_for_status()
    assert run["row_count"] == answer.text.count("\n") - 1
    assert httpx.get(run["download_url"], timeout=60).content == answer.content
    return list(csv.DictReader(io.StringIO(answer.text)))


def visible(client: httpx.Client) -> int:
    return int(client.get(DATASET).raise_for_status().json()["row_count"])


def test_an_uploaded_csv_is_counted_and_reported(client: httpx.Client) -> None:
    lines = [f"txn_{n},2026-01-0{n}T00:00:00Z,2026-01-09,usd,{n}000,0,{n}000,charge,o{n}" for n in (1, 2)]
    body = "\n".join([HEADER, *lines]) + "\n"
    upload = uploaded(client, body.encode(), batch_id="january")
    assert (upload["status"], upload["row_count"], upload["progress"]) == ("succeeded", 2, 1.0)
    assert visible(client) == 2
    rows = report(client, "balance_change_from_activity.summary.1")
    assert [(r["reporting_category"], r["count"], r["gross"]) for r in rows] == [
        ("charge", "2", "30.00"),
        ("total", "2", "30.00"),
    ]
    assert uploaded(client, body.encode(), batch_id="january")["row_count"] == 2
    assert visible(client) == 2


@pytest.mark.parametrize(
    ("form", "body", "line", "column"),
    [
        ("csv", f"{HEADER}\ntxn_1,2026-01-01,2026-01-01,usd,{'9' * 30},0,1,charge,\n".encode(), 2, "gross"),
        ("csv", f"{HEADER}\ntxn_1,0000-01-01,2026-01-01,usd,1,0,1,charge,\n".encode(), 2, "created"),
        ("csv", b"id,nonsense\ntxn_1,1\n", 1, "nonsense"),
        ("ndjson", b'{"id": "txn_1", "gross": NaN}\n', 1, None),
        ("parquet", b"PAR1 cut", None, None),
    ],
)
def test_a_bad_upload_fails_with_its_rows_and_leaves_nothing(
    client: httpx.Client, form: str, body: bytes, line: int | None, column: str | None
) -> None:
    upload = uploaded(client, body, form)
    assert upload["status"] == "failed"
    assert upload["failure_message"]
    bad = upload["bad_rows"][0]
    assert bad["line"] == line
    if column is not None:
        assert column in {found["column"] for found in upload["bad_rows"]}
    assert visible(client) == 0


def test_inline_records_replace_and_delete_and_reports_see_it(client: httpx.Client) -> None:
    client.post(f"{DATASET}/records", json=[row(1), row(2), row(3)]).raise_for_status()
    client.post(f"{DATASET}/records", json=[row(1, 5000)]).raise_for_status()
    deleted = client.delete(f"{DATASET}/records/txn_2").raise_for_status().json()
    assert (deleted["id"], deleted["deleted"]) == ("txn_2", True)
    assert visible(client) == 2
    rows = report(client, "balance.summary.1")
    assert {r["category"]: r["net_amount"] for r in rows} == {
        "starting_balance": "0.00",
        "activity": "58.00",
        "payouts": "0.00",
        "ending_balance": "58.00",
    }


def test_one_bad_record_refuses_the_batch(client: httpx.Client) -> None:
    answer = client.post(f"{DATASET}/records", json=[row(1), row(2, net=1)])
    assert answer.status_code == 400
    assert answer.json()["error"]["param"].startswith("records[1]")
    assert visible(client) == 0


def test_what_one_organisation_sends_no_other_sees(place: Place, client: httpx.Client, accounts: Any) -> None:
    from runsheet.organisations.model import NewOrganisation  # noqa: PLC0415

    client.post(f"{DATASET}/records", json=[row(1)]).raise_for_status()
    other = accounts.create(NewOrganisation("Other"))
    with httpx.Client(base_url=place.base_url, auth=(other.test_key, ""), timeout=60) as stranger:
        assert visible(stranger) == 0
        assert report(stranger, "balance.summary.1") == []


def test_many_small_batches_are_compacted_by_themselves_and_reports_stay_the_same(
    place: Place, client: httpx.Client, organisation: Organisation
) -> None:
    for number in range(MOST_FILES):
        client.post(f"{DATASET}/records", json=[row(number), row(100, 1000 + number)]).raise_for_status()
    client.delete(f"{DATASET}/records/txn_3").raise_for_status()
    itemized = "balance_change_from_activity.itemized.3"
    # Other columns the second time, or else the result would be given again rather than made anew.
    before = report(client, itemized, **{"columns][0": "balance_transaction_id", "columns][1": "net"})
    dynamodb = place.session().client("dynamodb", endpoint_url=place.aws_endpoint_url)
    ended = time.monotonic() + 150  # the sweeper comes every minute
    while time.monotonic() < ended:
        listed = dynamodb.query(
            TableName=physical_ids(place)["DatasetsTable"],
            KeyConditionExpression="tenant_dataset = :dataset AND begins_with(#item, :files)",
            ExpressionAttributeNames={"#item": "item"},
            ExpressionAttributeValues=to_item(
                {":dataset": f"{organisation.id}#test#balance_transactions", ":files": "file#"}
            ),
            ConsistentRead=True,
        )
        files = [from_item(item) for item in listed["Items"]]
        if len(files) == 1:
            break
        time.sleep(0.5)
    assert [(file["level"], file["rows"]) for file in files] == [("base", MOST_FILES)]
    assert visible(client) == MOST_FILES
    after = report(client, itemized, **{"columns][0": "net", "columns][1": "balance_transaction_id"})
    assert len(after) == MOST_FILES
    assert after == before


def test_complete_through_bounds_what_reports_accept(client: httpx.Client) -> None:
    client.post(f"{DATASET}/records", json=[row(1)]).raise_for_status()
    client.post(DATASET, data={"complete_through": 1767800000}).raise_for_status()
    shown = client.get("/v1/reporting/report_types/balance.summary.1").json()
    assert shown["data_available_end"] == 1767800000
    refused = client.post("/v1/reporting/report_runs", data={"report_type": "balance.summary.1"} | JANUARY)
    error = refused.json()["error"]
    assert (refused.status_code, error["param"]) == (400, "parameters.interval_end")


def test_the_sample_organisations_have_usage_for_either_way_in(place: Place, details: Details) -> None:
    counts = []
    for organisation in details.organisations:
        for auth in ((organisation.access_id, organisation.access_key), (organisation.test_key, "")):
            with httpx.Client(base_url=place.base_url, auth=auth, timeout=60) as client:
                shown = client.get("/v1/datasets/usage_records").raise_for_status().json()
                counts.append((shown["livemode"], shown["row_count"]))
    assert [livemode for livemode, _ in counts] == [True, False] * 3
    parent, zurich, osaka = (counts[number][1] for number in (0, 2, 4))
    assert [rows for _, rows in counts] == [parent, parent, zurich, zurich, osaka, osaka]
    assert 5_000 < zurich < parent - osaka

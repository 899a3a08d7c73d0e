"""A report config on the stack, from its creation over HTTP to the mail that arrives and the links in it."""

from __future__ import annotations

import csv
import io
import re
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
import pytest

from local.deployment import physical_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local.place import Organisation, Place

Found = TypeVar("Found")

pytestmark = pytest.mark.stack

CREATED = "2026-01-01T00:00:00Z"
CUSTOMERS = [{"id": "cus_1", "name": "Northwind <b>& Sons</b>", "created_at": CREATED}]
INVOICES = [
    {"id": "in_1", "customer_id": "cus_1", "currency": "eur", "total_amount": 12_345, "created_at": CREATED,
     "issue_date": "2026-01-01", "due_date": "2026-01-31"},
    {"id": "in_2", "customer_id": "cus_1", "currency": "jpy", "total_amount": 900, "created_at": CREATED,
     "issue_date": "2026-01-01", "due_date": "2036-01-31"},
]  # fmt: skip


@pytest.fixture
def api(organisation: Organisation, place: Place) -> Iterator[httpx.Client]:
    """The API with a test key of an organisation in Vienna that has two open invoices."""
    headers = {"Authorization": f"Bearer {organisation.test_key}"}
    with httpx.Client(base_url=place.base_url, headers=headers, timeout=60) as client:
        for dataset, records in (("customers", CUSTOMERS), ("invoices", INVOICES)):
            answer = client.post(f"/v1/datasets/{dataset}/records", json=records)
            assert answer.status_code == 200, answer.text
        yield client


def config(api: httpx.Client, **changes: Any) -> dict[str, Any]:
    """Create a config as the contract's page does it."""
    body = {"report_type": "ar_aging_report", "frequency": "daily", "recipient_emails": [unique("cfo")]}
    answer = api.post("/v2/report-configs", json=body | changes)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def unique(name: str) -> str:
    return f"{name}-{time.monotonic_ns()}@example.com"


def inbox(place: Place, address: str) -> list[dict[str, Any]]:
    """Return the mails that SES has taken for an address."""
    answer = httpx.get(f"{place.aws_endpoint_url}/_ministack/ses/messages", timeout=30)
    return [mail for mails in answer.json()["messages"].values() for mail in mails if mail["To"] == [address]]


def deliveries(api: httpx.Client, made: dict[str, Any]) -> list[dict[str, Any]]:
    answer = api.get(f"/v2/report-configs/{made['id']}/deliveries")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def decided(api: httpx.Client, made: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the deliveries of a config once there are some and none is on its way."""
    found = deliveries(api, made)
    return [] if any(one["status"] in {"pending", "sending"} for one in found) else found


def eventually(look: Callable[[], Found], seconds: float = 90) -> Found:
    end = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < end:
        time.sleep(0.3)
    return found


def due_since(place: Place, organisation: Organisation, made: dict[str, Any], moment: datetime) -> None:
    """Move a config's clock: it has been due since `moment`."""
    place.session().client("dynamodb", endpoint_url=place.aws_endpoint_url).update_item(
        TableName=physical_ids(place)["ReportConfigsTable"],
        Key={"tenant": {"S": f"{organisation.id}#test"}, "id": {"S": made["id"]}},
        UpdateExpression="SET next_run_at = :due",
        ExpressionAttributeValues={":due": {"N": str(int(moment.timestamp()))}},
    )


def tick(place: Place) -> None:
    """Let the schedule fire."""
    functions = place.session().client("lambda", endpoint_url=place.aws_endpoint_url)
    answer = functions.invoke(FunctionName=physical_ids(place)["DispatchDueFunction"], Payload=b"{}")
    assert "FunctionError" not in answer, answer["Payload"].read()


def test_a_due_config_is_mailed_once_with_the_right_numbers_and_a_link_that_opens(
    api: httpx.Client, organisation: Organisation, place: Place
) -> None:
    to, cc = unique("cfo"), unique("controller")
    made = config(api, recipient_emails=[to], cc_emails=[cc])
    # Vienna's 08:00 of three days ago: what was missed since is caught up once.
    first = datetime.fromisoformat(made["next_run_at"]) - timedelta(days=4)
    due_since(place, organisation, made, first)
    tick(place)
    tick(place)
    found = eventually(lambda: decided(api, made))
    assert {(one["email"], one["role"], one["status"], one["missed"]) for one in found} == {
        (to, "to", "sent", 3),
        (cc, "cc", "sent", 3),
    }
    (mail,) = inbox(place, to)
    assert len(inbox(place, cc)) == 1
    assert "Accounts receivable" in mail["Subject"]
    assert "91 or more days: 123.45" in mail["BodyText"]
    assert re.search(r"JPY\s+Current: 900\s", mail["BodyText"])
    assert "<b>&" not in mail["BodyHtml"]

    after = api.get(f"/v2/report-configs/{made['id']}").json()
    assert after["next_run_at"] == made["next_run_at"]
    assert datetime.now(UTC) - datetime.fromisoformat(after["last_sent_at"]) < timedelta(minutes=5)

    link = re.search(r"https?://\S+/links/\S+", mail["BodyText"])
    assert link is not None
    opened = httpx.get(link[0], follow_redirects=True, timeout=30)  # no key
    assert opened.status_code == 200
    listed = {one["url"]: one["opened"] for one in api.get("/v1/file_links").json()["data"]}
    assert len(listed) == 2  # each recipient has one
    assert listed[link[0]] == 1
    rows = list(csv.DictReader(io.StringIO(opened.text)))
    assert [row["total"] for row in rows if row["row_type"] == "total"] == ["123.45", "900"]


def test_who_unsubscribes_gets_nothing_more_and_the_others_do(api: httpx.Client, place: Place) -> None:
    leaving, staying = unique("leaving"), unique("staying")
    made = config(api, recipient_emails=[leaving, staying])
    assert api.post(f"/v2/report-configs/{made['id']}/send").status_code == 200
    (mail,) = eventually(lambda: inbox(place, leaving))
    link = re.search(r"https?://\S+/unsubscribe/\S+", mail["BodyText"])
    assert link is not None
    assert httpx.get(link[0], timeout=30).status_code == 200  # a scanner that opens every link
    assert api.get(f"/v2/report-configs/{made['id']}").json()["unsubscribed_emails"] == []
    one_click = httpx.post(link[0], data={"List-Unsubscribe": "One-Click"}, timeout=30)
    assert one_click.status_code == 200
    assert api.get(f"/v2/report-configs/{made['id']}").json()["unsubscribed_emails"] == [leaving]
    eventually(lambda: inbox(place, staying))
    assert api.post(f"/v2/report-configs/{made['id']}/send").status_code == 200
    assert eventually(lambda: len(inbox(place, staying)) == 2)
    assert len(inbox(place, leaving)) == 1


def test_a_failed_run_is_told_to_those_in_cc_alone(
    api: httpx.Client, organisation: Organisation, place: Place
) -> None:
    to, cc = unique("cfo"), unique("ops")
    made = config(api, recipient_emails=[to], cc_emails=[cc])
    # As after a release that has taken a parameter away from the report type.
    place.session().client("dynamodb", endpoint_url=place.aws_endpoint_url).update_item(
        TableName=physical_ids(place)["ReportConfigsTable"],
        Key={"tenant": {"S": f"{organisation.id}#test"}, "id": {"S": made["id"]}},
        UpdateExpression="SET #parameters = :gone",
        ExpressionAttributeNames={"#parameters": "parameters"},
        ExpressionAttributeValues={":gone": {"M": {"gone": {"S": "x"}}}},
    )
    assert api.post(f"/v2/report-configs/{made['id']}/send").status_code == 200
    assert eventually(lambda: decided(api, made))
    (mail,) = inbox(place, cc)
    assert "parameters[gone]" in mail["BodyText"]
    assert inbox(place, to) == []
    assert api.get(f"/v2/report-configs/{made['id']}").json()["last_sent_at"] is None

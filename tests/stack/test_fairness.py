"""One organisation's backlog delays another's run by no more than a run takes: with the queue and the workers of the stack.

The emulator's queue hands messages out in the order they came, whoever they are for, so nothing but the limit of an
organisation's runs keeps workers free.
"""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from local.deployment import physical_ids
from runsheet import ids
from runsheet.organisations.model import NewOrganisation
from runsheet.runtime.items import to_item
from tests.stack.customer import END, START

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.accounts import Accounts
    from local.place import Organisation, Place

pytestmark = pytest.mark.stack

RUNS = "/v1/reporting/report_runs"
REPORT_TYPE = "balance_change_from_activity.itemized.3"
WARMING, BACKLOG, LIMIT = 8, 20, 2
RECORDS = [
    {"id": f"txn_{n}", "created": f"2026-01-{n:02d}T08:00:00Z", "available_on": "2026-02-03T00:00:00Z", "currency": "usd",
     "gross": 1000, "fee": 59, "net": 941, "reporting_category": "charge"}
    for n in range(1, 31)
]  # fmt: skip


@contextmanager
def customer(accounts: Accounts, place: Place, name: str) -> Iterator[tuple[Organisation, httpx.Client]]:
    """Yield an organisation with 30 records, and the API with its test key."""
    organisation = accounts.create(NewOrganisation(name, "Etc/UTC"))
    headers = {"Authorization": f"Bearer {organisation.test_key}"}
    with httpx.Client(base_url=place.base_url, headers=headers, timeout=60) as api:
        assert api.post("/v1/datasets/balance_transactions/records", json=RECORDS).status_code == 200
        yield organisation, api


def ended(api: httpx.Client) -> dict[str, Any]:
    """Ask for a run of its own, which is not given the result of another, and wait for its end."""
    form = {"report_type": REPORT_TYPE}
    answer = api.post(RUNS, data=form | {"parameters[interval]": "2026-01", "parameters[refresh]": "true"})
    assert answer.status_code == 200, answer.text
    run: dict[str, Any] = answer.json()
    while run["status"] == "pending":
        time.sleep(0.2)
        run = api.get(f"{RUNS}/{run['id']}").json()
    return run


def pending(api: httpx.Client) -> int:
    return sum(run["status"] == "pending" for run in api.get(RUNS, params={"limit": 100}).json()["data"])


def test_another_organisations_run_waits_for_one_run_at_most(accounts: Accounts, place: Place) -> None:
    with (
        customer(accounts, place, "Loud") as (loud, loud_api),
        customer(accounts, place, "Quiet") as (_, api),
    ):
        # All workers start, which takes a machine of few processors longer than a run.
        assert ended(api)["status"] == "succeeded"
        queue_backlog(place, loud, WARMING)
        wait_until_ended(place, loud, loud_api)
        queue_backlog(place, loud, BACKLOG)
        before = pending(loud_api)
        run = ended(api)
        after = pending(loud_api)
        assert run["status"] == "succeeded"
        assert before > 3 * LIMIT
        # While a run is worked on, as many of the loud one's end as may be worked on at once: one such round while it
        # waits, one while it is worked on, and one of luck.
        assert before - after <= 3 * LIMIT
        assert after > 0
        wait_until_ended(place, loud, loud_api)
    assert ends(place, loud) == [("succeeded", "1")] * (WARMING + BACKLOG)
    assert slots(place, loud) == []
    assert dead_letters(place) == 0


def wait_until_ended(place: Place, organisation: Organisation, api: httpx.Client) -> None:
    """Wait until all runs have ended; meanwhile no more of them have a slot than may."""
    until = time.monotonic() + 120
    while pending(api):
        assert time.monotonic() < until
        assert len(slots(place, organisation)) <= LIMIT
        time.sleep(0.2)


def queue_backlog(place: Place, organisation: Organisation, count: int) -> None:
    """Store so many runs, each of another interval, and ask for workers, all within a moment."""
    now, stack = datetime.now(UTC), physical_ids(place)
    dynamodb = place.session().client("dynamodb", endpoint_url=place.aws_endpoint_url)
    sqs = place.session().client("sqs", endpoint_url=place.aws_endpoint_url)
    for number in range(count):
        run_id, seconds = ids.new_id("frr", now), int(now.timestamp())
        parameters = {"interval_start": START, "interval_end": END - 3600 * number}
        item = {
            "tenant": f"{organisation.id}#test", "id": run_id, "report_type": REPORT_TYPE, "parameters": parameters,
            "created": seconds, "deadline": seconds + 3600, "expires_at": seconds + 86400, "status": "pending",
            "attempts": 0, "progress": 0,
        }  # fmt: skip
        dynamodb.put_item(TableName=stack["ReportRunsTable"], Item=to_item(item))
        message = {"organisation_id": organisation.id, "mode": "test", "run_id": run_id}
        sqs.send_message(
            QueueUrl=stack["ReportRunsQueue"],
            MessageBody=json.dumps(message),
            MessageGroupId=organisation.id,
        )


def slots(place: Place, organisation: Organisation) -> list[str]:
    """Return the slots that the organisation's runs have."""
    dynamodb = place.session().client("dynamodb", endpoint_url=place.aws_endpoint_url)
    key = {"id": {"S": f"runs#{organisation.id}"}}
    item = dynamodb.get_item(TableName=physical_ids(place)["RateLimitsTable"], Key=key).get("Item", {})
    return list(item.get("slots", {"SS": []})["SS"])


def ends(place: Place, organisation: Organisation) -> list[tuple[str, str]]:
    """Return status and attempts of the organisation's runs."""
    dynamodb = place.session().client("dynamodb", endpoint_url=place.aws_endpoint_url)
    found = dynamodb.query(
        TableName=physical_ids(place)["ReportRunsTable"],
        KeyConditionExpression="tenant = :tenant",
        ExpressionAttributeValues={":tenant": {"S": f"{organisation.id}#test"}},
    )["Items"]
    return [(item["status"]["S"], item["attempts"]["N"]) for item in found]


def dead_letters(place: Place) -> int:
    """Return how many runs' messages were given up."""
    sqs = place.session().client("sqs", endpoint_url=place.aws_endpoint_url)
    url = physical_ids(place)["ReportRunsDeadLetterQueue"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    return int(found["Attributes"]["ApproximateNumberOfMessages"])

"""One organisation's backlog delays another's run by no more than a run takes: with the queue and the workers of the stack.

The emulator's queue hands messages out in the order they came, whoever they are for, so nothing but the limit of an
organisation's runs keeps workers free.
"""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pytest

from local.deployment import physical_ids
from runsheet import ids
from runsheet.organisations.model import NewOrganisation
from runsheet.runtime.items import to_item
from tests.running_stack import ATHENA_ROWS
from tests.stack.customer import END, START
from tests.stack.uploading import uploaded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.accounts import Accounts
    from local.place import Organisation, Place

pytestmark = pytest.mark.stack

RUNS = "/v1/reporting/report_runs"
REPORT_TYPE = "balance_change_from_activity.itemized.3"
WARMING, BACKLOG, LIMIT = 6, 20, 2
# So many that a run takes longer than finding that there is no room for it, and none goes to Athena.
LOUD_RECORDS, QUIET_RECORDS = ATHENA_ROWS - 1, 30


@contextmanager
def customer(
    accounts: Accounts, place: Place, name: str, records: int
) -> Iterator[tuple[Organisation, httpx.Client]]:
    """Yield an organisation with so many records in January, and the API with its test key."""
    organisation = accounts.create(NewOrganisation(name, "Etc/UTC"))
    headers = {"Authorization": f"Bearer {organisation.test_key}"}
    with httpx.Client(base_url=place.base_url, headers=headers, timeout=60) as api:
        rows = (
            f"txn_{n},2026-01-{1 + 30 * n // records:02}T08:00:00Z,2026-02-03T00:00:00Z,usd,1000,59,941,charge"
            for n in range(records)
        )
        columns = "id,created,available_on,currency,gross,fee,net,reporting_category"
        upload = uploaded(api, "\n".join((columns, *rows)).encode())
        assert upload["status"] == "succeeded", upload
        yield organisation, api


def create_run(api: httpx.Client) -> None:
    """Ask for a run of its own, which is not given the result of another."""
    form = {"report_type": REPORT_TYPE, "parameters[interval]": "2026-01", "parameters[refresh]": "true"}
    answer = api.post(RUNS, data=form)
    assert answer.status_code == 200, answer.text


class Backlog:
    """The queue and the tables that workers see, read and filled without the API, whose own time would count as well."""

    def __init__(self, place: Place) -> None:
        self._stack, session = physical_ids(place), place.session()
        self._dynamodb = session.client("dynamodb", endpoint_url=place.aws_endpoint_url)
        self._sqs = session.client("sqs", endpoint_url=place.aws_endpoint_url)

    def queue(self, organisation: Organisation, count: int) -> None:
        """Store so many runs, each of another interval, and ask for workers, all within a moment."""
        now = datetime.now(UTC)
        for number in range(count):
            run_id, seconds = ids.new_id("frr", now), int(now.timestamp())
            parameters = {"interval_start": START, "interval_end": END - 3600 * number}
            item = {
                "tenant": f"{organisation.id}#test", "id": run_id, "report_type": REPORT_TYPE, "parameters": parameters,
                "created": seconds, "deadline": seconds + 3600, "expires_at": seconds + 86400, "status": "pending",
                "attempts": 0, "progress": 0,
            }  # fmt: skip
            self._dynamodb.put_item(TableName=self._stack["ReportRunsTable"], Item=to_item(item))
            message = {"organisation_id": organisation.id, "mode": "test", "run_id": run_id}
            self._sqs.send_message(
                QueueUrl=self._stack["ReportRunsQueue"],
                MessageBody=json.dumps(message),
                MessageGroupId=organisation.id,
            )

    def ends(self, organisation: Organisation) -> list[tuple[str, str]]:
        """Return status and attempts of the organisation's runs."""
        found = self._dynamodb.query(
            TableName=self._stack["ReportRunsTable"],
            KeyConditionExpression="tenant = :tenant",
            ExpressionAttributeValues={":tenant": {"S": f"{organisation.id}#test"}},
        )["Items"]
        return [(item["status"]["S"], item["attempts"]["N"]) for item in found]

    def pending(self, organisation: Organisation) -> int:
        """Return how many of the organisation's runs have not ended."""
        return sum(status == "pending" for status, _ in self.ends(organisation))

    def slots(self, organisation: Organisation) -> list[str]:
        """Return the slots that the organisation's runs have."""
        key = {"id": {"S": f"runs#{organisation.id}"}}
        item = self._dynamodb.get_item(TableName=self._stack["RateLimitsTable"], Key=key).get("Item", {})
        return list(item.get("slots", {"SS": []})["SS"])

    def wait_for(self, organisation: Organisation) -> None:
        """Wait until all runs have ended; meanwhile no more of them have a slot than may."""
        until = time.monotonic() + 120
        while self.pending(organisation):
            assert time.monotonic() < until
            assert len(self.slots(organisation)) <= LIMIT
            time.sleep(0.1)

    def dead_letters(self) -> int:
        """Return how many runs' messages were given up."""
        found = self._sqs.get_queue_attributes(
            QueueUrl=self._stack["ReportRunsDeadLetterQueue"], AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(found["Attributes"]["ApproximateNumberOfMessages"])


def test_another_organisations_run_waits_for_one_run_at_most(accounts: Accounts, place: Place) -> None:
    backlog = Backlog(place)
    with (
        customer(accounts, place, "Loud", LOUD_RECORDS) as (loud, _),
        customer(accounts, place, "Quiet", QUIET_RECORDS) as (quiet, api),
    ):
        # All workers start, which takes a machine of few processors longer than a run.
        create_run(api)
        backlog.queue(loud, WARMING)
        backlog.wait_for(quiet)
        backlog.wait_for(loud)
        backlog.queue(loud, BACKLOG)
        create_run(api)
        before = backlog.pending(loud)
        backlog.wait_for(quiet)
        after = backlog.pending(loud)
        assert before > 3 * LIMIT
        # While a run is worked on, as many of the loud one's end as may be worked on at once: one such round while it
        # waits, one while it is worked on, and one of luck.
        assert before - after <= 3 * LIMIT
        assert after > 0
        backlog.wait_for(loud)
    assert backlog.ends(loud) == [("succeeded", "1")] * (WARMING + BACKLOG)
    assert backlog.ends(quiet) == [("succeeded", "1")] * 2
    assert backlog.slots(loud) == []
    assert backlog.dead_letters() == 0

"""An organisation of its own on the stack, with records in both modes, for tests that act as its customer."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from local.deployment import physical_ids
from runsheet import ids, leases
from runsheet.runtime.items import to_item

if TYPE_CHECKING:
    from local.place import Place

START = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
END = int(datetime(2026, 2, 1, tzinfo=UTC).timestamp())
DAY = 24 * 60 * 60  # the start of the available data lies a day before the first record's month


@dataclass(frozen=True, slots=True)
class Customer:
    """What a customer of the API has: its address, keys, and records of January 2026 (START to END)."""

    base_url: str
    organisation_id: str
    live_key: str
    test_key: str
    restricted_key: str
    failed_run: str


def new_customer(place: Place) -> Customer:
    """Make an organisation as an operator does, with the command line, and send its records as its loader does.

    Its live balance has two charges and a refund, its test balance one charge. One of its live runs is about to fail.
    """
    organisation_id = runsheet(place, "organisations", "create", "Northwind", "--timezone", "Europe/Oslo")[
        "id"
    ]
    keys = ("keys", "create", organisation_id)
    live = runsheet(place, *keys, "--mode", "live")["secret"]
    test = runsheet(place, *keys, "--mode", "test")["secret"]
    restricted = runsheet(
        place, *keys, "--mode", "live", "--kind", "restricted", "--permission", "files_read"
    )["secret"]
    _send(place, live, [_record("txn_1", 0, 1_000), _record("txn_2", 9, 2_550), _record("txn_3", 20, -1_000)])
    _send(place, test, [_record("txn_t", 0, 77)])
    return Customer(
        place.base_url, organisation_id, live, test, restricted, _failed_run(place, organisation_id)
    )


def runsheet(place: Place, *arguments: str) -> Any:
    """Run the `runsheet` command on the stack, as if it were AWS, and return what it says."""
    done = subprocess.run(
        [Path(sys.executable).with_name("runsheet"), *arguments, "--json"],
        env=place.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _record(record_id: str, day: int, gross: int) -> dict[str, Any]:
    return {
        "id": record_id,
        "created": START + day * DAY,
        "available_on": START + (day + 2) * DAY,
        "currency": "usd",
        "gross": gross,
        "fee": 30,
        "net": gross - 30,
        "reporting_category": "charge" if gross > 0 else "refund",
        "payment_metadata": {"order": f"o-{record_id}"},
    }


def _send(place: Place, key: str, records: list[dict[str, Any]]) -> None:
    answer = httpx.post(
        f"{place.base_url}/v1/datasets/balance_transactions/records",
        json=records,
        headers={"Authorization": f"Bearer {key}"},
        timeout=60,
    )
    assert answer.status_code == 200, answer.text


def _failed_run(place: Place, organisation_id: str) -> str:
    """Have a worker give a run up: it was tried as often as it may be, and its message comes once more."""
    now = datetime.now(UTC)
    run_id = ids.new_id("frr", now)
    item = {
        "tenant": f"{organisation_id}#live",
        "id": run_id,
        "report_type": "balance.summary.1",
        "parameters": {"interval_end": END, "interval_start": START},
        "created": int(now.timestamp()),
        "deadline": int(now.timestamp()) + 3600,
        "expires_at": int(now.timestamp()) + 86400,
        "status": "pending",
        "attempts": leases.MAX_ATTEMPTS,
        "progress": 0,
    }
    message = {"organisation_id": organisation_id, "mode": "live", "run_id": run_id}
    stack, session, endpoint = physical_ids(place), place.session(), place.aws_endpoint_url
    table = session.client("dynamodb", endpoint_url=endpoint)
    table.put_item(TableName=stack["ReportRunsTable"], Item=to_item(item))
    queue = session.client("sqs", endpoint_url=endpoint)
    queue.send_message(QueueUrl=stack["ReportRunsQueue"], MessageBody=json.dumps(message))
    return run_id

"""Which report types are told of when data comes, out of the stream of DatasetsTable as DynamoDB writes it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.client import BaseClient

from runsheet import catalog
from runsheet.datasets import service as datasets
from runsheet.datasets import table
from runsheet.datasets.model import Batch, Summary
from runsheet.events import service as events
from runsheet.events.model import TYPE_UPDATED, EventsQuery
from runsheet.report_types import announcing
from runsheet.runtime.items import from_item
from runsheet.runtime.settings import settings
from runsheet.runtime.stream import Change
from runsheet.tenancy import Tenant
from runsheet.webhook_endpoints import service as webhook_endpoints
from runsheet.webhook_endpoints.objects import NewWebhookEndpoint
from tests.gateway import Context
from workers.announce_report_types import handler

if TYPE_CHECKING:
    from collections.abc import Callable

TENANT = Tenant("org_a", "live")
DAY = datetime(2026, 3, 1, tzinfo=UTC)
BALANCE = {
    report_type.id
    for report_type in catalog.report_types().values()
    if list(report_type.reads) == ["balance_transactions"]
}
AGING = {"ar_aging.detail.1", "ar_aging.summary.1"}
AGING_DATASETS = (
    "customers",
    "invoices",
    "payments",
    "payment_allocations",
    "credit_memos",
    "credit_memo_allocations",
)

pytestmark = pytest.mark.usefixtures("tables", "queues", "bus")


def image(dataset: str) -> dict[str, Any]:
    key = {"tenant_dataset": {"S": f"{TENANT.partition}#{dataset}"}, "item": {"S": "summary"}}
    answer = boto3.client("dynamodb").get_item(TableName=settings().datasets_table, Key=key)
    return from_item(answer.get("Item", {}))


def told(dataset: str, change: Callable[[], None]) -> set[str]:
    """Make a change and return the report types that its record in the stream makes an event of, shown twice."""
    before = {event.id for event in listed()}
    old = image(dataset)
    change()
    new = image(dataset)
    record = Change(
        id=f"change-{dataset}-{new.get('version')}-{new.get('complete_through')}",
        at=int(DAY.timestamp()),
        key={"tenant_dataset": new["tenant_dataset"], "item": "summary"},
        old=old,
        new=new,
    )
    announcing.announce(record)
    announcing.announce(record)
    fresh = [event for event in listed() if event.id not in before]
    assert {event.type for event in fresh} <= {"reporting.report_type.updated"}
    types = [event.data.object["id"] for event in fresh]
    assert len(types) == len(set(types))
    return set(types)


def listed() -> list[Any]:
    """Return all events, the newest first."""
    found: list[Any] = []
    while True:
        page = events.listed(TENANT, EventsQuery(limit=100, starting_after=found[-1].id if found else None))
        found += page.data
        if not page.has_more:
            return found


def batch(dataset: str) -> None:
    known = table.summary(TENANT, dataset)
    receipt = Batch(f"b{known.version}", "hash", 1, 0, DAY)
    advanced = Summary(version=known.version + 1, first=DAY, last=DAY, updated=DAY)
    table.register(TENANT, dataset, receipt, [], (known, advanced))


def through(dataset: str, moment: datetime | None) -> Callable[[], None]:
    return lambda: datasets.set_complete_through(TENANT, dataset, moment)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runsheet.runtime.clock.now", lambda: DAY + timedelta(days=2))


def test_the_first_batch_of_a_dataset_is_news_and_the_next_ones_are_not() -> None:
    dataset = "balance_transactions"
    assert told(dataset, lambda: batch(dataset)) == BALANCE
    assert told(dataset, lambda: batch(dataset)) == set()
    event = listed()[0]
    assert event.created == int(DAY.timestamp())
    assert event.livemode
    shown = event.data.object
    assert shown["object"] == "reporting.report_type"
    assert shown["data_available_start"] == int(datetime(2026, 2, 28, tzinfo=UTC).timestamp())
    assert shown["updated"] == int(DAY.timestamp())
    assert not {"columns", "parameters_schema"} & shown.keys()


def test_the_first_batch_is_news_where_complete_through_came_before_it() -> None:
    dataset = "balance_transactions"
    through(dataset, DAY)()
    assert told(dataset, lambda: batch(dataset)) == BALANCE


def test_complete_through_is_news_where_it_moves() -> None:
    dataset = "balance_transactions"
    batch(dataset)
    assert told(dataset, through(dataset, DAY)) == BALANCE
    assert listed()[0].data.object["data_available_end"] == int(DAY.timestamp())
    assert told(dataset, through(dataset, DAY)) == set()
    assert told(dataset, through(dataset, DAY + timedelta(hours=1))) == BALANCE
    assert told(dataset, through(dataset, None)) == BALANCE


def test_a_type_of_several_datasets_is_told_of_once_when_the_last_of_them_is_complete() -> None:
    for dataset in AGING_DATASETS:
        batch(dataset)
        through(dataset, DAY)()
    later = DAY + timedelta(days=1)
    for dataset in AGING_DATASETS[:-1]:
        assert told(dataset, through(dataset, later)) == set()
    assert told(AGING_DATASETS[-1], through(AGING_DATASETS[-1], later)) == AGING


def test_the_worker_reads_the_stream_as_dynamodb_writes_it() -> None:
    key = {"tenant_dataset": {"S": f"{TENANT.partition}#balance_transactions"}, "item": {"S": "summary"}}
    old = key | {"version": {"N": "3"}, "complete_through": {"N": "1772323200000000"}}
    moved = old | {"complete_through": {"N": "1772326800000000"}}
    more = old | {"version": {"N": "4"}}
    records = [
        {
            "eventID": f"e{number}",
            "eventName": "MODIFY",
            "dynamodb": {
                "ApproximateCreationDateTime": 1_772_330_000.0,
                "Keys": key,
                "OldImage": old,
                "NewImage": new,
                "SequenceNumber": str(number),
            },
        }
        for number, new in enumerate([more, moved])
    ]
    assert handler({"Records": records}, Context()) == {"batchItemFailures": []}
    assert {event.data.object["id"] for event in listed()} == BALANCE
    assert {event.created for event in listed()} == {1_772_330_000}


@pytest.mark.parametrize("endpoints", [0, 1, 5])
def test_it_takes_few_calls_to_tell_of_all_types_of_the_balance(
    endpoints: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(endpoints):
        new = NewWebhookEndpoint(url=f"https://example.com/{number}", enabled_events=[TYPE_UPDATED])
        webhook_endpoints.create(TENANT, new)
    batch("balance_transactions")
    calls: Counter[str] = Counter()
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def counted(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
        calls[operation] += 1
        return call(client, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", counted)
    types = len(BALANCE)
    change = Change(
        id="change",
        at=int(DAY.timestamp()),
        key={"tenant_dataset": f"{TENANT.partition}#balance_transactions", "item": "summary"},
        old={},
        new=image("balance_transactions"),
    )
    calls.clear()
    announcing.announce(change)
    assert calls == Counter(
        {
            "BatchGetItem": 1,
            "Query": 1,
            "TransactWriteItems": -(-types // (100 // (1 + endpoints))),
            "SendMessageBatch": -(-types * endpoints // 10),
            "PutEvents": -(-types // 10),
        }
    )
    assert {event.data.object["id"] for event in listed()} == BALANCE
    deliveries = boto3.client("dynamodb").scan(TableName=settings().webhook_deliveries_table, Select="COUNT")[
        "Count"
    ]
    assert deliveries == types * endpoints


def test_other_items_of_the_table_are_no_news() -> None:
    key = {"tenant_dataset": f"{TENANT.partition}#balance_transactions", "item": "batch#1"}
    assert table.moved(Change("c", 0, key, {}, {"version": 1})) is None

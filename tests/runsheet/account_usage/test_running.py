"""At most ten exports of a key run at once, and no slot is lost, whatever happens at once."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from runsheet.account_usage import running
from runsheet.api_keys.model import ApiKey
from runsheet.errors import TooManyRequests, Unavailable
from runsheet.rate_limits import table as rate_limits
from runsheet.report_runs import table as report_runs
from runsheet.report_runs.model import DEADLINE_SECONDS, ReportRun
from runsheet.runtime import clients, clock, reading
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant
from tests.concurrency import at_once, atomic_calls

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("tables", "queues")

TENANT = Tenant("org_a", "live")
KEY = ApiKey("key_1", "org_a", "live", "secret", None, "k", "sk_live_", datetime(2026, 1, 1, tzinfo=UTC))
HOUR = 60 * 60


def new_run(number: int) -> ReportRun:
    now = clock.seconds()
    return ReportRun(TENANT, f"frr_{number}", "account_usage.standard.1", {}, now, now + DEADLINE_SECONDS)


def begun(number: int, key: ApiKey = KEY) -> bool:
    try:
        running.begin(key, new_run(number))
    except TooManyRequests:
        return False
    return True


def make_clients() -> None:
    """As a process makes them once, before its threads."""
    clients.dynamodb()
    clients.sqs()


def end(number: int) -> None:
    run = report_runs.get(TENANT, f"frr_{number}")
    assert run is not None
    assert report_runs.fail(run, error="e", code="c")


def pending() -> set[str]:
    """The runs that run, looked for past all that counts them."""
    items = boto3.client("dynamodb").scan(TableName=settings().report_runs_table)["Items"]
    return {item["id"]["S"] for item in items if item["status"]["S"] == "pending"}


def test_the_eleventh_is_refused_and_neither_stored_nor_queued() -> None:
    assert [begun(number) for number in range(12)] == [True] * 10 + [False] * 2
    assert pending() == {f"frr_{number}" for number in range(10)}
    attributes = boto3.client("sqs").get_queue_attributes(
        QueueUrl=settings().report_runs_queue_url, AttributeNames=["ApproximateNumberOfMessages"]
    )
    assert attributes["Attributes"]["ApproximateNumberOfMessages"] == "10"
    with pytest.raises(TooManyRequests, match="At most 10 exports") as refused:
        running.begin(KEY, new_run(12))
    assert refused.value.retry_after >= 1
    assert begun(100, ApiKey("key_2", *[getattr(KEY, name) for name in KEY.__slots__[1:]]))


def test_a_slot_is_free_again_when_its_run_has_ended_whatever_its_end() -> None:
    for number in range(10):
        assert begun(number)
    end(3)
    lease = report_runs.take(TENANT, "frr_4", "lease", now=0)
    assert lease is not None
    assert begun(10)
    assert not begun(11)
    assert rate_limits.held("key_1") == {f"frr_{n}" for n in range(11) if n != 3}
    boto3.client("dynamodb").delete_item(
        TableName=settings().report_runs_table,
        Key={"tenant": {"S": TENANT.partition}, "id": {"S": "frr_5"}},
    )
    assert begun(12)
    assert not begun(13)


def test_a_run_that_is_past_its_deadline_holds_no_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(10):
        assert begun(number)
    later = datetime.fromtimestamp(clock.seconds() + DEADLINE_SECONDS, UTC)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert [begun(number) for number in range(10, 21)] == [True] * 10 + [False]


def test_the_item_is_kept_longer_than_any_run_in_it_can_run() -> None:
    assert begun(0)
    (item,) = boto3.client("dynamodb").scan(TableName=settings().rate_limits_table)["Items"]
    run = report_runs.get(TENANT, "frr_0")
    assert run is not None
    assert item["id"] == {"S": "exports#key_1"}
    assert int(item["expires_at"]["N"]) >= run.deadline + HOUR


def test_slots_are_not_given_away_on_what_dynamodb_leaves_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(10):
        assert begun(number)
        end(number)
    keys = [{"tenant": {"S": TENANT.partition}, "id": {"S": f"frr_{number}"}} for number in range(10)]
    answer = {"Responses": {}, "UnprocessedKeys": {settings().report_runs_table: {"Keys": keys}}}
    with monkeypatch.context() as patched:
        patched.setattr(clients.dynamodb(), "batch_get_item", lambda **_: answer)
        patched.setattr(reading, "_FIRST_PAUSE_SECONDS", 0)
        with pytest.raises(Unavailable):
            begun(10)
    assert begun(11)


def test_requests_at_once_never_begin_more_than_ten() -> None:
    make_clients()
    with atomic_calls():
        results = at_once([partial(begun, number) for number in range(24)])
    assert sum(results) == 10
    assert len(pending()) == 10
    assert rate_limits.held("key_1") == pending()


def test_beginning_and_ending_at_once_never_exceeds_ten_and_loses_no_slot() -> None:
    """Eight containers begin and end exports in turn; what runs is counted between any two calls."""
    make_clients()
    most: list[int] = []

    def container(container_number: int) -> None:
        dice = random.Random(container_number)  # noqa: S311 - no secret
        own: list[int] = []
        for turn in range(12):
            if own and dice.random() < 0.4:
                end(own.pop(dice.randrange(len(own))))
            number = container_number * 100 + turn
            if begun(number):
                own.append(number)
        for number in own:
            end(number)

    def watched(*arguments: Any) -> Any:
        answer = send(*arguments)
        if arguments[1] in {"TransactWriteItems", "UpdateItem"}:
            most.append(len(watcher()))
        return answer

    send: Callable[..., Any] = BaseClient._make_api_call  # type: ignore[attr-defined]
    reader = boto3.client("dynamodb")

    def watcher() -> set[str]:
        found = send(reader, "Scan", {"TableName": settings().report_runs_table})["Items"]
        return {item["id"]["S"] for item in found if item["status"]["S"] == "pending"}

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(BaseClient, "_make_api_call", watched)
        with atomic_calls():
            at_once([partial(container, number) for number in range(8)])
    assert max(most) == 10
    assert pending() == set()
    assert [begun(number) for number in range(1000, 1011)] == [True] * 10 + [False]


@pytest.mark.parametrize("reason", ["TransactionConflict", "ThrottlingError"])
@pytest.mark.parametrize(("failures", "stored"), [(3, True), (50, False)])
def test_a_conflict_is_tried_again_for_a_while(
    monkeypatch: pytest.MonkeyPatch, reason: str, failures: int, stored: bool
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    write, tried = clients.dynamodb().transact_write_items, []

    def conflicting(**request: Any) -> Any:
        tried.append(request)
        if len(tried) <= failures:
            answer: Any = {
                "Error": {"Code": "TransactionCanceledException"},
                "CancellationReasons": [{"Code": "None"}, {"Code": reason}],
            }
            raise ClientError(answer, "TransactWriteItems")
        return write(**request)

    monkeypatch.setattr(clients.dynamodb(), "transact_write_items", conflicting)
    if stored:
        assert begun(0)
    else:
        with pytest.raises(Unavailable):
            begun(0)
        assert len(tried) < 10
    assert len(pending()) == int(stored)
    assert len(rate_limits.held("key_1")) == int(stored)


def test_a_run_that_is_there_already_takes_no_second_place() -> None:
    """Its request was carried out, and is again: the function died before it had answered."""
    assert all(begun(number) for number in range(10))
    assert begun(0)
    assert len(rate_limits.held("key_1")) == 10
    assert not begun(10)


def test_exports_for_a_child_are_counted_for_themselves() -> None:
    assert all(begun(number) for number in range(10))
    child = replace(new_run(11), tenant=Tenant("org_child", "test"))
    running.begin(KEY, child)
    assert rate_limits.held("key_1#org_child") == {child.id}

"""At most so many runs of an organisation are worked on at once; the others wait, lose no attempt, and none is forgotten."""

from __future__ import annotations

import itertools
import json
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from runsheet import ids, leases
from runsheet.report_runs import concurrency, execution, queueing, slots, table
from runsheet.report_runs.model import DEADLINE_SECONDS, ReportRun, RunRequested
from runsheet.runtime import clock
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant
from tests.concurrency import at_once, atomic_calls

if TYPE_CHECKING:
    from collections.abc import Iterator

LIVE, TEST = Tenant("org_a", "live"), Tenant("org_a", "test")
MOST = 3

pytestmark = pytest.mark.usefixtures("tables", "queues")


@pytest.fixture(autouse=True)
def limit(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - after the environment of a function
    monkeypatch.setenv("REPORT_RUNS_PER_ORGANISATION", str(MOST))


def stored(tenant: Tenant = TEST) -> ReportRun:
    now = clock.now()
    seconds = int(now.timestamp())
    run = ReportRun(
        tenant=tenant,
        id=ids.new_id("frr", now),
        report_type="balance.summary.1",
        parameters={},
        created=seconds,
        deadline=seconds + DEADLINE_SECONDS,
    )
    return table.put(run, expires_at=seconds + 86400)


def begun(run: ReportRun, lease: str = "lease_1") -> bool:
    """Have a worker take the run and ask for a slot."""
    taken = table.take(run.tenant, run.id, lease, now=clock.seconds())
    assert taken is not None
    return concurrency.enter(taken, lease)


def ended(run: ReportRun, lease: str = "lease_1") -> None:
    table.fail(run, error="Over.", code="over")
    concurrency.leave(run, lease)


def queued() -> list[str]:
    """Take the messages out of the queue and return the ids of their runs."""
    return list(iter(received, None))


def received() -> str | None:
    """Take a message out of the queue and return the id of its run; None if there is none."""
    sqs, url = boto3.client("sqs"), settings().report_runs_queue_url
    for message in sqs.receive_message(QueueUrl=url).get("Messages", []):
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return str(json.loads(message["Body"])["run_id"])
    return None


def requested(run: ReportRun) -> RunRequested:
    return RunRequested(organisation_id=run.tenant.organisation_id, mode=run.tenant.mode, run_id=run.id)


def full() -> list[ReportRun]:
    runs = [stored() for _ in range(MOST)]
    assert [begun(run) for run in runs] == [True] * MOST
    return runs


def item() -> dict[str, Any]:
    answer = boto3.client("dynamodb").get_item(
        TableName=settings().rate_limits_table, Key={"id": {"S": "runs#org_a"}}
    )
    return dict(answer.get("Item", {}))


def test_both_modes_count_together_and_organisations_apart() -> None:
    assert [begun(stored(tenant)) for tenant in (LIVE, TEST, LIVE, TEST)] == [True, True, True, False]
    assert begun(stored(Tenant("org_b", "test")))


def test_a_run_over_the_limit_waits_without_a_failed_attempt_a_lease_or_a_message() -> None:
    full()
    run = stored()
    for _ in range(2 * leases.MAX_ATTEMPTS):
        execution.execute(requested(run))
    left = table.get(run.tenant, run.id)
    assert left == run
    assert queued() == []
    assert table.waiting("org_a", most=5) == [(TEST, run.id)]
    assert table.take(run.tenant, run.id, "lease_2", now=clock.seconds()) is not None
    assert table.waiting("org_a", most=5) == []


def test_who_leaves_queues_the_oldest_of_those_that_wait() -> None:
    working = full()
    waiting = [stored(tenant) for tenant in (TEST, LIVE, TEST)]
    assert not any(begun(run) for run in waiting)
    ended(working[0])
    assert queued() == [waiting[0].id]
    assert begun(waiting[0])
    ended(working[1])
    # Whoever leaves sees room for two, as the second message has not been taken yet.
    ended(working[2])
    assert queued() == [waiting[1].id, waiting[1].id, waiting[2].id]


def test_who_leaves_while_nobody_waits_reads_nothing() -> None:
    working = full()
    with atomic_calls(pause=0) as made:
        concurrency.leave(working[0], "lease_1")
    assert made == ["UpdateItem"]


def test_when_nobody_waits_any_more_nobody_looks_again() -> None:
    working = full()
    run = stored()
    assert not begun(run)
    table.fail(run, error="Cancelled.", code="cancelled")
    ended(working[0])
    assert queued() == [run.id]  # in case the index was behind; its message does nothing
    assert "waiting" not in item()


def test_an_index_that_is_behind_hides_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    working = full()
    run = stored()
    assert not begun(run)
    monkeypatch.setattr(table, "waiting", lambda *_, **__: [])
    ended(working[0])
    assert queued() == [run.id]


@pytest.mark.parametrize("others", [1, MOST])
def test_a_run_that_waits_while_room_is_made_goes_back_to_the_queue(
    others: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    working = full()
    run = stored()
    leave_waiting = table.leave_waiting

    def slowly(*arguments: Any, **named: Any) -> None:
        for other in working[:others]:  # between the refusal and the note that a run waits
            ended(other)
        leave_waiting(*arguments, **named)

    monkeypatch.setattr(table, "leave_waiting", slowly)
    assert not begun(run)
    assert queued() == [run.id]


def test_what_ended_without_giving_its_slot_back_is_no_obstacle() -> None:
    for run in full():
        table.fail(run, error="Over.", code="over")
    assert begun(stored())
    assert len(item()["slots"]["SS"]) == 1


def test_a_killed_workers_slot_is_free_when_its_lease_ends_and_not_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    full()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(seconds=leases.LEASE_SECONDS - 1))
    assert not begun(stored())
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(seconds=leases.LEASE_SECONDS + 1))
    assert [begun(stored()) for _ in range(MOST + 1)] == [True] * MOST + [False]


def test_a_run_that_is_tried_again_takes_a_slot_anew() -> None:
    run, *_others = full()
    table.release(run, "lease_1", now=clock.seconds())
    assert begun(run, "lease_2")
    assert not begun(stored())


def test_the_sweeper_queues_a_run_that_nobody_woke(monkeypatch: pytest.MonkeyPatch) -> None:
    full()
    run = stored()
    assert not begun(run)
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(seconds=14 * 60))
    queueing.sweep()
    assert run.id not in queued()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(seconds=16 * 60))
    queueing.sweep()
    assert run.id in queued()


def test_no_limit_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPORT_RUNS_PER_ORGANISATION", "0")
    run = stored()
    with atomic_calls(pause=0) as made:
        assert concurrency.enter(run, "lease_1")
        concurrency.leave(run, "lease_1")
    assert made == []


def test_a_fault_of_the_limits_own_table_lets_runs_through(monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(*_: object, **__: object) -> Any:
        raise ClientError({"Error": {"Code": "InternalServerError"}}, "UpdateItem")

    full()
    monkeypatch.setattr(slots, "take", fault)
    monkeypatch.setattr(slots, "give_back", fault)
    run = stored()
    assert begun(run)
    concurrency.leave(run, "lease_1")


class Killed(BaseException):
    """The worker's end."""


@pytest.mark.parametrize("calls", range(8))
def test_wherever_a_worker_is_killed_every_run_ends_and_no_slot_is_lost(
    calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    working, runs = full(), [stored(), stored()]
    assert not begun(runs[0])
    counter = itertools.count()
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def until_killed(client: Any, operation: str, request: dict[str, Any]) -> Any:
        if next(counter) >= calls:
            raise Killed
        return call(client, operation, request)

    with monkeypatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", until_killed)
        try:
            ended(working[0])  # gives its slot back, and wakes the one that waits
            begun(runs[1], "lease_killed")
        except Killed:
            pass
    for run in working[1:]:
        ended(run)
    table.fail(working[0], error="Over.", code="over")
    now = clock.now()
    # The net: within 15 minutes the sweeper queues what nobody else has queued; by then leases have ended.
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(seconds=16 * 60))
    queueing.sweep()
    assert {run.id for run in runs} <= set(queued())
    assert all(begun(run, "lease_again") for run in runs)
    assert begun(stored())
    assert len(item()["slots"]["SS"]) == MOST


def test_with_many_workers_at_once_the_limit_holds_and_every_run_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs, now_working, most, lock = [stored() for _ in range(12)], set[str](), [0], threading.Lock()
    queueing.queue_all(runs)

    def work(run: ReportRun, lease: str) -> None:
        with lock:
            now_working.add(run.id)
            most[0] = max(most[0], len(now_working))
        time.sleep(0.1)
        with lock:
            now_working.discard(run.id)
        assert table._work.end(run.tenant, run.id, lease, *_SUCCESS)

    monkeypatch.setattr(execution, "_carry_out", work)
    until = time.monotonic() + 60

    def worker() -> None:
        while time.monotonic() < until and any(_pending(runs)):
            if run_id := received():
                execution.execute(RunRequested(organisation_id="org_a", mode="test", run_id=run_id))

    with atomic_calls(pause=0.001):
        at_once([worker] * 6)
    ends = [table.get(run.tenant, run.id) for run in runs]
    assert {end.status for end in ends if end} == {"succeeded"}
    assert {end.attempts for end in ends if end} == {1}
    assert 1 < most[0] <= MOST
    assert "slots" not in item()


_SUCCESS: tuple[str, dict[str, Any]] = (
    "SET #status = :done REMOVE lease, lease_until, waiting_in",
    {":done": "succeeded"},
)


def _pending(runs: list[ReportRun]) -> Iterator[bool]:
    for run in runs:
        found = table.get(run.tenant, run.id)
        yield found is not None and found.status == "pending"

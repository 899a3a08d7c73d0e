"""The dispatcher: every due slot once, whatever overlaps, repeats or dies."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.client import BaseClient

from runsheet import ids
from runsheet.organisations import service as organisations
from runsheet.organisations.model import NewOrganisation
from runsheet.report_configs import claims, dispatching, service, table
from runsheet.report_configs.model import ReportConfig
from runsheet.report_configs.objects import ShardDue
from runsheet.report_configs.table import SHARDS
from runsheet.report_runs import queueing
from runsheet.report_runs import table as report_runs
from runsheet.runtime import clients, clock
from runsheet.runtime.model import CreatedListQuery
from runsheet.runtime.paging import span
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant

if TYPE_CHECKING:
    from collections.abc import Callable

    from runsheet.report_runs.model import ReportRun

pytestmark = pytest.mark.usefixtures("tables", "queues")

EIGHT = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)  # 08:00 in New York, a Monday


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Set the clock; it stands at EIGHT."""

    def at(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    at(EIGHT)
    return at


@pytest.fixture
def tenant() -> Tenant:
    return Tenant(organisations.create(NewOrganisation("Acme", timezone="America/New_York")).id, "test")


def config(tenant: Tenant, next_run_at: datetime | None = EIGHT, **changes: Any) -> ReportConfig:
    """Store a config that is due at `next_run_at`, daily at 08:00 in New York."""
    given = ReportConfig(
        tenant=tenant,
        id=ids.new_id("rc", EIGHT),
        report_type="balance_change_from_activity.itemized.3",
        frequency="daily",
        time="08:00:00",
        weekday=4,
        day_of_month=1,
        timezone=None,
        recipient_emails=["cfo@example.com"],
        cc_emails=None,
        unsubscribed_emails=[],
        is_enabled=next_run_at is not None,
        parameters={"currency": "usd"},
        skip_if_empty=False,
        attach="auto",
        created_at=1,
        modified_at=None,
        last_sent_at=None,
        next_run_at=None if next_run_at is None else int(next_run_at.timestamp()),
        zone="America/New_York",
        revision=1,
    )
    stored = replace(given, **changes)
    table.put(stored)
    return stored


def tick() -> None:
    """Let every shard be dispatched, as one firing of the schedule has it."""
    for shard in SHARDS:
        dispatching.dispatch_shard(ShardDue(shard=shard))


def page_of_runs(tenant: Tenant, cursor: str | None = None) -> tuple[list[ReportRun], bool]:
    query = CreatedListQuery(limit=100, starting_after=cursor)
    return report_runs.page(
        tenant,
        span(query, prefix="frr", noun="report_run", known=lambda run_id: run_id == cursor),
        now=clock.seconds(),
    )


def runs(tenant: Tenant) -> list[ReportRun]:
    found, more = page_of_runs(tenant)
    assert not more
    return found


def queued() -> int:
    answer = boto3.client("sqs").get_queue_attributes(
        QueueUrl=settings().report_runs_queue_url, AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])


def test_a_due_config_gets_its_run_and_its_next_slot(tenant: Tenant, now: Callable[[datetime], None]) -> None:
    made = config(tenant)
    now(EIGHT + timedelta(seconds=40))
    tick()
    (run,) = runs(tenant)
    assert run.report_type == "balance_change_from_activity.itemized.3"
    assert run.parameters == {
        "currency": "usd",
        "interval_start": int(datetime(2026, 3, 1, 5, tzinfo=UTC).timestamp()),
        "interval_end": int(datetime(2026, 3, 2, 5, tzinfo=UTC).timestamp()),
        "timezone": "America/New_York",
    }
    assert run.sending is not None
    assert run.sending.config_id == made.id
    assert (run.sending.kind, run.sending.scheduled_for) == ("scheduled", int(EIGHT.timestamp()))
    assert (run.sending.first_day, run.sending.last_day) == ("2026-03-01", "2026-03-01")
    assert (run.sending.missed, run.sending.timezone) == (0, "America/New_York")
    after = table.get(tenant, made.id)
    assert after == replace(
        made, next_run_at=int((EIGHT + timedelta(days=1)).timestamp()), revision=made.revision + 1
    )
    assert queued() == 1


def test_a_second_firing_of_the_schedule_does_nothing(
    tenant: Tenant, now: Callable[[datetime], None]
) -> None:
    config(tenant)
    now(EIGHT)
    tick()
    tick()
    assert len(runs(tenant)) == queued() == 1


def test_nothing_is_sent_before_its_time(tenant: Tenant, now: Callable[[datetime], None]) -> None:
    config(tenant)
    now(EIGHT - timedelta(seconds=1))
    tick()
    assert runs(tenant) == []


def test_an_outage_is_caught_up_once_with_the_newest_slot(
    tenant: Tenant, now: Callable[[datetime], None]
) -> None:
    made = config(tenant)
    now(EIGHT + timedelta(days=3, hours=1))
    tick()
    (run,) = runs(tenant)
    assert run.sending is not None
    assert run.sending.scheduled_for == int((EIGHT + timedelta(days=3)).timestamp())
    assert run.sending.missed == 3
    after = table.get(tenant, made.id)
    assert after is not None
    assert after.next_run_at == int((EIGHT + timedelta(days=4)).timestamp())


def test_two_dispatchers_at_the_same_config_start_one_run(tenant: Tenant) -> None:
    """Both have read it before either writes."""
    made = config(tenant)
    first, second = (dispatching.Dispatcher(EIGHT) for _ in range(2))
    claim_a, claim_b = first._prepared(made), second._prepared(made)
    assert claim_a is not None
    assert claim_b is not None
    assert claims.take([claim_a])
    assert not claims.take([claim_b])
    assert len(runs(tenant)) == 1


def test_a_config_that_is_disabled_or_changed_or_deleted_meanwhile_is_left_alone(tenant: Tenant) -> None:
    dispatcher = dispatching.Dispatcher(EIGHT)
    disabled, changed, deleted, due = (config(tenant) for _ in range(4))
    table.update(replace(disabled, is_enabled=False, next_run_at=None))
    table.update(replace(changed, skip_if_empty=True))
    table.delete(tenant, deleted.id)
    assert dispatcher._start([disabled, changed, deleted, due]) == 1
    (run,) = runs(tenant)
    assert run.sending is not None
    assert run.sending.config_id == due.id
    assert table.get(tenant, deleted.id) is None
    assert dispatcher.failures == 0


def test_a_config_left_in_its_organisations_old_zone_is_moved_and_not_sent(
    tenant: Tenant, now: Callable[[datetime], None]
) -> None:
    left = config(tenant, zone="Asia/Tokyo")
    own = config(tenant, zone="Asia/Tokyo", timezone="Asia/Tokyo", time="22:00:00")
    now(EIGHT + timedelta(minutes=1))
    tick()
    (run,) = runs(tenant)
    assert run.sending is not None
    assert (run.sending.config_id, run.sending.timezone) == (own.id, "Asia/Tokyo")
    moved = table.get(tenant, left.id)
    assert moved is not None
    assert (moved.zone, moved.next_run_at) == (
        "America/New_York",
        int((EIGHT + timedelta(days=1)).timestamp()),
    )


def test_a_slot_that_was_computed_by_old_rules_of_the_zone_is_not_sent_early_nor_left_out(
    tenant: Tenant, now: Callable[[datetime], None]
) -> None:
    hour = timedelta(hours=1)
    early, late = config(tenant, EIGHT - hour), config(tenant, EIGHT + hour)
    now(EIGHT - hour)
    tick()
    assert runs(tenant) == []
    moved = table.get(tenant, early.id)
    assert moved is not None
    assert moved.next_run_at == int(EIGHT.timestamp())
    now(EIGHT + hour)
    tick()
    assert {run.sending.config_id for run in runs(tenant) if run.sending} == {early.id, late.id}
    for one in (early, late):
        after = table.get(tenant, one.id)
        assert after is not None
        assert after.next_run_at == int((EIGHT + timedelta(days=1)).timestamp())


def test_one_config_that_cannot_be_claimed_does_not_keep_the_others_waiting(
    tenant: Tenant, now: Callable[[datetime], None]
) -> None:
    now(EIGHT)
    broken = config(Tenant("org_gone", "test"))
    well = [config(tenant) for _ in range(30)]
    failed = 0
    for shard in SHARDS:
        try:
            dispatching.dispatch_shard(ShardDue(shard=shard))
        except RuntimeError:
            failed += 1
    assert failed == 1
    assert {run.sending.config_id for run in runs(tenant) if run.sending} == {one.id for one in well}
    assert table.get(broken.tenant, broken.id) == broken


def test_every_shard_is_asked_for(now: Callable[[datetime], None]) -> None:
    now(EIGHT)
    dispatching.dispatch_due()
    asked = []
    queue = boto3.client("sqs")
    while messages := queue.receive_message(
        QueueUrl=settings().dispatch_queue_url, MaxNumberOfMessages=10
    ).get("Messages"):
        asked += [ShardDue.model_validate_json(message["Body"]).shard for message in messages]
    assert sorted(asked) == sorted(SHARDS)


def test_a_tick_without_anything_due_is_one_query_a_shard(
    tenant: Tenant, now: Callable[[datetime], None], calls: list[str]
) -> None:
    for _ in range(50):
        config(tenant, EIGHT + timedelta(days=1))
    now(EIGHT)
    calls.clear()
    tick()
    assert Counter(calls) == {"Query": len(SHARDS)}


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every call to AWS, as it is made."""
    made: list[str] = []
    really = BaseClient._make_api_call  # type: ignore[attr-defined]

    def noted(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
        made.append(operation)
        return really(client, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", noted)
    return made


class Killed(BaseException):
    """The process is no more; nothing may catch it."""


@pytest.mark.parametrize("seed", range(5))
def test_dispatchers_killed_anywhere_neither_double_nor_miss_a_slot(
    seed: int, tenant: Tenant, now: Callable[[datetime], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fifty kills a seed, before a call to AWS, or after it has taken effect and before its answer is read."""
    chance = random.Random(seed)  # noqa: S311 - where it dies must be the same each time
    configs = [config(tenant, timezone="Etc/UTC", zone="Etc/UTC", time="13:00:00") for _ in range(12)]
    really = BaseClient._make_api_call  # type: ignore[attr-defined]
    left = [0]

    def deadly(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
        left[0] -= 1
        if left[0] == 0 and chance.random() < 0.5:
            raise Killed
        answer = really(client, operation, arguments)
        if left[0] <= 0:
            raise Killed
        return answer

    monkeypatch.setattr(dispatching, "_GROUPS_AT_ONCE", 1)  # so that what is killed is one thread of work
    monkeypatch.setattr(dispatching, "_CLAIMS_IN_A_GROUP", chance.choice([1, 3, 10]))
    kills = days = 0
    while kills < 50:
        days += 1
        now(EIGHT + timedelta(days=days - 1, minutes=chance.randrange(15)))
        done = False
        while not done:
            left[0] = chance.randrange(1, 24)
            monkeypatch.setattr(BaseClient, "_make_api_call", deadly)
            try:
                tick()
                done = True
            except Killed:
                kills += 1
            finally:
                monkeypatch.setattr(BaseClient, "_make_api_call", really)
    expected = Counter(
        (one.id, int((EIGHT + timedelta(days=day)).timestamp())) for one in configs for day in range(days)
    )
    stored: Counter[tuple[str, int]] = Counter()
    cursor = None
    while True:
        page, more = page_of_runs(tenant, cursor)
        stored.update((run.sending.config_id, run.sending.scheduled_for) for run in page if run.sending)
        if not more:
            break
        cursor = page[-1].id
    assert stored == expected


def test_a_run_whose_message_was_never_sent_is_queued_by_the_sweeper(
    tenant: Tenant, now: Callable[[datetime], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    config(tenant)
    with monkeypatch.context() as broken:
        broken.setattr(clients, "sqs", _no_queue)
        tick()
    assert queued() == 0
    now(EIGHT + timedelta(minutes=2))
    queueing.sweep()
    assert queued() == 1


def _no_queue() -> Any:
    return boto3.client("sqs", region_name="eu-west-1", endpoint_url="http://127.0.0.1:9")


def test_schedule_of_takes_what_the_config_says(tenant: Tenant) -> None:
    one = config(tenant, frequency="monthly", day_of_month="last", time="17:30:00")
    when = service.schedule_of(one, "Asia/Kathmandu")
    assert (when.frequency, when.day_of_month, when.timezone) == ("monthly", "last", "Asia/Kathmandu")
    assert when.time.isoformat() == "17:30:00"

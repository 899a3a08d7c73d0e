"""Start the runs that are due: a message for each shard, and in each shard a claim for each config.

What is due is found by one query of a shard's index, whatever the number of configs. A claim moves the config on and
stores its run in one transaction, a few claims together, so two dispatchers, a repeated tick or a death between any
two calls neither double a run nor lose it: a run whose message was never sent is queued by the sweeper.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from runsheet import schedule
from runsheet.organisations import service as organisations
from runsheet.report_configs import claims, running, service, table
from runsheet.report_configs.claims import Claim
from runsheet.report_configs.objects import ShardDue
from runsheet.report_runs import queueing
from runsheet.runtime import clock, messages
from runsheet.runtime.observability import MetricUnit, logger, metrics
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

    from runsheet.report_configs.model import ReportConfig

# Claims wait for DynamoDB most of their time.
_GROUPS_AT_ONCE = 8
# As many as a transaction takes. One claim at a time, the signing and parsing of its call would keep a
# processor from more than 600 claims a second.
_CLAIMS_IN_A_GROUP = 50
# When a new release of the time zones moves a send, it is by less than this. A slot that lies further behind the newest
# one is the newest to come, computed by rules that held no longer: it is not due yet.
_MOVED_AT_MOST = timedelta(hours=12)


def dispatch_due() -> None:
    """Ask for a dispatcher of every shard."""
    refused = messages.send(settings().dispatch_queue_url, [ShardDue(shard=shard) for shard in table.SHARDS])
    if refused:
        raise RuntimeError(f"{len(refused)} shards were not queued; the schedule will try again")


def dispatch_shard(message: ShardDue) -> None:
    """Claim every config of a shard that is due, and queue its run. What fails is due still, and raises at the end."""
    dispatcher = Dispatcher(clock.now())
    started = dispatcher.dispatch(message.shard)
    metrics.add_metric("ScheduledRuns", MetricUnit.Count, started)
    if dispatcher.failures:
        raise RuntimeError(f"{dispatcher.failures} configs could not be claimed; they are due still")


class Dispatcher:
    """One pass over what is due at `now`; `failures` counts the configs that could not be claimed."""

    def __init__(self, now: datetime) -> None:
        self.failures = 0
        self._now = now
        self._zones: dict[str, str] = {}

    def dispatch(self, shard: str) -> int:
        """Claim what is due in the shard and queue the runs; return how many."""
        due = table.due(shard, until=int(self._now.timestamp()))
        started = 0
        running: deque[Future[int]] = deque()
        with ThreadPoolExecutor(_GROUPS_AT_ONCE, thread_name_prefix="claim") as pool:
            # What is due next is read while groups are claimed, and no further ahead than they take.
            while group := list(islice(due, _CLAIMS_IN_A_GROUP)):
                running.append(pool.submit(self._start, group))
                if len(running) > _GROUPS_AT_ONCE:
                    started += running.popleft().result()
            return started + sum(claimed.result() for claimed in running)

    def _start(self, configs: Sequence[ReportConfig]) -> int:
        """Claim the newest due slots of a few configs and queue their runs; return how many."""
        wanted = [claim for claim in map(self._prepared, configs) if claim is not None]
        runs = [claim.run for claim in self._taken(wanted)]
        if runs:
            queueing.queue_all(runs)
        return len(runs)

    def _taken(self, wanted: Sequence[Claim]) -> Sequence[Claim]:
        """Take the claims together; if that is refused, each for itself, so that one cannot spoil the others."""
        if not wanted:
            return wanted
        try:
            if claims.take(wanted):
                return wanted
            if len(wanted) == 1:
                return []
        except Exception:  # noqa: BLE001 - as in `_prepared`
            if len(wanted) == 1:
                self._note_failure(wanted[0].config)
                return []
        return [taken for claim in wanted for taken in self._taken([claim])]

    def _prepared(self, config: ReportConfig) -> Claim | None:
        try:
            return self._claim(config)
        except Exception:  # noqa: BLE001 - one config must not keep the others of its shard waiting
            self._note_failure(config)
            return None

    def _claim(self, config: ReportConfig) -> Claim | None:
        """Return the claim of a config's newest due slot; None if there is none."""
        if config.next_run_at is None or config.next_run_at > self._now.timestamp():
            return None
        rezoned = service.rezone(config, config.timezone or self._zone_of(config.tenant.organisation_id))
        if rezoned is not config:
            # Its organisation has moved, and whoever moved it did not get as far as this config.
            table.update(rezoned)
            return None
        when = service.schedule_of(config, config.zone)
        first = datetime.fromtimestamp(config.next_run_at, UTC)
        newest = schedule.latest_send(when, self._now)
        following = int(schedule.next_send(when, self._now).timestamp())
        if first - newest > _MOVED_AT_MOST:
            table.update(replace(config, next_run_at=following))
            return None
        slot = max(newest, first)
        missed = schedule.count_sends(when, first, slot)
        return Claim(config, running.run_of(config, "scheduled", slot, missed=missed), following)

    def _note_failure(self, config: ReportConfig) -> None:
        logger.exception("config not claimed", extra={"report_config": config.id})
        self.failures += 1

    def _zone_of(self, organisation_id: str) -> str:
        if organisation_id not in self._zones:
            self._zones[organisation_id] = organisations.get(organisation_id).timezone
        return self._zones[organisation_id]

"""Start the runs that are due: a message for each shard, and in each shard a claim for each config.

What is due is found by one query of a shard's index, whatever the number of configs. A claim moves the config on and
stores its run in one transaction, so two dispatchers, a repeated tick or a death between any two calls neither double
a run nor lose it: a run whose message was never sent is queued by the sweeper.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from runsheet import schedule
from runsheet.organisations import service as organisations
from runsheet.report_configs import claims, running, service
from runsheet.report_configs.model import SHARDS, ShardDue
from runsheet.report_runs import queueing
from runsheet.runtime import clients, clock
from runsheet.runtime.observability import MetricUnit, logger, metrics
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from runsheet.report_configs.model import ReportConfig
    from runsheet.report_runs.model import ReportRun

# Claims wait for DynamoDB most of their time.
_AT_ONCE = 16
_ENTRIES_PER_CALL = 10


def dispatch_due() -> None:
    """Ask for a dispatcher of every shard."""
    messages = iter([ShardDue(shard=shard) for shard in SHARDS])
    while entries := [
        {"Id": message.shard, "MessageBody": message.model_dump_json()}
        for message in islice(messages, _ENTRIES_PER_CALL)
    ]:
        answer = clients.sqs().send_message_batch(QueueUrl=settings().dispatch_queue_url, Entries=entries)  # type: ignore[arg-type]
        if answer.get("Failed"):
            raise RuntimeError(f"{len(answer['Failed'])} shards were not queued; the schedule will try again")


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
        due = claims.due(shard, int(self._now.timestamp()))
        started = 0
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="claim") as pool:
            while page := list(islice(due, _AT_ONCE * _ENTRIES_PER_CALL)):
                runs = [run for run in pool.map(self._claimed, page) if run is not None]
                started += len(runs)
                for first in range(0, len(runs), _ENTRIES_PER_CALL):
                    queueing.queue_all(runs[first : first + _ENTRIES_PER_CALL])
        return started

    def _claimed(self, config: ReportConfig) -> ReportRun | None:
        try:
            return self._claim(config)
        except Exception:  # noqa: BLE001 - one config must not keep the others of its shard waiting
            logger.exception("config not claimed", extra={"report_config": config.id})
            self.failures += 1
            return None

    def _claim(self, config: ReportConfig) -> ReportRun | None:
        """Take the newest due slot of a config and return its run; None if there is none to take."""
        if config.next_run_at is None or config.next_run_at > self._now.timestamp():
            return None
        zone = config.timezone or self._zone_of(config.tenant.organisation_id)
        when = service.schedule_of(config, zone)
        following = int(schedule.next_send(when, self._now).timestamp())
        if zone != config.zone:
            # Its organisation has moved, and whoever moved it did not get as far as this config.
            claims.rezone(config, zone, next_run_at=following)
            return None
        first = datetime.fromtimestamp(config.next_run_at, UTC)
        slot = max(schedule.latest_send(when, self._now), first)
        missed = schedule.count_sends(when, first, slot)
        run = running.run_of(config, "scheduled", slot, missed=missed)
        return run if claims.claim(config, run, next_run_at=following) else None

    def _zone_of(self, organisation_id: str) -> str:
        if organisation_id not in self._zones:
            self._zones[organisation_id] = organisations.get(organisation_id).timezone
        return self._zones[organisation_id]

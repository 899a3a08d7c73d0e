"""How many exports of a key run at once: at most ten, whichever functions begin them.

The ids of a key's running exports stand in one item. A run and its id there are written together, on the condition that
there is room; nothing is written when a run ends. When there is no room, those that have ended are taken out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runsheet.errors import TooManyRequests
from runsheet.rate_limits import table as rate_limits
from runsheet.report_runs import queueing
from runsheet.report_runs import table as report_runs
from runsheet.runtime import clock

if TYPE_CHECKING:
    from runsheet.api_keys.model import ApiKey
    from runsheet.report_runs.model import ReportRun

MAX_RUNNING = 10
# About as long as an export takes.
_RETRY_AFTER_SECONDS = 5


def begin(key: ApiKey, run: ReportRun) -> None:
    """Store a new run of the key's, if it may have one more, and ask for a worker.

    Raises:
        TooManyRequests: it may not.
        Unavailable: the key begins exports faster than they can be counted.
    """
    if not _stored(key, run):
        _take_out_ended(key)
        if not _stored(key, run):
            raise TooManyRequests(
                f"At most {MAX_RUNNING} exports of an access key run at once. Wait until one has ended.",
                retry_after=_RETRY_AFTER_SECONDS,
            )
    queueing.queue_all([run])


def _stored(key: ApiKey, run: ReportRun) -> bool:
    put = report_runs.put_operation(run, expires_at=queueing.expires_at(run))
    return rate_limits.hold(key.id, run.id, {"Put": put}, most=MAX_RUNNING, until=run.deadline)


def _take_out_ended(key: ApiKey) -> None:
    held = rate_limits.held(key.id)
    ended = held - report_runs.running(key.tenant, held, now=clock.seconds())
    if ended:
        rate_limits.give_back(key.id, ended)

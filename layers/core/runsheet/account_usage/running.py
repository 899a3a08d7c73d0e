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
    from runsheet.tenancy import Tenant

MAX_RUNNING = 10
# About as long as an export takes.
_RETRY_AFTER_SECONDS = 5


def begin(key: ApiKey, run: ReportRun) -> None:
    """Store a new run that the key asked for, if it may have one more, and ask for a worker.

    A run that is stored already, by a request that is carried out again, takes no second place.

    Raises:
        TooManyRequests: it may not.
        Unavailable: the key begins exports faster than they can be counted.
    """
    holder = _holder(key, run.tenant)
    if not _stored(holder, run) and report_runs.get(run.tenant, run.id) is None:
        _take_out_ended(holder, run.tenant)
        if not _stored(holder, run):
            raise TooManyRequests(
                f"At most {MAX_RUNNING} exports of an access key run at once. Wait until one has ended.",
                retry_after=_RETRY_AFTER_SECONDS,
            )
    queueing.queue_all([run])


def _holder(key: ApiKey, tenant: Tenant) -> str:
    """Return whose exports are counted: the key's, for each organisation that it acts for."""
    return key.id if tenant == key.tenant else f"{key.id}#{tenant.organisation_id}"


def _stored(holder: str, run: ReportRun) -> bool:
    put = report_runs.put_operation(run, expires_at=queueing.expires_at(run))
    return rate_limits.hold(holder, run.id, {"Put": put}, most=MAX_RUNNING, until=run.deadline)


def _take_out_ended(holder: str, tenant: Tenant) -> None:
    held = rate_limits.held(holder)
    ended = held - report_runs.running(tenant, held, now=clock.seconds())
    if ended:
        rate_limits.give_back(holder, ended)

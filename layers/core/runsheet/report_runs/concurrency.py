"""How many runs of an organisation are worked on at once: at most ReportRunsPerOrganisation, whatever its backlog.

A worker that has taken a run takes one of the organisation's slots. Without one it leaves the run waiting and its message
is done: that is no failed attempt, and nothing comes back to the queue until there is room. Who gives a slot back queues
as many of the waiting runs as have room, the oldest first. What gets lost on the way the sweeper queues.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from runsheet.errors import Unavailable
from runsheet.report_runs import queueing, slots, table
from runsheet.report_runs.slots import Slot
from runsheet.runtime import clock
from runsheet.runtime.observability import logger
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from runsheet.report_runs.model import ReportRun


def enter(run: ReportRun, lease: str) -> bool:
    """Take a slot for a run that is held by `lease`; False if there is none: the run now waits, and is held no longer.

    It costs one conditional write. A fault of the limit's own table lets the run through: others are not to wait for it.
    """
    most = int(settings().report_runs_per_organisation)
    if not most:
        return True
    slot = Slot(run.tenant, run.id, lease)
    try:
        if _taken(slot, most):
            return True
    except (BotoCoreError, ClientError, Unavailable):
        logger.exception("the limit of an organisation's runs cannot be held", extra={"run": run.id})
        return True
    # First the run, then the note: whoever reads the note finds the run.
    table.leave_waiting(run, lease, now=clock.seconds())
    if not slots.note_waiting(slot, most=most):
        queueing.queue_all([run])
    return False


def leave(run: ReportRun, lease: str) -> None:
    """Give the slot back and queue the waiting runs that there is room for. What fails is left: slots end with leases."""
    most = int(settings().report_runs_per_organisation)
    if not most:
        return
    try:
        left = slots.give_back(run.tenant, [Slot(run.tenant, run.id, lease)])
        if left.waiting is not None:
            _queue_waiting(left.waiting, room=most - len(left.taken))
    except (BotoCoreError, ClientError):
        logger.exception("slot not given back", extra={"run": run.id})


def _taken(slot: Slot, most: int) -> bool:
    others = slots.take(slot, most=most, now=clock.seconds())
    if others is None:
        return True
    ended = others.taken - table.worked_on(others.taken, now=clock.seconds())
    if not ended:
        return False
    slots.give_back(slot.tenant, ended)
    return slots.take(slot, most=most, now=clock.seconds()) is None


def _queue_waiting(last: Slot, *, room: int) -> None:
    if room <= 0:
        return
    found = table.waiting(last.tenant.organisation_id, most=room)
    if not found:
        # The index may not show the last one yet; if it does not wait any more, its message does no harm.
        found = [(last.tenant, last.run_id)]
        slots.forget_waiting(last)
    queueing.ask_for_workers(found)

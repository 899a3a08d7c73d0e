"""Tell what happened: store the event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runsheet import ids
from runsheet.events import table
from runsheet.events.model import RUN_FAILED, RUN_SUCCEEDED, TYPE_UPDATED, Event
from runsheet.report_runs import service as report_runs
from runsheet.runtime import clock
from runsheet.runtime.base_url import base_url

if TYPE_CHECKING:
    from runsheet.report_runs.model import ReportRun
    from runsheet.report_types.model import ReportTypeObject
    from runsheet.tenancy import Tenant


def of_run(run: ReportRun) -> Event:
    """Return the event of a run that has ended: the same, with the same id, each time."""
    kind = RUN_SUCCEEDED if run.status == "succeeded" else RUN_FAILED
    return Event(
        tenant=run.tenant,
        id=ids.derived_id("evt", clock.at(run.ended_at), kind, run.id),
        type=kind,
        created=run.ended_at,
        object=report_runs.recorded(run, base_url()).model_dump(mode="json"),
    )


def of_report_type(tenant: Tenant, report_type: ReportTypeObject, *, change: str, at: int) -> Event:
    """Return the event of a report type that can be run for other intervals than before.

    Args:
        tenant: whose data has changed.
        report_type: as it is now.
        change: what identifies the change: telling it again gives the same id.
        at: when it was made, in unix seconds.
    """
    return Event(
        tenant=tenant,
        id=ids.derived_id("evt", clock.at(at), TYPE_UPDATED, report_type.id, change),
        type=TYPE_UPDATED,
        created=at,
        object=report_type.model_dump(mode="json"),
    )


def record(event: Event) -> None:
    """Store an event, once, however often it is called."""
    table.put(event)

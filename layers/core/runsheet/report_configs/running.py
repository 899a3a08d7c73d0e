"""The run of a config: which period it is about, and with which parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from runsheet import catalog, ids, schedule
from runsheet.errors import NotFound
from runsheet.report_runs import queueing
from runsheet.report_runs.model import ReportRun, Sending
from runsheet.runtime import clock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from runsheet.report_configs.model import ReportConfig


def send_now(config: ReportConfig, recipient_emails: Sequence[str] | None = None) -> ReportRun:
    """Start a run of the period that a slot at this moment would be about, and mail it when it ends.

    Args:
        config: whether it is enabled does not matter: the customer asks for this one mail.
        recipient_emails: a test goes to them alone, and does not count as the config's last send.
    """
    kind: Literal["now", "test"] = "now" if recipient_emails is None else "test"
    run = run_of(config, kind, clock.now(), recipient_emails=recipient_emails)
    queueing.begin(run)
    return run


def run_of(
    config: ReportConfig,
    kind: Literal["scheduled", "now", "test"],
    slot: datetime,
    *,
    recipient_emails: Sequence[str] | None = None,
    missed: int = 0,
) -> ReportRun:
    """Return a new run of a config for a slot, not stored yet.

    Parameters that no longer fit the report type, or a type that is gone, are left for the worker to refuse: the run
    then fails, and a failed run is told to those in cc.

    Args:
        config: in its own zone, the organisation's or the override.
        kind: see `Sending`.
        slot: when it is due, or asked for.
        recipient_emails: in place of the config's.
        missed: how many earlier slots it stands for.
    """
    takes: Any = {}
    report_type = config.report_type
    try:
        known = catalog.report_type(config.report_type)
        takes, report_type = known.parameters, known.id
    except NotFound:
        pass
    about = schedule.period(config.frequency, slot, config.zone)
    first, last = about.first_day, about.last_day
    parameters = dict(config.parameters)
    if "interval_start" in takes:
        parameters["interval_start"] = int(about.start.timestamp())
        parameters["interval_end"] = int(about.end.timestamp())
    if "as_of" in takes:
        first = last = schedule.as_of(slot, config.zone)
        parameters["as_of"] = last.isoformat()
    if "timezone" in takes:
        parameters["timezone"] = config.zone
    now = clock.now()
    created = int(now.timestamp())
    return ReportRun(
        tenant=config.tenant,
        id=ids.new_id("frr", now),
        report_type=report_type,
        parameters=dict(sorted(parameters.items())),
        created=created,
        deadline=created + queueing.DEADLINE_SECONDS,
        sending=Sending(
            config_id=config.id,
            kind=kind,
            scheduled_for=int(slot.timestamp()),
            recipient_emails=None if recipient_emails is None else list(recipient_emails),
            missed=missed,
            first_day=first.isoformat(),
            last_day=last.isoformat(),
            timezone=config.zone,
        ),
    )

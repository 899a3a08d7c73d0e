"""The run of a config: what it is about, and sending it on request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from runsheet import catalog, schedule
from runsheet.email_addresses import folded
from runsheet.errors import Conflict, InvalidRequest, NotFound
from runsheet.ids import Origin
from runsheet.report_configs.coverage import Coverage, coverage
from runsheet.report_configs.objects import SendingObject
from runsheet.report_configs.service import schedule_of
from runsheet.report_runs import queueing
from runsheet.report_runs.model import DEADLINE_SECONDS, ReportRun, Sending
from runsheet.runtime import clock

if TYPE_CHECKING:
    from datetime import datetime

    from runsheet.report_configs.model import ReportConfig


def send_now(
    config: ReportConfig, recipient_emails: list[str] | None, origin: Origin | None = None
) -> ReportRun:
    """Store and queue the run that the config would have if it were due now; its result is mailed.

    It is about the period before the present moment, whatever data there is for it: as the scheduled ones do, it gives
    an empty report rather than none.

    Args:
        config: to send; it stays as it is.
        recipient_emails: who gets it in place of the config's own, as a test; None for the config's own.
        origin: of the same one there is one run, however often it is asked for.

    Raises:
        Conflict: the config is disabled.
        InvalidRequest: every recipient has unsubscribed.
    """
    _check_somebody_gets_it(config, recipient_emails)
    kind: Literal["now", "test"] = "now" if recipient_emails is None else "test"
    run = run_of(config, kind, clock.now(), recipient_emails=recipient_emails, origin=origin)
    return queueing.begin(run)


def run_of(
    config: ReportConfig,
    kind: Literal["scheduled", "now", "test"],
    slot: datetime,
    *,
    recipient_emails: list[str] | None = None,
    missed: int = 0,
    origin: Origin | None = None,
) -> ReportRun:
    """Return a new run of a config for a slot, not stored yet.

    Parameters that no longer fit the report type, or a type that is gone, are left for the worker to refuse: the run
    then fails, and a failed run is told to those in cc.

    Args:
        config: with the zone that is its own or its organisation's now.
        kind: see `Sending`.
        slot: when it is due, or asked for.
        recipient_emails: in place of the config's.
        missed: how many earlier slots it stands for.
        origin: what its id comes from; None for a new one.
    """
    report_type, about = _about(config, slot)
    now = clock.now()
    made = origin or Origin.fresh(now)
    return ReportRun(
        tenant=config.tenant,
        id=made.new_id("frr"),
        report_type=report_type,
        parameters=dict(sorted((config.parameters | about.parameters).items())),
        created=int(made.moment.timestamp()),
        deadline=int(now.timestamp()) + DEADLINE_SECONDS,
        sending=Sending(
            config_id=config.id,
            kind=kind,
            scheduled_for=int(slot.timestamp()),
            recipient_emails=recipient_emails,
            missed=missed,
            first_day=about.first_day.isoformat(),
            last_day=about.last_day.isoformat(),
            timezone=config.zone,
        ),
    )


def shown(run: ReportRun, config: ReportConfig) -> SendingObject:
    """Return what is answered to who asked for it."""
    asked = run.sending.recipient_emails if run.sending else None
    return SendingObject(report_run=run.id, recipient_emails=subscribed(config) if asked is None else asked)


def subscribed(config: ReportConfig) -> list[str]:
    """Return the recipients who have not asked to get nothing more."""
    gone = set(config.unsubscribed_emails)
    return [address for address in config.recipient_emails if folded(address) not in gone]


def _about(config: ReportConfig, slot: datetime) -> tuple[str, Coverage]:
    try:
        report_type = catalog.report_type(config.report_type)
    except NotFound:
        day = schedule.as_of(slot, config.zone)
        return config.report_type, Coverage({}, day, day)
    return report_type.id, coverage(report_type, schedule_of(config, config.zone), slot)


def _check_somebody_gets_it(config: ReportConfig, recipient_emails: list[str] | None) -> None:
    if recipient_emails is not None:
        return
    if not config.is_enabled:
        raise Conflict("The report config is disabled: enable it, or name recipient_emails for a test.")
    if not subscribed(config):
        raise InvalidRequest(
            "Every recipient has unsubscribed: change recipient_emails, or name some for a test",
            param="recipient_emails",
        )

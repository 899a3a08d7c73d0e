"""Make the report run of a config, on request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from runsheet import catalog, ids
from runsheet.errors import Conflict, InvalidRequest
from runsheet.organisations import service as organisations
from runsheet.report_configs.coverage import coverage
from runsheet.report_configs.objects import SendingObject
from runsheet.report_configs.service import schedule_of
from runsheet.report_runs import table as report_runs
from runsheet.report_runs.model import ReportRun, Sending
from runsheet.report_runs.queueing import DEADLINE_SECONDS, queue
from runsheet.runtime import clock
from runsheet.runtime.observability import logger
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from runsheet.report_configs.model import ReportConfig
    from runsheet.tenancy import Tenant

_DAY = 24 * 60 * 60


def send_now(tenant: Tenant, config: ReportConfig, recipient_emails: list[str] | None) -> ReportRun:
    """Store and queue the run that the config would have if it were due now; its result is mailed.

    It is about the period before the present moment, whatever data there is for it: as the scheduled ones do, it gives
    an empty report rather than none.

    Args:
        tenant: whose config it is.
        config: to send; it stays as it is.
        recipient_emails: who gets it in place of the config's own, as a test; None for the config's own.

    Raises:
        Conflict: the config is disabled.
        InvalidRequest: every recipient has unsubscribed.
        NotFound: the report type is no longer there.
    """
    _check_somebody_gets_it(config, recipient_emails)
    now = clock.now()
    created = int(now.timestamp())
    report_type = catalog.report_type(config.report_type)
    when = schedule_of(config, organisations.get(tenant.organisation_id).timezone)
    about = coverage(report_type, when, now)
    bound = report_type.bind(config.parameters | about.parameters)
    run = ReportRun(
        tenant=tenant,
        id=ids.new_id("frr", now),
        report_type=report_type.id,
        parameters=dict(sorted(bound.echo.items())),
        created=created,
        deadline=created + DEADLINE_SECONDS,
        sending=Sending(
            config_id=config.id,
            kind="now" if recipient_emails is None else "test",
            scheduled_for=created,
            recipient_emails=recipient_emails,
            missed=0,
            first_day=about.first_day.isoformat(),
            last_day=about.last_day.isoformat(),
            timezone=when.timezone,
        ),
    )
    report_runs.put(run, expires_at=created + int(settings().retention_days) * _DAY)
    try:
        queue(run)
    except (ClientError, BotoCoreError):
        logger.exception("run not queued; the sweeper will", extra={"run": run.id})
    return run


def shown(run: ReportRun, config: ReportConfig) -> SendingObject:
    """Return what is answered to who asked for it."""
    asked = run.sending.recipient_emails if run.sending else None
    return SendingObject(report_run=run.id, recipient_emails=subscribed(config) if asked is None else asked)


def subscribed(config: ReportConfig) -> list[str]:
    """Return the recipients who have not asked to get nothing more."""
    gone = set(config.unsubscribed_emails)
    return [address for address in config.recipient_emails if address.lower() not in gone]


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

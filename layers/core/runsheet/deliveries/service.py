"""Decide who gets a mail of a run that ended, and ask for it to be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runsheet.deliveries import suppression, table
from runsheet.deliveries.model import Delivery, DeliveryRequested
from runsheet.email_addresses import folded
from runsheet.runtime import clock, messages
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runsheet.deliveries.model import Kind, Role, Status
    from runsheet.report_configs.model import ReportConfig
    from runsheet.report_runs.model import ReportRun, Sending
    from runsheet.tenancy import Tenant


def announce(run: ReportRun, config: ReportConfig) -> None:
    """Store a delivery for each recipient of a run that ended, and queue those to be mailed.

    It may be called as often as its caller likes, at the same time too: a delivery that is there is left as it is,
    and a message too many finds its mail sent. Until it returns, call it again.
    """
    if run.sending is None or run.status == "pending":
        return
    created = clock.seconds()
    expires_at = created + settings().retention_seconds
    for email, role, kind, status, reason in _decided(run, run.sending, config):
        delivery = Delivery(
            tenant=run.tenant,
            config_id=config.id,
            run_id=run.id,
            email=email,
            role=role,
            kind=kind,
            test=run.sending.kind == "test",
            scheduled_for=run.sending.scheduled_for,
            missed=run.sending.missed,
            created=created,
            status=status,
            reason=reason,
        )
        table.put(delivery, expires_at=expires_at)
    _queue([one for one in table.of_run(run.tenant, config.id, run.id) if one.status == "pending"])


def of_config(tenant: Tenant, config_id: str, limit: int) -> list[Delivery]:
    """Return up to `limit` deliveries of a config, those of the newest run first."""
    return table.of_config(tenant, config_id, limit)


def _decided(
    run: ReportRun, sending: Sending, config: ReportConfig
) -> Iterator[tuple[str, Role, Kind, Status, str | None]]:
    """Yield address, role, kind, first status and reason of every delivery of the run."""
    succeeded = run.status == "succeeded"
    is_empty = succeeded and run.file is not None and run.file.row_count == 0
    for email, role in _recipients(sending, config):
        # Those who only get the report are told nothing of a failure, unless they are the ones who asked for a test.
        told = role == "cc" or sending.recipient_emails is not None
        kind: Kind = "report" if succeeded or not told else "failure"
        if folded(email) in config.unsubscribed_emails:
            yield email, role, kind, "unsubscribed", None
        elif suppression.is_suppressed(run.tenant, email):
            yield email, role, kind, "suppressed", "Mail to this address bounced, or its owner complained."
        elif is_empty and config.skip_if_empty:
            yield email, role, kind, "empty", "The report has no rows."
        elif kind == "report" and not succeeded:
            yield email, role, kind, "failed", f"The report could not be run: {run.error}"
        else:
            yield email, role, kind, "pending", None


def _recipients(sending: Sending, config: ReportConfig) -> Iterator[tuple[str, Role]]:
    """Yield each address once, whatever its case; who is a recipient and in copy is a recipient."""
    to, cc = config.recipient_emails, config.cc_emails or []
    if sending.recipient_emails is not None:
        to, cc = sending.recipient_emails, []
    seen: set[str] = set()
    roles: list[tuple[Role, list[str]]] = [("to", to), ("cc", cc)]
    for role, emails in roles:
        for email in emails:
            if folded(email) not in seen:
                seen.add(folded(email))
                yield email, role


def _queue(deliveries: list[Delivery]) -> None:
    requests = [DeliveryRequested.of(one) for one in deliveries]
    # One organisation's thousand recipients do not keep another's one waiting.
    groups = [one.tenant.organisation_id for one in deliveries]
    refused = messages.send(settings().emails_queue_url, requests, groups=groups)
    if refused:
        raise NotQueuedError(len(refused))


class NotQueuedError(Exception):
    """SQS took only some messages: announcing again queues the others."""

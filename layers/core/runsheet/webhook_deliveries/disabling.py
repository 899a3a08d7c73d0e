"""An endpoint that accepted nothing for three days is disabled, and its organisation's contact is told by mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runsheet.deliveries import sending
from runsheet.mail import message, rendering
from runsheet.mail.addresses import Undeliverable, to_ascii
from runsheet.mail.model import DisabledMail
from runsheet.organisations import table as organisations
from runsheet.runtime import clock
from runsheet.runtime.observability import logger
from runsheet.runtime.settings import settings
from runsheet.webhook_deliveries import table
from runsheet.webhook_endpoints import table as webhook_endpoints

if TYPE_CHECKING:
    from runsheet.webhook_deliveries.model import Attempt, WebhookDelivery
    from runsheet.webhook_endpoints.model import WebhookEndpoint


def disable(delivery: WebhookDelivery, endpoint: WebhookEndpoint, attempt: Attempt) -> None:
    """Disable the endpoint of a delivery that has failed for good, unless it accepted something else meanwhile.

    Doing it again changes nothing and mails nobody again; what dies in between is done by the next delivery's worker.
    """
    if table.accepted_since(delivery.tenant, endpoint.id, delivery.created):
        return
    reason = f"It accepted no event for three days. The last attempt: {attempt.error}"
    webhook_endpoints.disable(delivery.tenant, endpoint.id, reason=reason)
    disabled = webhook_endpoints.get(delivery.tenant, endpoint.id)
    if disabled is not None:
        tell(disabled)


def tell(endpoint: WebhookEndpoint) -> None:
    """Mail the organisation's contact that an endpoint is disabled, if we disabled it and have not told yet.

    Raises:
        sending.NotTaken: the mail service does not take the mail for now.
    """
    if endpoint.disabled_reason is None or endpoint.told_at is not None:
        return
    organisation = organisations.get(endpoint.tenant.organisation_id)
    if organisation is not None and organisation.contact_email is not None:
        _mail(endpoint, organisation.contact_email)
    webhook_endpoints.note_told(endpoint.tenant, endpoint.id, now=clock.seconds())


def _mail(endpoint: WebhookEndpoint, contact: str) -> None:
    """Send the mail, or log why it never can be: a mail that cannot be sent keeps no delivery from its end."""
    told = DisabledMail(
        endpoint_id=endpoint.id,
        url=endpoint.url,
        mode=endpoint.tenant.mode,
        reason=endpoint.disabled_reason or "",
    )
    try:
        recipient = to_ascii(contact)
        content = message.build(
            rendering.disabled(told),
            sender=settings().mail_from,
            recipient=recipient,
            unsubscribe_url=None,
            attachment=None,
            at=clock.now(),
        )
        tags = {"organisation_id": endpoint.tenant.organisation_id, "webhook_endpoint": endpoint.id}
        sending.send(tags, content, sender=settings().mail_from, recipient=recipient)
    except (Undeliverable, sending.Refused, sending.OutcomeUnknown) as failure:
        logger.error("contact not told", extra={"webhook_endpoint": endpoint.id, "reason": str(failure)})

"""MailEventsQueue: what SES tells of a mail later: delivered, bounced, complained about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ConfigDict, ValidationError

from runsheet.deliveries import suppression, table
from runsheet.deliveries.model import DeliveryRequested
from runsheet.runtime import clock
from runsheet.runtime.model import Model

if TYPE_CHECKING:
    from runsheet.deliveries.model import Status


class _Received(Model):
    """A part of an EventBridge event: what AWS adds to it later must not stop it from being read."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class _BouncedRecipient(_Received):
    diagnosticCode: str = ""  # noqa: N815 - SES's own name


class _Bounce(_Received):
    bounceType: str  # noqa: N815 - SES's own name
    bouncedRecipients: list[_BouncedRecipient] = []  # noqa: N815 - SES's own name


class _Complaint(_Received):
    complaintFeedbackType: str | None = None  # noqa: N815 - SES's own name


class _Mail(_Received):
    messageId: str  # noqa: N815 - SES's own name
    tags: dict[str, list[str]] = {}


class _Detail(_Received):
    eventType: str  # noqa: N815 - SES's own name
    mail: _Mail
    bounce: _Bounce | None = None
    complaint: _Complaint | None = None


class MailEvent(_Received):
    """The message of MailEventsQueue: an EventBridge event of SES."""

    detail: _Detail

    @property
    def delivery(self) -> DeliveryRequested | None:
        """The delivery that its tags name; None for a mail that is not ours."""
        tags = self.detail.mail.tags
        given = {name: tags[name][0] for name in DeliveryRequested.model_fields if tags.get(name)}
        try:
            return DeliveryRequested.model_validate(given)
        except ValidationError:
            return None


def note(event: MailEvent) -> None:
    """Note what became of a mail; an address that bounced for good or complained gets nothing more. Idempotent."""
    message, detail = event.delivery, event.detail
    if message is None:
        return
    now = clock.seconds()
    match detail.eventType:
        case "Send":
            table.note_taken(message, message_id=detail.mail.messageId, now=now)
        case "Delivery":
            table.note_taken(message, message_id=detail.mail.messageId, now=now)
            table.note_delivered(message, now=now)
        case "Bounce" if detail.bounce:
            diagnosis = next((one.diagnosticCode for one in detail.bounce.bouncedRecipients), "")
            if detail.bounce.bounceType == "Permanent":
                _stop(event, message, "bounced", f"It bounced. {diagnosis}".strip(), now)
            else:
                reason = f"It bounced for now. {diagnosis}".strip()[:500]
                table.note_back(message, status=None, reason=reason, message_id=detail.mail.messageId)
        case "Complaint":
            kind = detail.complaint.complaintFeedbackType if detail.complaint else None
            _stop(event, message, "complained", f"The recipient complained ({kind or 'abuse'}).", now)
        case "Reject":
            table.note_back(
                message,
                status="failed",
                reason="The mail service rejected it.",
                message_id=detail.mail.messageId,
            )
        case _:
            pass


def _stop(event: MailEvent, message: DeliveryRequested, status: Status, reason: str, now: int) -> None:
    message_id = event.detail.mail.messageId
    delivery = table.note_back(message, status=status, reason=reason[:500], message_id=message_id)
    if delivery is not None:
        suppression.suppress(delivery.tenant, delivery.email, reason=status, now=now)

"""EmailsQueue: send one delivery, at most once.

A worker claims the delivery, makes the mail, notes that it hands it over, and calls SES. What dies before that note is
done again by whoever gets the message next; what dies behind it is not, because SES may have the mail already and
knows no idempotency token: it ends as `failed`, says so, and SES's own events correct it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runsheet import ids
from runsheet.deliveries import composing, pacing, sending, suppression, table
from runsheet.email_addresses import folded
from runsheet.mail.addresses import Undeliverable, to_ascii
from runsheet.report_configs import mailing
from runsheet.report_configs import table as report_configs
from runsheet.report_runs import table as report_runs
from runsheet.runtime import clock
from runsheet.runtime.observability import logger
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from runsheet.deliveries.model import Delivery, DeliveryRequested, Status
    from runsheet.report_configs.model import ReportConfig

# One less than the queue's receives: the last of them can still say that it is the last.
MAX_ATTEMPTS = 11
UNKNOWN = "It is unknown whether it was sent. It is not sent again, so that nobody gets it twice."


class StillHeld(Exception):
    """Another worker holds the delivery: look again later, in case it died."""


def send(message: DeliveryRequested) -> None:
    """Send one delivery, unless it was sent, or should no longer be.

    What may pass (SES throttles, S3 does not answer) gives the claim back and raises, so that the queue tries again.
    """
    lease = ids.new_id("lease", clock.now())
    delivery = table.take(message, lease, now=clock.seconds())
    if delivery is None:
        _settle(message)
        return
    try:
        prepared = _prepared(message, delivery, lease)
    except Undeliverable as never:
        table.end(message, lease, "failed", reason=str(never))
        return
    except Exception:
        _put_off(message, delivery, lease, "The mail could not be made.")
        raise
    if prepared is not None:
        _hand_over(message, delivery, lease, *prepared)


def _prepared(message: DeliveryRequested, delivery: Delivery, lease: str) -> tuple[bytes, str, str] | None:
    """Return the mail, its token's hash and the recipient; None, and the delivery has ended, if there is none to send."""
    config = report_configs.get(message.tenant, message.config_id)
    run = report_runs.get(message.tenant, message.run_id)
    if run is None:
        raise Undeliverable("The run is gone.")
    if config is None:
        table.end(message, lease, "cancelled", reason="The report config was deleted.")
        return None
    stopped = _stopped(delivery, config)
    if stopped:
        status, reason = stopped
        table.end(message, lease, status, reason=reason)
        return None
    recipient = to_ascii(delivery.email)
    mail, unsubscribe_hash = composing.compose(delivery, run, config)
    pacing.wait()
    return mail, unsubscribe_hash, recipient


def _stopped(delivery: Delivery, config: ReportConfig) -> tuple[Status, str | None] | None:
    """Return how a delivery ends that should no longer be sent, by what holds right before; None to send it."""
    if not delivery.test:
        if not config.is_enabled:
            return "cancelled", "The report config was disabled."
        if delivery.email not in (*config.recipient_emails, *(config.cc_emails or ())):
            return "cancelled", "The address was taken from the report config."
    if folded(delivery.email) in config.unsubscribed_emails:
        return "unsubscribed", None
    if suppression.is_suppressed(delivery.tenant, delivery.email):
        return "suppressed", "Mail to this address bounced, or its owner complained."
    return None


def _hand_over(
    message: DeliveryRequested,
    delivery: Delivery,
    lease: str,
    mail: bytes,
    unsubscribe_hash: str,
    recipient: str,
) -> None:
    if not table.hand_over(message, lease, unsubscribe_hash=unsubscribe_hash, now=clock.seconds()):
        logger.warning("lease lost; another worker has the delivery", extra={"run": message.run_id})
        return
    try:
        message_id = sending.send(
            message.model_dump(), mail, sender=settings().mail_from, recipient=recipient
        )
    except sending.Refused as refused:
        table.end(message, lease, "failed", reason=str(refused))
    except sending.OutcomeUnknown as silent:
        logger.warning("SES did not answer", extra={"run": message.run_id, "code": str(silent)})
        table.end(message, lease, "failed", reason=UNKNOWN, unknown=True)
    except sending.NotTaken as busy:
        if _put_off(message, delivery, lease, f"The mail service did not take it ({busy})."):
            raise
    else:
        now = clock.seconds()
        table.end(message, lease, "sent", message_id=message_id, sent_at=now)
        _note_sent(delivery, now)


def _put_off(message: DeliveryRequested, delivery: Delivery, lease: str, reason: str) -> bool:
    """Give the claim back; after the last attempt end the delivery instead and return False."""
    if delivery.attempts < MAX_ATTEMPTS:
        table.give_back(message, lease)
        return True
    table.end(message, lease, "failed", reason=f"{reason} It was tried {delivery.attempts} times.")
    return False


def _settle(message: DeliveryRequested) -> None:
    """Look after a delivery that cannot be claimed: one that ended needs nothing, one that was left is given up."""
    found = table.get(message)
    if found is None:
        return
    delivery, handed_over = found
    if delivery.status == "sent" and delivery.sent_at is not None:
        _note_sent(delivery, delivery.sent_at)
    if delivery.status == "sending" and not (
        handed_over and table.give_up(message, reason=UNKNOWN, now=clock.seconds())
    ):
        raise StillHeld


def _note_sent(delivery: Delivery, sent_at: int) -> None:
    if delivery.kind == "report" and not delivery.test:
        mailing.note_sent(delivery.tenant, delivery.config_id, announced_at=delivery.created, now=sent_at)

"""A delivery: one mail to one recipient, or the reason why there is none."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from runsheet.runtime.model import Model
from runsheet.tenancy import Tenant

Role = Literal["to", "cc"]
Kind = Literal["report", "failure"]
Status = Literal[
    "pending",
    "sending",
    "sent",
    "failed",
    "bounced",
    "complained",
    "suppressed",
    "unsubscribed",
    "cancelled",
    "empty",
]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A stored delivery.

    Attributes:
        tenant: whose it is.
        config_id, run_id: what it is about.
        email: the recipient, as given.
        role: whether the recipient stands in recipient_emails or in cc_emails.
        kind: the report, or the mail that says that it failed.
        test: whether it went to other recipients on request, which does not count as the config's last send.
        scheduled_for: unix seconds; the slot, or the moment of the request.
        missed: how many earlier slots it stands for.
        created: unix seconds.
        status: `pending` and `sending` on the way; `sent`, then `bounced` or `complained` if SES hears so; `failed`
            with a `reason`; `suppressed`, `unsubscribed`, `cancelled` and `empty` were never mailed.
        sent_at, delivered_at: unix seconds; taken by SES, and by the recipient's server.
        message_id: SES's.
        reason: why it was not sent, or what came back.
        attempts: how many times a worker has taken it.
    """

    tenant: Tenant
    config_id: str
    run_id: str
    email: str
    role: Role
    kind: Kind
    test: bool
    scheduled_for: int
    missed: int
    created: int
    status: Status = "pending"
    sent_at: int | None = None
    delivered_at: int | None = None
    message_id: str | None = None
    reason: str | None = None
    attempts: int = 0

    @property
    def recipient(self) -> str:
        """The recipient as a part of a key."""
        return recipient_of(self.email)


def recipient_of(email: str) -> str:
    """Return an address as a part of a key: one that differs in case only is the same."""
    return hashlib.sha256(email.lower().encode(errors="replace")).hexdigest()[:16]


class DeliveryRequested(Model):
    """The message that asks a worker to send a delivery; it names no address."""

    organisation_id: str
    mode: Literal["live", "test"]
    config_id: str
    run_id: str
    kind: Kind
    recipient: str

    @classmethod
    def of(cls, delivery: Delivery) -> DeliveryRequested:
        """Return the message for a delivery."""
        return cls(
            organisation_id=delivery.tenant.organisation_id,
            mode=delivery.tenant.mode,
            config_id=delivery.config_id,
            run_id=delivery.run_id,
            kind=delivery.kind,
            recipient=delivery.recipient,
        )

    @property
    def tenant(self) -> Tenant:
        """Whose delivery it is."""
        return Tenant(self.organisation_id, self.mode)

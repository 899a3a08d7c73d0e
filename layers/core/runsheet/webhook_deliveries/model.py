"""A webhook delivery, and how the API shows it (an addition to the v1 contract)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from runsheet.runtime.model import Model
from runsheet.tenancy import Tenant

Status = Literal["pending", "delivered", "failed", "cancelled"]

# Seconds after an event was first sent at which it is tried again; the last try is after three days.
_MINUTE, _HOUR = 60, 3600
RETRY_OFFSETS = (
    _MINUTE,
    5 * _MINUTE,
    15 * _MINUTE,
    45 * _MINUTE,
    2 * _HOUR,
    5 * _HOUR,
    10 * _HOUR,
    18 * _HOUR,
    28 * _HOUR,
    40 * _HOUR,
    55 * _HOUR,
    72 * _HOUR,
)
# A receiver may put a try off for so long; with a `Retry-After` of years it would get nothing any more.
MAX_RETRY_AFTER_SECONDS = 24 * _HOUR
# Resending by hand knows no end, an item does.
MAX_ATTEMPTS_KEPT = 50


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call of an endpoint.

    Attributes:
        at: unix seconds.
        status_code: of the answer; None if there was none.
        duration_ms: from looking the name up to the end of the answer.
        error: why it does not count as accepted, in words; None if it does.
        retry_after: unix seconds; when it asked to be called again. It is for the next try alone and not kept.
    """

    at: int
    status_code: int | None
    duration_ms: int
    error: str | None
    retry_after: int | None = field(default=None, compare=False)

    def as_dict(self) -> dict[str, Any]:
        """Return the fields that are kept by name, for a table."""
        return {name: value for name, value in asdict(self).items() if name != "retry_after"}


@dataclass(frozen=True, slots=True)
class WebhookDelivery:
    """A stored delivery.

    Attributes:
        tenant: whose it is.
        endpoint_id: where it goes.
        id: `whd_…`, ordered by the event's creation, and the same whenever the same event is told again.
        event_id, event_type: what is delivered.
        created: unix seconds; when it was first to be sent.
        status: `pending` until it is `delivered`, `failed` after the last try, or `cancelled` with a `reason`.
        next_attempt_at: unix seconds; None if it is not tried again.
        delivered_at: unix seconds; when the endpoint first accepted it.
        reason: why it was cancelled.
        takes: how many times a worker has taken it.
        attempts: the latest calls, at most MAX_ATTEMPTS_KEPT, the first of them first.
        by_hand: whether it had ended and is sent once more because the customer asked for it.
    """

    tenant: Tenant
    endpoint_id: str
    id: str
    event_id: str
    event_type: str
    created: int
    status: Status = "pending"
    next_attempt_at: int | None = None
    delivered_at: int | None = None
    reason: str | None = None
    takes: int = 0
    attempts: tuple[Attempt, ...] = ()
    by_hand: bool = False

    def attempts_with(self, attempt: Attempt) -> tuple[Attempt, ...]:
        """Return the attempts after one more."""
        return (*self.attempts, attempt)[-MAX_ATTEMPTS_KEPT:]

    def retry_at(self, now: int) -> int | None:
        """Return when it is tried again after it failed at `now` (unix seconds); None if that was the last try."""
        return next((self.created + offset for offset in RETRY_OFFSETS if self.created + offset > now), None)

    def put_off(self, again: int, attempt: Attempt, now: int) -> int:
        """Return when a try that is to be at `again` is made: not before the receiver asked for, within limits.

        The limits are MAX_RETRY_AFTER_SECONDS from `now`, and the time of the last try. All times are unix seconds.
        """
        last = self.created + RETRY_OFFSETS[-1]
        return max(again, min(attempt.retry_after or 0, now + MAX_RETRY_AFTER_SECONDS, last))


class DeliveryDue(Model):
    """The message that asks a worker to send a delivery."""

    organisation_id: str
    mode: Literal["live", "test"]
    endpoint_id: str
    delivery_id: str

    @property
    def tenant(self) -> Tenant:
        """Whose delivery it is."""
        return Tenant(self.organisation_id, self.mode)


class AttemptObject(Model):
    """One call of the endpoint; what it answered beside its status is not kept."""

    at: int
    duration_ms: int
    error: str | None
    status_code: int | None


class WebhookDeliveryObject(Model):
    """A delivery as the API shows it; times are unix seconds."""

    id: str
    object: Literal["webhook_delivery"] = "webhook_delivery"
    attempts: list[AttemptObject]
    created: int
    delivered_at: int | None
    event: str
    event_type: str
    livemode: bool
    next_attempt_at: int | None
    status: Status
    status_reason: str | None
    webhook_endpoint: str


class WebhookDeliveryList(Model):
    """A page of an endpoint's deliveries, those of the newest event first."""

    object: Literal["list"] = "list"
    url: str
    has_more: bool
    data: list[WebhookDeliveryObject]

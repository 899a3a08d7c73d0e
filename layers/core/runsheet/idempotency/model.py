"""What is kept of a request with an idempotency key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runsheet.ids import Origin
    from runsheet.tenancy import Tenant

# The function that holds a request has died after so long: each has a shorter timeout, which a template test checks.
HELD_SECONDS = 30
# From the answer on (contracts: v1, section 5).
KEPT_SECONDS = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Entry:
    """The first request of a key, and what has become of it.

    Attributes:
        tenant: whose data it is about; the same key of another tenant has nothing to do with it.
        key: what the caller sent as Idempotency-Key, 1 to 255 characters of any kind.
        fingerprint: of the route and the parameters; a request with another one is another request.
        holder: the id (`req_…`) of the request that carries it out, or has.
        held_until: unix seconds; who holds it without an answer has died after that, or has given it back.
        origin: what the ids of the objects that it makes come from.
        attempts: how many requests have held it.
        answer: the answer in the gateway's form, once there is one.
    """

    tenant: Tenant
    key: str
    fingerprint: str
    holder: str
    held_until: int
    origin: Origin
    attempts: int = 1
    answer: dict[str, Any] | None = None

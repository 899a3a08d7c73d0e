"""A request of an idempotency key, and the answer that it got."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runsheet.ids import Origin
    from runsheet.tenancy import Tenant

# The function that holds a request has died after so long: each has a shorter timeout, which a template test checks.
HELD_SECONDS = 30
# From the answer on (contracts: v1, section 5).
KEPT_SECONDS = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that may be a repetition.

    Attributes:
        tenant: whose data it is about; the same key of another tenant has nothing to do with it.
        key: what the caller sent as Idempotency-Key, 1 to 255 characters of any kind.
        fingerprint: of the route and the parameters; another one is another request.
        request_id: `req_…`, this request's own.
    """

    tenant: Tenant
    key: str
    fingerprint: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The first answer to a request, as the gateway takes it; `body` is base64 if `is_base64`."""

    status: int
    headers: dict[str, str]
    body: str
    is_base64: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """What is stored of a key.

    Attributes:
        tenant, key, fingerprint: those of the request that came first.
        holder: the id of the request that carries it out, or has.
        held_until: unix seconds; who holds it without an answer has died after that, or has given it back.
        origin: what the ids of the objects that it makes come from.
        attempts: how many requests have held it.
        answer: the answer, once there is one.
    """

    tenant: Tenant
    key: str
    fingerprint: str
    holder: str
    held_until: int
    origin: Origin
    attempts: int = 1
    answer: Answer | None = None

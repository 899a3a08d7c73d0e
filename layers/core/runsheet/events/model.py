"""An event, and how the v1 contract shows it (contracts: v1, section 4.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from runsheet.runtime.dialects.v1 import VERSION
from runsheet.runtime.model import CreatedListQuery, FormBool, FormText, Model

if TYPE_CHECKING:
    from runsheet.tenancy import Tenant

RUN_SUCCEEDED = "reporting.report_run.succeeded"
RUN_FAILED = "reporting.report_run.failed"
TYPE_UPDATED = "reporting.report_type.updated"
TYPES = (RUN_FAILED, RUN_SUCCEEDED, TYPE_UPDATED)
# What `*` does not stand for: who wants it names it.
BY_NAME_ONLY = frozenset({TYPE_UPDATED})
KEPT_SECONDS = 30 * 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Event:
    """A stored event.

    Attributes:
        tenant: whose it is.
        id: `evt_…`, ordered by creation, and the same whenever the same thing is told again.
        type: one of TYPES.
        created: unix seconds; when it happened.
        object: what it happened to, as the contract showed it then.
        awaited: the ids of the webhook endpoints that have not accepted it yet.
    """

    tenant: Tenant
    id: str
    type: str
    created: int
    object: dict[str, Any]
    awaited: frozenset[str] = frozenset()

    @property
    def expires_at(self) -> int:
        """When it is forgotten, in unix seconds."""
        return self.created + KEPT_SECONDS


class EventsQuery(CreatedListQuery):
    """The query of the list of events."""

    type: FormText | None = None
    types: Annotated[list[FormText], Field(max_length=20)] | None = None
    delivery_success: FormBool | None = None


class EventData(Model):
    """What an event is about."""

    object: dict[str, Any]


class EventRequest(Model):
    """The request that caused an event; a run ends, and data comes, without one."""

    id: None = None
    idempotency_key: None = None


class EventObject(Model):
    """An event as the contract shows it."""

    id: str
    object: Literal["event"] = "event"
    api_version: str
    created: int
    data: EventData
    livemode: bool
    pending_webhooks: int
    request: EventRequest = Field(default_factory=EventRequest)
    type: str


class EventList(Model):
    """A page of events, newest first."""

    object: Literal["list"] = "list"
    url: Literal["/v1/events"] = "/v1/events"
    has_more: bool
    data: list[EventObject]


def shown(event: Event, *, api_version: str = VERSION) -> EventObject:
    """Return the contract's object, in the version that was asked for; the objects look the same in all of them."""
    return EventObject(
        id=event.id,
        api_version=api_version,
        created=event.created,
        data=EventData(object=event.object),
        livemode=event.tenant.livemode,
        pending_webhooks=len(event.awaited),
        type=event.type,
    )

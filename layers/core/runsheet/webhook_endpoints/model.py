"""A webhook endpoint (contracts: v1, section 4.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from runsheet.events.model import BY_NAME_ONLY

if TYPE_CHECKING:
    from runsheet.tenancy import Tenant

ALL_EVENTS = "*"


@dataclass(frozen=True, slots=True)
class WebhookEndpoint:
    """A stored endpoint. Its secrets are kept apart.

    Attributes:
        tenant: whose events it gets.
        id: `we_…`, ordered by creation.
        url: where they are sent.
        enabled_events: names of event types, or `*`.
        description: the customer's; None for none.
        metadata: the customer's.
        api_version: the version that its events name; None for the current one.
        created: unix seconds.
        status: a disabled one gets nothing.
        disabled_reason: why it was disabled, if not by the customer.
        told_at: unix seconds; when the customer was told of that by mail, or there was nobody to tell.
        revision: counts the changes.
    """

    tenant: Tenant
    id: str
    url: str
    enabled_events: list[str]
    description: str | None
    metadata: dict[str, str]
    api_version: str | None
    created: int
    status: Literal["enabled", "disabled"] = "enabled"
    disabled_reason: str | None = None
    told_at: int | None = None
    revision: int = 1

    def gets(self, event_type: str) -> bool:
        """Return whether events of a type are delivered to it now."""
        if self.status != "enabled":
            return False
        return event_type in self.enabled_events or (
            ALL_EVENTS in self.enabled_events and event_type not in BY_NAME_ONLY
        )

"""Retrieve and list events (contracts: v1, section 4.1)."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from runsheet import ids
from runsheet.errors import InvalidRequest, missing
from runsheet.events import table
from runsheet.events.model import KEPT_SECONDS, TYPES, EventList, shown
from runsheet.runtime import clock, paging

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runsheet.events.model import Event, EventsQuery
    from runsheet.tenancy import Tenant


def retrieve(tenant: Tenant, event_id: str) -> Event:
    """Return an event of the last 30 days.

    Raises:
        NotFound: unknown, another tenant's, or older.
    """
    event = _found(tenant, event_id)
    if event is None:
        raise missing("event", event_id[:100])
    return event


def listed(tenant: Tenant, query: EventsQuery) -> EventList:
    """Return a page of the last 30 days' events, newest first.

    Raises:
        InvalidRequest: both cursors, one that is no event of this tenant, or both `type` and `types`.
    """
    paging.check_cursors(query, noun="event", known=lambda cursor: _found(tenant, cursor))
    oldest = clock.seconds() - KEPT_SECONDS + 1
    events, has_more = table.page(
        tenant,
        types=_types(query),
        delivered=query.delivery_success,
        limit=query.limit,
        since=max(query.created.since() or 0, oldest),
        before=query.created.before(),
        older_than=query.starting_after,
        newer_than=query.ending_before,
    )
    return EventList(has_more=has_more, data=[shown(event) for event in events])


def _types(query: EventsQuery) -> Sequence[str] | None:
    """Return the types that are asked for; None for all. A name that no event has finds none."""
    if query.type is not None and query.types is not None:
        raise InvalidRequest("You may pass either type or types, but not both.", param="types")
    if query.types is not None:
        names = [name for name in TYPES if name in query.types]
    elif query.type is not None:
        # Only the asterisk means something here.
        pattern = re.sub(r"[\[?]", r"[\g<0>]", query.type)
        names = [name for name in TYPES if fnmatchcase(name, pattern)]
    else:
        return None
    return None if len(names) == len(TYPES) else names


def _found(tenant: Tenant, event_id: str) -> Event | None:
    event = table.get(tenant, event_id) if ids.plausible("evt", event_id) else None
    return None if event is None or event.expires_at <= clock.seconds() else event

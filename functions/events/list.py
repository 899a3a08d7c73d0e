"""GET /v1/events."""

from runsheet.events import service
from runsheet.events.model import EventList, EventsQuery
from runsheet.runtime.http import Request, endpoint


@endpoint("GET /v1/events", permission="events_read")
def handler(request: Request, query: EventsQuery) -> EventList:
    """List the events of the last 30 days, the newest first."""
    return service.listed(request.tenant, query)

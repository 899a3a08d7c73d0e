"""GET /v1/events/{id}."""

from runsheet.events import service
from runsheet.events.model import EventObject, shown
from runsheet.runtime.http import Request, endpoint
from runsheet.runtime.model import ExpandQuery


@endpoint("GET /v1/events/{id}", permission="events_read")
def handler(request: Request, query: ExpandQuery) -> EventObject:  # noqa: ARG001 - the query is only checked
    """Retrieve an event of the last 30 days."""
    return shown(service.retrieve(request.tenant, request.path["id"]))

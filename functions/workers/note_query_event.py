"""QueryEventsQueue: a query of Athena is over, so its run goes on."""

from runsheet.athena_queries.events import note
from runsheet.athena_queries.model import QueryEvent
from runsheet.runtime.queue import worker
from runsheet.runtime.settings import settings

handler = worker(QueryEvent, note, queue_url=lambda: settings().query_events_queue_url)

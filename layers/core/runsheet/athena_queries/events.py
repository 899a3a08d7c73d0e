"""QueryEventsQueue: Athena tells that a query is over. Its run then gets a worker, as any run that waits."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from runsheet.athena_queries import service, table
from runsheet.report_runs import queueing
from runsheet.runtime import clock
from runsheet.runtime.observability import logger

if TYPE_CHECKING:
    from runsheet.athena_queries.model import QueryEvent

# A worker that dies between starting a query and noting it is followed by another within three minutes.
_NOTED_WITHIN = timedelta(minutes=10)


def note(event: QueryEvent) -> None:
    """Count what the query has scanned, and ask for a worker for its run. Idempotent.

    Raises:
        LookupError: nobody has noted the query yet; the queue is to try again.
    """
    query = table.get(event.detail.queryExecutionId)
    if query is None:
        if clock.now() - event.time < _NOTED_WITHIN:
            raise LookupError("nobody has noted the query yet")
        # Two workers of one run, or somebody else's: what it was for is not waiting for it.
        logger.warning("a query that no run has", extra={"query": event.detail.queryExecutionId})
        return
    seen = service.look(query.id)
    if seen.is_over:
        service.count(query, seen)
    queueing.queue(query.tenant, query.run_id)

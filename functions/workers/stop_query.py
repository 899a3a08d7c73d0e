"""The stream of ReportRunsTable: stop the queries of runs that were cancelled or came too late."""

from runsheet.athena_queries import service
from runsheet.runtime.stream import Change, changes


def stop_query(change: Change) -> None:
    """Stop the query of a run that has failed, if it runs still."""
    if "query_id" in change.new:
        service.stop(change.new["query_id"])


handler = changes(stop_query)

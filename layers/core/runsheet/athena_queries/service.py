"""Start, look at and stop queries, and count what they scan: Athena is paid by the byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from runsheet.athena_queries import table
from runsheet.athena_queries.model import Look
from runsheet.engine.credentials import query_credentials
from runsheet.runtime import clients, clock
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runsheet.athena_queries.model import AthenaQuery
    from runsheet.tenancy import Tenant

# Where the work group puts results; a query may write there and not read (template.yaml).
PREFIX = "athena/"


def start(tenant: Tenant, sql: str, parameters: Sequence[str], *, token: str) -> str:
    """Start a query with the tenant's credentials, for which Athena reads no other's files, and return its id.

    Args:
        tenant: whose data.
        sql: what to run.
        parameters: of the question marks in it, as SQL literals.
        token: 32 to 128 characters; of one token Athena starts one query, however often it is asked.
    """
    arguments: dict[str, Any] = {"ExecutionParameters": list(parameters)} if parameters else {}
    answer = _as(tenant).start_query_execution(
        QueryString=sql,
        ClientRequestToken=token,
        WorkGroup=settings().athena_work_group,
        QueryExecutionContext={"Catalog": "AwsDataCatalog", "Database": settings().lake_database},
        **arguments,
    )
    return str(answer["QueryExecutionId"])


def look(query_id: str) -> Look:
    """Return what Athena tells of a query; one that it has forgotten has failed."""
    try:
        found = clients.athena().get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
    except ClientError as failure:
        if failure.response.get("Error", {}).get("Code") != "InvalidRequestException":
            raise
        return Look("FAILED", "Athena does not know the query.", 0)
    status = found["Status"]
    error = status.get("AthenaError", {})
    return Look(
        state=status["State"],
        reason=status.get("StateChangeReason", ""),
        scanned=int(found.get("Statistics", {}).get("DataScannedInBytes", 0)),
        error=f"{error.get('ErrorCategory')}/{error.get('ErrorType')}",
    )


def stop(query_id: str, tenant: Tenant | None = None) -> None:
    """Stop a query, if it runs still: with the tenant's credentials, as it was started, or else the function's own."""
    client = clients.athena() if tenant is None else _as(tenant)
    client.stop_query_execution(QueryExecutionId=query_id)


def may_scan(tenant: Tenant) -> bool:
    """Return whether the tenant's organisation has anything left of its day (UTC).

    Queries that run still are not counted yet, so a day may go over its limit by what they scan.
    """
    most = int(settings().athena_bytes_per_day)
    return not most or table.scanned(tenant, clock.now().date()) < most


def count(query: AthenaQuery, seen: Look) -> None:
    """Add what a query that is over has scanned to its organisation's day, once."""
    if query.scanned is None:
        now = clock.now()
        table.count_scanned(query, seen.scanned, now.date(), now=int(now.timestamp()))


def result_key(query_id: str) -> str:
    """Return the key of a query's result in the results bucket."""
    return f"{PREFIX}{query_id}.csv"


def delete_result(query_id: str) -> None:
    """Delete what Athena has written for a query. What this misses, the bucket removes in a day."""
    key = result_key(query_id)
    names: Any = [{"Key": key}, {"Key": f"{key}.metadata"}]
    clients.s3().delete_objects(Bucket=settings().results_bucket, Delete={"Objects": names, "Quiet": True})


def _as(tenant: Tenant) -> Any:  # noqa: ANN401 - as the client
    given = query_credentials(tenant)
    return clients.athena_as(given.access_key_id, given.secret_access_key, given.session_token, given.region)

"""AthenaQueriesTable: partition key `id`, Athena's id of a query. Bytes scanned in a day stand in RateLimitsTable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runsheet.athena_queries.model import AthenaQuery
from runsheet.runtime import clients
from runsheet.runtime.items import from_item, if_holds, to_attribute, to_item
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant

if TYPE_CHECKING:
    from datetime import date

_DAY_KEPT_SECONDS = 3 * 24 * 60 * 60


def put_operation(query: AthenaQuery) -> Any:  # noqa: ANN401 - typed by the client that takes it
    """Return the write that notes a query, for a transaction; one that is noted again stays as it is but for its run's."""
    item = {
        "id": query.id,
        "tenant": query.tenant.partition,
        "run_id": query.run_id,
        "titles": query.titles,
        "data_versions": dict(query.data_versions),
        "fingerprint": query.fingerprint,
        "expires_at": query.expires_at,
    }
    return {"Put": {"TableName": settings().athena_queries_table, "Item": to_item(item)}}


def get(query_id: str) -> AthenaQuery | None:
    """Return a query by Athena's id, strongly consistent; None if nobody has noted it."""
    answer = clients.dynamodb().get_item(
        TableName=settings().athena_queries_table, Key=_key(query_id), ConsistentRead=True
    )
    if "Item" not in answer:
        return None
    values = from_item(answer["Item"])
    return AthenaQuery(
        id=values["id"],
        tenant=Tenant.from_partition(values["tenant"]),
        run_id=values["run_id"],
        titles=tuple(values["titles"]),
        data_versions=values["data_versions"],
        fingerprint=values.get("fingerprint"),
        expires_at=values["expires_at"],
        scanned=values.get("scanned"),
    )


def count_scanned(query: AthenaQuery, scanned: int, day: date, *, now: int) -> None:
    """Add what a query has scanned to its organisation's day, once, however often it is called."""
    noted = {
        "TableName": settings().athena_queries_table,
        "Key": _key(query.id),
        "UpdateExpression": "SET scanned = :scanned",
        "ConditionExpression": "attribute_exists(id) AND attribute_not_exists(scanned)",
        "ExpressionAttributeValues": to_item({":scanned": scanned}),
    }
    added = {
        "TableName": settings().rate_limits_table,
        "Key": _day_key(query.tenant, day),
        "UpdateExpression": "ADD scanned :scanned SET expires_at = :expires_at",
        "ExpressionAttributeValues": to_item({":scanned": scanned, ":expires_at": now + _DAY_KEPT_SECONDS}),
    }
    operations: Any = [{"Update": noted}, {"Update": added}]
    if_holds(clients.dynamodb().transact_write_items, TransactItems=operations)


def scanned(tenant: Tenant, day: date) -> int:
    """Return the bytes that the queries of the tenant's organisation have scanned on a day, in both modes."""
    answer = clients.dynamodb().get_item(
        TableName=settings().rate_limits_table, Key=_day_key(tenant, day), ConsistentRead=True
    )
    return int(from_item(answer.get("Item", {})).get("scanned", 0))


def _key(query_id: str) -> dict[str, Any]:
    return {"id": to_attribute(query_id)}


def _day_key(tenant: Tenant, day: date) -> dict[str, Any]:
    return {"id": to_attribute(f"scanned#{tenant.organisation_id}#{day.isoformat()}")}

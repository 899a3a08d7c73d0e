"""DatasetCompactionsTable: partition key `tenant`, sort key `id`; index `unfinished` for the sweeper.

The item `{dataset}` says when the dataset is to be looked at and who does it. The items `{dataset}#{…}` list objects
to delete. Such a list is written before the objects that a compaction makes, and names these; the transaction that
makes them visible puts the objects which they replace in their place. So whatever dies, what is listed is what nobody names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runsheet import leases
from runsheet.dataset_compactions.model import Discarded
from runsheet.runtime.clients import dynamodb
from runsheet.runtime.items import from_item, to_attribute, to_item
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runsheet.tenancy import Tenant

_STATUS = "open"  # it never ends: there is always a next time
_work = leases.Work(lambda: settings().dataset_compactions_table, open=(_STATUS,), held=_STATUS)
_FIRST_PAUSE_SECONDS = 300
_LONGEST_PAUSE_SECONDS = 6 * 3600


def due_operation(tenant: Tenant, dataset: str, at: int) -> Any:  # noqa: ANN401 - typed by the client
    """Return the write that has the dataset looked at from `at` on (unix seconds).

    While a worker holds it, this costs one message in vain: the worker decides anew when it ends.
    """
    return {
        "Update": {
            "TableName": settings().dataset_compactions_table,
            "Key": _key(tenant, dataset),
            "UpdateExpression": "SET #status = :open, unfinished = :shard, attention_at = :at",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": to_item(
                {":open": _STATUS, ":shard": leases.shard_of(dataset), ":at": at}
            ),
        }
    }


def take(tenant: Tenant, dataset: str, lease: str, *, now: int) -> int | None:
    """Take the lease and return how many times it was since a compaction ended; None if another worker holds it."""
    values = _work.take(tenant, dataset, lease, now=now)
    return int(values["attempts"]) if values else None


def extend(tenant: Tenant, dataset: str, lease: str, *, now: int) -> None:
    """Keep the lease; LeaseLost says that it is lost."""
    _work.extend(tenant, dataset, lease, progress=0, now=now)


def back_off(tenant: Tenant, dataset: str, lease: str, *, attempts: int, now: int) -> None:
    """Give the lease back after a failure; the more there were, the later the sweeper asks again."""
    pause = min(_FIRST_PAUSE_SECONDS * 2**attempts, _LONGEST_PAUSE_SECONDS)
    later = "SET attention_at = :later REMOVE lease, lease_until"
    _work.end(tenant, dataset, lease, later, {":later": now + pause})


def hold_operation(tenant: Tenant, dataset: str, lease: str, *, now: int) -> Any:  # noqa: ANN401 - typed by the client
    """Return the write that keeps the lease, or fails if it is lost: a part of whatever its worker changes."""
    until = now + leases.LEASE_SECONDS
    expression = "SET lease_until = :until, attention_at = :until"
    return {"Update": _work.held_update(tenant, dataset, lease, expression, {":until": until})}


def end_operation(tenant: Tenant, dataset: str, lease: str, *, next_at: int | None) -> Any:  # noqa: ANN401 - typed by the client
    """Return the write that ends a compaction: the dataset is looked at again at `next_at`, None: when a batch says so."""
    if next_at is None:
        expression, values = "SET attempts = :none" + leases.END, {":none": 0}
    else:
        expression = "SET attempts = :none, attention_at = :next REMOVE lease, lease_until"
        values = {":none": 0, ":next": next_at}
    return {"Update": _work.held_update(tenant, dataset, lease, expression, values)}


def needing_attention(shard: str, *, now: int) -> Iterator[tuple[Tenant, str]]:
    """Yield tenant and dataset of what is due in the shard and held by nobody, the longest waiting first."""
    return _work.needing_attention(shard, now=now)


def note_queued(tenant: Tenant, dataset: str, *, now: int) -> bool:
    """Put off the next attention of a dataset that is queued; False if it is no longer due."""
    return _work.note_queued(tenant, dataset, now=now) is not None


def discarded(tenant: Tenant, dataset: str) -> list[Discarded]:
    """Return the lists of objects to delete, strongly consistent, the oldest first."""
    pages = (
        dynamodb()
        .get_paginator("query")
        .paginate(
            TableName=settings().dataset_compactions_table,
            KeyConditionExpression="tenant = :tenant AND begins_with(id, :lists)",
            ExpressionAttributeValues=to_item({":tenant": tenant.partition, ":lists": f"{dataset}#"}),
            ConsistentRead=True,
        )
    )
    listed = [from_item(item) for page in pages for item in page["Items"]]
    return [Discarded(values["id"], tuple(values["keys"]), values["due"]) for values in listed]


def discard(tenant: Tenant, listed: Discarded) -> None:
    """List objects, before they are made."""
    dynamodb().put_item(**_discarded(tenant, listed))


def discard_operation(tenant: Tenant, listed: Discarded) -> Any:  # noqa: ANN401 - typed by the client
    """Return the write of a list, in place of one of the same id."""
    return {"Put": _discarded(tenant, listed)}


def forget(tenant: Tenant, listed: Discarded) -> None:
    """Forget a list whose objects are deleted."""
    dynamodb().delete_item(TableName=settings().dataset_compactions_table, Key=_key(tenant, listed.id))


def _discarded(tenant: Tenant, listed: Discarded) -> Any:  # noqa: ANN401 - a put of the client's
    item = {"tenant": tenant.partition, "id": listed.id, "keys": list(listed.keys), "due": listed.due}
    return {"TableName": settings().dataset_compactions_table, "Item": to_item(item)}


def _key(tenant: Tenant, item_id: str) -> dict[str, Any]:
    return {"tenant": to_attribute(tenant.partition), "id": to_attribute(item_id)}

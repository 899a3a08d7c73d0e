"""EventsTable: partition key `tenant`, sort key `id`; index `by_type` (tenant_type, id). Items expire with the event."""

from __future__ import annotations

from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from runsheet import ids
from runsheet.events.model import Event
from runsheet.runtime.clients import dynamodb
from runsheet.runtime.items import condition_failed, from_item, if_holds, to_item
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# Of a transaction.
_MAX_OPERATIONS = 100
_LAST_ID = "~"  # sorts behind every digit of an id
_DELIVERED = {True: "size(awaited) = :none", False: "size(awaited) > :none"}


def put(new: Sequence[tuple[Event, Sequence[Any]]]) -> list[Event]:
    """Store new events, each together with what goes with it or neither; return those that were not there already.

    As many as fit share a write: that of one event costs as long as that of fifty.

    Args:
        new: events with up to 99 operations of a transaction each, which have no condition of their own.
    """
    stored: list[Event] = []
    for group in _groups(new):
        left = group
        while left:
            failed = _written(left)
            if not failed:
                stored += [event for event, _ in left]
                break
            left = [one for one in left if one[0].id not in failed]
    return stored


def _groups(new: Sequence[tuple[Event, Sequence[Any]]]) -> Iterator[list[tuple[Event, Sequence[Any]]]]:
    group: list[tuple[Event, Sequence[Any]]] = []
    size = 0
    for event, also in new:
        if group and size + 1 + len(also) > _MAX_OPERATIONS:
            yield group
            group, size = [], 0
        group.append((event, also))
        size += 1 + len(also)
    yield group


def _written(group: Sequence[tuple[Event, Sequence[Any]]]) -> set[str]:
    """Store all events of a group, or none of them: then return the ids of those that are there already."""
    operations: list[Any] = []
    positions: dict[int, str] = {}
    for event, also in group:
        positions[len(operations)] = event.id
        operations += [_put_operation(event), *also]
    try:
        dynamodb().transact_write_items(TransactItems=operations)
    except ClientError as failure:
        if not condition_failed(failure):
            raise
        answer: Any = failure.response
        reasons = [reason.get("Code") for reason in answer["CancellationReasons"]]
        return {positions[at] for at, code in enumerate(reasons) if code == "ConditionalCheckFailed"}
    return set()


def _put_operation(event: Event) -> Any:  # noqa: ANN401 - typed by the client that takes it
    item = {
        **_keys(event.tenant, event.id),
        "tenant_type": _partition_of_type(event.tenant, event.type),
        "type": event.type,
        "created": event.created,
        "object": event.object,
        "awaited": dict.fromkeys(event.awaited, True),
        "expires_at": event.expires_at,
    }
    return {
        "Put": {
            "TableName": settings().events_table,
            "Item": to_item(item),
            "ConditionExpression": "attribute_not_exists(id)",
        }
    }


def get(tenant: Tenant, event_id: str) -> Event | None:
    """Return the event, strongly consistent: it is retrieved as soon as a webhook has told of it."""
    answer = dynamodb().get_item(
        TableName=settings().events_table, Key=to_item(_keys(tenant, event_id)), ConsistentRead=True
    )
    return _event(answer["Item"]) if "Item" in answer else None


def page(
    tenant: Tenant,
    *,
    types: Sequence[str] | None,
    delivered: bool | None,
    limit: int,
    since: int,
    before: int | None,
    older_than: str | None,
    newer_than: str | None,
) -> tuple[list[Event], bool]:
    """Return up to `limit` events, newest first, and whether more follow in the direction that was asked for.

    Args:
        tenant: whose events.
        types: only events of these types, each asked for by itself; None for all.
        delivered: only those that every endpoint has accepted, or that some endpoint has not; None for both.
        limit: at most this many.
        since: only events created at or after this unix second.
        before: only events created before this unix second.
        older_than: only events behind this id; those next to it.
        newer_than: only events before this id; those next to it.
    """
    first = max(ids.lowest_id("evt", since), newer_than or "")
    last = min(ids.lowest_id("evt", before) if before is not None else _LAST_ID, older_than or _LAST_ID)
    if first > last:
        return [], False
    forward = newer_than is not None
    request: dict[str, Any] = {"ScanIndexForward": forward}
    if delivered is not None:
        request["FilterExpression"] = _DELIVERED[delivered]
    else:
        request["PaginationConfig"] = {"PageSize": limit + 2}  # one for has_more, one for the cursor itself
    partitions: list[tuple[str, str]] = [("tenant", tenant.partition)]
    if types is not None:
        partitions = [("tenant_type", _partition_of_type(tenant, name)) for name in types]
    sources = [_between(key, value, (first, last), request) for key, value in partitions]
    merged = merge(*sources, key=lambda event: event.id, reverse=not forward)
    cursors = {older_than, newer_than}
    found = list(islice((event for event in merged if event.id not in cursors), limit + 1))
    events = found[:limit]
    return (events[::-1] if forward else events), len(found) > limit


def note_accepted(tenant: Tenant, event_id: str, endpoint_id: str) -> None:
    """Note that an endpoint has accepted the event. Doing it again changes nothing, nor does it for one that is gone."""
    if_holds(
        dynamodb().update_item,
        TableName=settings().events_table,
        Key=to_item(_keys(tenant, event_id)),
        UpdateExpression="REMOVE awaited.#endpoint",
        ConditionExpression="attribute_exists(id)",
        ExpressionAttributeNames={"#endpoint": endpoint_id},
    )


def get_request(tenant: Tenant, event_id: str) -> dict[str, Any]:
    """Return the read of an event, by table, for a batch of reads."""
    return {settings().events_table: {"Keys": [to_item(_keys(tenant, event_id))], "ConsistentRead": True}}


def out_of(answers: Mapping[str, Any]) -> Event | None:
    """Return the event out of the answers to a batch of reads, by table; None if there is none."""
    items = answers.get(settings().events_table, [])
    return _event(items[0]) if items else None


def _event(item: Any) -> Event:  # noqa: ANN401 - an item of DynamoDB
    values = from_item(item)
    return Event(
        tenant=Tenant.from_partition(values["tenant"]),
        id=values["id"],
        type=values["type"],
        created=values["created"],
        object=values["object"],
        awaited=frozenset(values["awaited"]),
    )


def _between(key: str, value: str, bounds: tuple[str, str], request: dict[str, Any]) -> Iterator[Event]:
    values = {":value": value, ":first": bounds[0], ":last": bounds[1]}
    none = {":none": 0} if "FilterExpression" in request else {}
    options: dict[str, Any] = {"ConsistentRead": True} if key == "tenant" else {"IndexName": "by_type"}
    pages = (
        dynamodb()
        .get_paginator("query")
        .paginate(
            TableName=settings().events_table,
            KeyConditionExpression=f"{key} = :value AND id BETWEEN :first AND :last",
            ExpressionAttributeValues=to_item(values | none),
            **options,
            **request,
        )
    )
    for answer in pages:
        yield from map(_event, answer["Items"])


def _partition_of_type(tenant: Tenant, name: str) -> str:
    return f"{tenant.partition}#{name}"


def _keys(tenant: Tenant, event_id: str) -> dict[str, str]:
    return {"tenant": tenant.partition, "id": event_id}

"""WebhookDeliveriesTable: partition key `tenant`, sort key `id` (endpoint#delivery); index `unfinished` for the sweeper.

A delivery that is to be tried later is unfinished work whose attention is due then: the sweeper looks at what is due and
at nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runsheet import ids, leases
from runsheet.events.model import KEPT_SECONDS
from runsheet.runtime.clients import dynamodb
from runsheet.runtime.items import from_item, if_holds, to_item
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant
from runsheet.webhook_deliveries.model import RETRY_OFFSETS, Attempt, DeliveryDue, WebhookDelivery

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runsheet.webhook_deliveries.model import Status

_LAST_ID = "~"  # sorts behind every digit of an id
# Clocks of two machines differ a little; a message that came too early by that would be for nothing.
_EARLY_SECONDS = 5
_END = leases.END + ", next_attempt_at, not_before, by_hand"
_work = leases.Work(
    lambda: settings().webhook_deliveries_table,
    open=("pending",),
    held="pending",
    not_before="not_before",
)


def put_operation(delivery: WebhookDelivery) -> Any:  # noqa: ANN401 - typed by the client that takes it
    """Return the write that stores a new delivery, to be sent at once, for the transaction that stores its event."""
    item = {
        **_keys(delivery.tenant, delivery.endpoint_id, delivery.id),
        "event_id": delivery.event_id,
        "event_type": delivery.event_type,
        "created": delivery.created,
        "status": delivery.status,
        "next_attempt_at": delivery.created,
        "not_before": delivery.created - _EARLY_SECONDS,
        "attempts": 0,
        "tries": [],
        "unfinished": _shard_of(delivery),
        "attention_at": delivery.created + leases.FIRST_ATTENTION_SECONDS,
        "expires_at": delivery.created + KEPT_SECONDS,
    }
    return {"Put": {"TableName": settings().webhook_deliveries_table, "Item": to_item(item)}}


def get(tenant: Tenant, endpoint_id: str, delivery_id: str) -> WebhookDelivery | None:
    """Return the delivery, strongly consistent."""
    answer = dynamodb().get_item(
        TableName=settings().webhook_deliveries_table,
        Key=to_item(_keys(tenant, endpoint_id, delivery_id)),
        ConsistentRead=True,
    )
    return _delivery(from_item(answer["Item"])) if "Item" in answer else None


def page(
    tenant: Tenant,
    endpoint_id: str,
    *,
    limit: int,
    since: int,
    older_than: str | None,
    newer_than: str | None,
) -> tuple[list[WebhookDelivery], bool]:
    """Return up to `limit` deliveries of an endpoint, those of the newest event first, and whether more follow.

    Args:
        tenant: whose deliveries.
        endpoint_id: where they went.
        limit: at most this many.
        since: only those of events created at or after this unix second.
        older_than: only those behind this id; those next to it.
        newer_than: only those before this id; those next to it.
    """
    first = max(ids.lowest_id("whd", since), newer_than or "")
    last = older_than or _LAST_ID
    if first > last:
        return [], False
    answer = dynamodb().query(
        TableName=settings().webhook_deliveries_table,
        KeyConditionExpression="tenant = :tenant AND id BETWEEN :first AND :last",
        ExpressionAttributeValues=to_item(
            {
                ":tenant": tenant.partition,
                ":first": f"{endpoint_id}#{first}",
                ":last": f"{endpoint_id}#{last}",
            }
        ),
        ScanIndexForward=newer_than is not None,
        ConsistentRead=True,
        Limit=limit + 2,  # one for has_more, one because BETWEEN includes the cursor itself
    )
    found = [_delivery(from_item(item)) for item in answer["Items"]]
    found = [delivery for delivery in found if delivery.id not in {older_than, newer_than}]
    deliveries = found[:limit]
    return (deliveries[::-1] if newer_than is not None else deliveries), len(found) > limit


def accepted_since(tenant: Tenant, endpoint_id: str, since: int) -> bool:
    """Return whether an endpoint has accepted any event since a unix second, of those that are still tried."""
    oldest = ids.lowest_id("whd", since - RETRY_OFFSETS[-1])
    pages = (
        dynamodb()
        .get_paginator("query")
        .paginate(
            TableName=settings().webhook_deliveries_table,
            KeyConditionExpression="tenant = :tenant AND id BETWEEN :first AND :last",
            FilterExpression="delivered_at >= :since",
            ExpressionAttributeValues=to_item(
                {
                    ":tenant": tenant.partition,
                    ":first": f"{endpoint_id}#{oldest}",
                    ":last": f"{endpoint_id}#{_LAST_ID}",
                    ":since": since,
                }
            ),
            ScanIndexForward=False,
            ConsistentRead=True,
        )
    )
    return any(answer["Items"] for answer in pages)


def take(message: DeliveryDue, lease: str, *, now: int) -> WebhookDelivery | None:
    """Take the lease of a delivery that is due and that nobody holds and return it; None if there is none to take."""
    values = _work.take(message.tenant, _sort_key(message.endpoint_id, message.delivery_id), lease, now=now)
    return _delivery(values) if values else None


def release(delivery: WebhookDelivery, lease: str, *, now: int) -> None:
    """Give the lease back, if it is held still, so that the next message may take it at once."""
    _work.release(delivery.tenant, _sort_key(delivery.endpoint_id, delivery.id), lease, now=now)


def put_off(delivery: WebhookDelivery, lease: str, attempt: Attempt, *, until: int) -> bool:
    """Note a failed attempt and try again at `until` (unix seconds); False if the lease was lost."""
    values = {":tries": _tries(delivery, attempt), ":until": until, ":early": until - _EARLY_SECONDS}
    expression = (
        "SET tries = :tries, next_attempt_at = :until, attention_at = :until, not_before = :early "
        "REMOVE lease, lease_until"
    )
    return _held(delivery, lease, expression, values)


def accept(delivery: WebhookDelivery, lease: str, attempt: Attempt, *, now: int) -> bool:
    """End a delivery that the endpoint has accepted; False if the lease was lost."""
    values = {":delivered": "delivered", ":tries": _tries(delivery, attempt), ":now": now}
    expression = "SET #status = :delivered, tries = :tries, delivered_at = if_not_exists(delivered_at, :now)"
    return _held(delivery, lease, expression + _END, values)


def fail(delivery: WebhookDelivery, lease: str, status: Status, attempt: Attempt) -> bool:
    """End a delivery after its last attempt; False if the lease was lost."""
    values = {":ended": status, ":tries": _tries(delivery, attempt)}
    return _held(delivery, lease, "SET #status = :ended, tries = :tries" + _END, values)


def cancel(delivery: WebhookDelivery, lease: str, *, reason: str) -> bool:
    """End a delivery that is not to be sent any more; False if the lease was lost."""
    values = {":cancelled": "cancelled", ":reason": reason}
    return _held(delivery, lease, "SET #status = :cancelled, reason = :reason" + _END, values)


def reopen(delivery: WebhookDelivery, *, now: int) -> WebhookDelivery | None:
    """Make a delivery due at once and return it; None if a worker holds it, or it is no longer as it was read."""
    expression = "SET #status = :pending, unfinished = :shard, attention_at = :soon, "
    expression += "next_attempt_at = :now, not_before = :early"
    values: dict[str, Any] = {
        ":pending": "pending",
        ":read": delivery.status,
        ":shard": _shard_of(delivery),
        ":soon": now + leases.FIRST_ATTENTION_SECONDS,
        ":now": now,
        ":early": now - _EARLY_SECONDS,
    }
    if delivery.status != "pending":
        expression += ", by_hand = :true"
        values[":true"] = True
    answer = if_holds(
        dynamodb().update_item,
        TableName=settings().webhook_deliveries_table,
        Key=to_item(_keys(delivery.tenant, delivery.endpoint_id, delivery.id)),
        UpdateExpression=expression + " REMOVE reason",
        ConditionExpression="#status = :read AND (attribute_not_exists(lease_until) OR lease_until <= :now)",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues=to_item(values),
        ReturnValues="ALL_NEW",
    )
    return _delivery(from_item(answer["Attributes"])) if answer else None


def needing_attention(shard: str, *, now: int) -> Iterator[tuple[Tenant, str, str]]:
    """Yield tenant, endpoint and id of the shard's deliveries that are due, the longest waiting first."""
    for tenant, sort_key in _work.needing_attention(shard, now=now):
        endpoint_id, _, delivery_id = sort_key.partition("#")
        yield tenant, endpoint_id, delivery_id


def note_queued(tenant: Tenant, endpoint_id: str, delivery_id: str, *, now: int) -> WebhookDelivery | None:
    """Put off the next attention of a delivery that is queued and return it; None if it is no longer due."""
    values = _work.note_queued(tenant, _sort_key(endpoint_id, delivery_id), now=now)
    return _delivery(values) if values else None


def _held(delivery: WebhookDelivery, lease: str, expression: str, values: Mapping[str, Any]) -> bool:
    return _work.end(delivery.tenant, _sort_key(delivery.endpoint_id, delivery.id), lease, expression, values)


def _tries(delivery: WebhookDelivery, attempt: Attempt) -> list[dict[str, Any]]:
    return [one.as_dict() for one in delivery.attempts_with(attempt)]


def _shard_of(delivery: WebhookDelivery) -> str:
    return leases.shard_of(_sort_key(delivery.endpoint_id, delivery.id))


def _sort_key(endpoint_id: str, delivery_id: str) -> str:
    return f"{endpoint_id}#{delivery_id}"


def _keys(tenant: Tenant, endpoint_id: str, delivery_id: str) -> dict[str, str]:
    return {"tenant": tenant.partition, "id": _sort_key(endpoint_id, delivery_id)}


def _delivery(values: dict[str, Any]) -> WebhookDelivery:
    endpoint_id, _, delivery_id = values["id"].partition("#")
    return WebhookDelivery(
        tenant=Tenant.from_partition(values["tenant"]),
        endpoint_id=endpoint_id,
        id=delivery_id,
        event_id=values["event_id"],
        event_type=values["event_type"],
        created=values["created"],
        status=values["status"],
        next_attempt_at=values.get("next_attempt_at"),
        delivered_at=values.get("delivered_at"),
        reason=values.get("reason"),
        takes=values["attempts"],
        attempts=tuple(Attempt(**one) for one in values["tries"]),
        by_hand=values.get("by_hand", False),
    )

"""WebhookEndpointsTable: partition key `tenant`, sort key `id`; the item `total` counts the tenant's endpoints.

The count stands in the same transactions as the endpoints, so that no number of creations at once makes too many. Every
change names the revision that it read, so that two at once never undo each other.
"""

from __future__ import annotations

import random
import time
from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from runsheet.errors import Unavailable
from runsheet.runtime.clients import dynamodb
from runsheet.runtime.items import condition_failed, from_item, if_holds, to_item
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant
from runsheet.webhook_endpoints import secrets
from runsheet.webhook_endpoints.model import WebhookEndpoint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_ENDPOINTS = 16
_TRIES = 8
_FIRST_WAIT_SECONDS = 0.02


def create(endpoint: WebhookEndpoint, secret: str) -> bool:
    """Store a new endpoint and its secret, both or neither; False if the tenant has MAX_ENDPOINTS already."""
    put = {
        "TableName": settings().webhook_endpoints_table,
        "Item": _item(endpoint),
        "ConditionExpression": "attribute_not_exists(id)",
    }
    return _carried_out(
        [
            {"Put": put},
            _counted(
                endpoint.tenant,
                "attribute_not_exists(endpoints) OR endpoints < :most",
                {":by": 1, ":most": MAX_ENDPOINTS},
            ),
            secrets.put_operation(endpoint.tenant, endpoint.id, secret),
        ]
    )


def get(tenant: Tenant, endpoint_id: str) -> WebhookEndpoint | None:
    """Return the endpoint, strongly consistent: it is retrieved right after it was made."""
    answer = dynamodb().get_item(
        TableName=settings().webhook_endpoints_table, Key=_key(tenant, endpoint_id), ConsistentRead=True
    )
    return _endpoint(answer["Item"]) if "Item" in answer else None


def of_tenant(tenant: Tenant) -> list[WebhookEndpoint]:
    """Return the tenant's endpoints, oldest first, strongly consistent: an event goes to those that there are now."""
    answer = dynamodb().query(
        TableName=settings().webhook_endpoints_table,
        KeyConditionExpression="tenant = :tenant AND begins_with(id, :prefix)",
        ExpressionAttributeValues=to_item({":tenant": tenant.partition, ":prefix": "we_"}),
        ConsistentRead=True,
    )
    return [_endpoint(item) for item in answer["Items"]]


def update(endpoint: WebhookEndpoint) -> WebhookEndpoint | None:
    """Store a changed endpoint and return it with its new revision; None if it was changed or deleted meanwhile."""
    changed = replace(endpoint, revision=endpoint.revision + 1)
    answer = if_holds(
        dynamodb().put_item,
        TableName=settings().webhook_endpoints_table,
        Item=_item(changed),
        ConditionExpression="revision = :read",
        ExpressionAttributeValues=to_item({":read": endpoint.revision}),
    )
    return None if answer is None else changed


def delete(tenant: Tenant, endpoint_id: str) -> bool:
    """Delete an endpoint and its secrets, both or neither; False if there is none."""
    deletion = {
        "TableName": settings().webhook_endpoints_table,
        "Key": _key(tenant, endpoint_id),
        "ConditionExpression": "attribute_exists(id)",
    }
    return _carried_out(
        [
            {"Delete": deletion},
            _counted(tenant, "endpoints > :none", {":by": -1, ":none": 0}),
            secrets.delete_operation(tenant, endpoint_id),
        ]
    )


def disable(tenant: Tenant, endpoint_id: str, *, reason: str) -> None:
    """Disable an endpoint because of what it did; one that is disabled or gone stays as it is."""
    if_holds(
        dynamodb().update_item,
        TableName=settings().webhook_endpoints_table,
        Key=_key(tenant, endpoint_id),
        UpdateExpression="SET #status = :disabled, disabled_reason = :reason REMOVE told_at ADD revision :one",
        ConditionExpression="#status = :enabled",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues=to_item(
            {":disabled": "disabled", ":enabled": "enabled", ":reason": reason, ":one": 1}
        ),
    )


def note_told(tenant: Tenant, endpoint_id: str, *, now: int) -> None:
    """Note that the customer was told that the endpoint is disabled."""
    if_holds(
        dynamodb().update_item,
        TableName=settings().webhook_endpoints_table,
        Key=_key(tenant, endpoint_id),
        UpdateExpression="SET told_at = :now ADD revision :one",
        ConditionExpression="#status = :disabled",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues=to_item({":disabled": "disabled", ":now": now, ":one": 1}),
    )


def get_request(tenant: Tenant, endpoint_id: str) -> dict[str, Any]:
    """Return the read of an endpoint, by table, for a batch of reads."""
    keys = {"Keys": [_key(tenant, endpoint_id)], "ConsistentRead": True}
    return {settings().webhook_endpoints_table: keys}


def out_of(answers: Mapping[str, Any]) -> WebhookEndpoint | None:
    """Return the endpoint out of the answers to a batch of reads, by table; None if there is none."""
    items = answers.get(settings().webhook_endpoints_table, [])
    return _endpoint(items[0]) if items else None


def _counted(tenant: Tenant, condition: str, values: Mapping[str, int]) -> dict[str, Any]:
    update = {
        "TableName": settings().webhook_endpoints_table,
        "Key": _key(tenant, "total"),
        "UpdateExpression": "ADD endpoints :by",
        "ConditionExpression": condition,
        "ExpressionAttributeValues": to_item(values),
    }
    return {"Update": update}


def _carried_out(operations: Sequence[Any]) -> bool:
    """Carry out a transaction; False if a condition did not hold.

    Raises:
        Unavailable: others change the tenant's endpoints all the time.
    """
    for attempt in range(_TRIES):
        try:
            dynamodb().transact_write_items(TransactItems=operations)
        except ClientError as failure:
            if condition_failed(failure):
                return False
            reasons = failure.response.get("CancellationReasons", [])
            if not any(reason.get("Code") == "TransactionConflict" for reason in reasons):
                raise
            time.sleep(random.uniform(0, _FIRST_WAIT_SECONDS * 2**attempt))  # noqa: S311 - spreads them, no secret
        else:
            return True
    raise Unavailable("Too many webhook endpoints are changed at once. Try again shortly.")


def _key(tenant: Tenant, endpoint_id: str) -> dict[str, Any]:
    return to_item({"tenant": tenant.partition, "id": endpoint_id})


def _item(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return to_item(asdict(endpoint) | {"tenant": endpoint.tenant.partition})


def _endpoint(item: Any) -> WebhookEndpoint:  # noqa: ANN401 - an item of DynamoDB
    values = from_item(item)
    known = {name: values.get(name) for name in (field.name for field in fields(WebhookEndpoint))}
    return WebhookEndpoint(**(known | {"tenant": Tenant.from_partition(values["tenant"])}))  # type: ignore[arg-type]

"""FileLinksTable: partition key `token_hash`; index `by_tenant` (tenant, id)."""

from __future__ import annotations

from typing import Any

from runsheet.file_links.model import FileLink
from runsheet.runtime.clients import dynamodb
from runsheet.runtime.items import from_item, to_attribute, to_item
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant

# An expired link says for so long that it has expired; afterwards it is unknown.
_REMEMBERED_SECONDS = 90 * 24 * 60 * 60


def put(link: FileLink, token_hash: str) -> None:
    """Store a new link."""
    item = {
        "token_hash": token_hash,
        "tenant": link.tenant.partition,
        "id": link.id,
        "file_id": link.file_id,
        "created": link.created,
        "expires_at": link.expires_at,
        "remove_at": link.expires_at + _REMEMBERED_SECONDS,
        "revoked": link.revoked,
        "opens": link.opens,
    }
    dynamodb().put_item(
        TableName=settings().file_links_table,
        Item=to_item(item),
        ConditionExpression="attribute_not_exists(token_hash)",
    )


def get(token_hash: str) -> FileLink | None:
    """Return the link of a token. The token says whose it is: nobody who follows it has a key."""
    answer = dynamodb().get_item(
        TableName=settings().file_links_table, Key=_key(token_hash), ConsistentRead=True
    )
    return _link(from_item(answer["Item"])) if "Item" in answer else None


def note_opened(token_hash: str, *, now: int) -> None:
    """Count a click."""
    dynamodb().update_item(
        TableName=settings().file_links_table,
        Key=_key(token_hash),
        UpdateExpression="SET last_opened_at = :now ADD opens :one",
        ExpressionAttributeValues=to_item({":now": now, ":one": 1}),
    )


def revoke(tenant: Tenant, link_id: str) -> bool:
    """End a link for good; False if the tenant has none of this id."""
    answer = dynamodb().query(
        TableName=settings().file_links_table,
        IndexName="by_tenant",
        KeyConditionExpression="tenant = :tenant AND id = :id",
        ExpressionAttributeValues=to_item({":tenant": tenant.partition, ":id": link_id}),
    )
    for item in answer["Items"]:
        dynamodb().update_item(
            TableName=settings().file_links_table,
            Key={"token_hash": item["token_hash"]},
            UpdateExpression="SET revoked = :true",
            ExpressionAttributeValues=to_item({":true": True}),
        )
    return bool(answer["Items"])


def _key(token_hash: str) -> dict[str, Any]:
    return {"token_hash": to_attribute(token_hash)}


def _link(values: dict[str, Any]) -> FileLink:
    return FileLink(
        tenant=Tenant.from_partition(values["tenant"]),
        id=values["id"],
        file_id=values["file_id"],
        created=values["created"],
        expires_at=values["expires_at"],
        revoked=values["revoked"],
        opens=values["opens"],
        last_opened_at=values.get("last_opened_at"),
    )

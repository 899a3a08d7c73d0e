"""ApiKeysTable: partition key `secret_hash`; index `by_organisation` on `organisation_id` and `id`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, cast

from runsheet.api_keys.model import ApiKey
from runsheet.runtime.clients import dynamodb
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, UniversalAttributeValueTypeDef

    from runsheet.api_keys.model import Kind


def put(key: ApiKey, secret_hash: str) -> None:
    """Store a new key; a hash that is taken would hand one key's data to another, so it raises."""
    dynamodb().put_item(
        TableName=settings().api_keys_table,
        Item=_to_item(key, secret_hash),
        ConditionExpression="attribute_not_exists(secret_hash)",
    )


def get(secret_hash: str) -> ApiKey | None:
    """Return the key of this hash, strongly consistent: a revoked key must not be read and cached again."""
    answer = dynamodb().get_item(
        TableName=settings().api_keys_table, Key={"secret_hash": {"S": secret_hash}}, ConsistentRead=True
    )
    return _from_item(answer["Item"]) if "Item" in answer else None


def of_organisation(organisation_id: str) -> Iterator[ApiKey]:
    """Yield the organisation's keys of both modes, oldest first. The index lags by some milliseconds."""
    pages = (
        dynamodb()
        .get_paginator("query")
        .paginate(
            TableName=settings().api_keys_table,
            IndexName="by_organisation",
            KeyConditionExpression="organisation_id = :organisation_id",
            ExpressionAttributeValues={":organisation_id": {"S": organisation_id}},
        )
    )
    for page in pages:
        for item in page["Items"]:
            yield _from_item(item)


def revoke(organisation_id: str, key_id: str, now: datetime) -> ApiKey | None:
    """Mark the key as revoked at `now`, unless it is already, and return it; None if there is no such key."""
    found = dynamodb().query(
        TableName=settings().api_keys_table,
        IndexName="by_organisation",
        KeyConditionExpression="organisation_id = :organisation_id and id = :id",
        ExpressionAttributeValues={":organisation_id": {"S": organisation_id}, ":id": {"S": key_id}},
    )["Items"]
    if not found:
        return None
    answer = dynamodb().update_item(
        TableName=settings().api_keys_table,
        Key={"secret_hash": found[0]["secret_hash"]},
        UpdateExpression="set revoked_at = if_not_exists(revoked_at, :now)",
        ConditionExpression="attribute_exists(secret_hash)",
        ExpressionAttributeValues={":now": _moment(now)},
        ReturnValues="ALL_NEW",
    )
    return _from_item(answer["Attributes"])


def used(secret_hash: str, now: datetime, *, unless_after: datetime) -> None:
    """Note that the key was used at `now`, unless a use after `unless_after` is noted already."""
    client = dynamodb()
    try:
        client.update_item(
            TableName=settings().api_keys_table,
            Key={"secret_hash": {"S": secret_hash}},
            UpdateExpression="set last_used_at = :now",
            # attribute_exists: an update of a key that is gone would make half a key.
            ConditionExpression="attribute_exists(secret_hash) and "
            "(attribute_not_exists(last_used_at) or last_used_at <= :due)",
            ExpressionAttributeValues={":now": _moment(now), ":due": _moment(unless_after)},
        )
    except client.exceptions.ConditionalCheckFailedException:
        return


def _to_item(key: ApiKey, secret_hash: str) -> dict[str, UniversalAttributeValueTypeDef]:
    item: dict[str, UniversalAttributeValueTypeDef] = {
        "secret_hash": {"S": secret_hash},
        "organisation_id": {"S": key.organisation_id},
        "id": {"S": key.id},
        "mode": {"S": key.mode},
        "kind": {"S": key.kind},
        "name": {"S": key.name},
        "hint": {"S": key.hint},
        "created": _moment(key.created),
    }
    if key.permissions is not None:
        item["permissions"] = {"SS": sorted(key.permissions)}
    return item


def _from_item(item: Mapping[str, AttributeValueTypeDef]) -> ApiKey:
    return ApiKey(
        id=item["id"]["S"],
        organisation_id=item["organisation_id"]["S"],
        mode=cast("Literal['live', 'test']", item["mode"]["S"]),
        kind=cast("Kind", item["kind"]["S"]),
        permissions=frozenset(item["permissions"]["SS"]) if "permissions" in item else None,
        name=item["name"]["S"],
        hint=item["hint"]["S"],
        created=_datetime(item["created"]),
        last_used_at=_datetime(item["last_used_at"]) if "last_used_at" in item else None,
        revoked_at=_datetime(item["revoked_at"]) if "revoked_at" in item else None,
    )


def _moment(value: datetime) -> UniversalAttributeValueTypeDef:
    return {"N": str(int(value.timestamp()))}


def _datetime(value: AttributeValueTypeDef) -> datetime:
    return datetime.fromtimestamp(int(value["N"]), UTC)

"""OrganisationsTable: partition key `id`. Read by id, and scanned by operators."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from runsheet.organisations.model import Organisation
from runsheet.runtime.clients import dynamodb
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, UniversalAttributeValueTypeDef

_OPTIONAL = ("parent_id", "plan", "subscription_start", "subscription_end", "contact_email")


def put(organisation: Organisation) -> None:
    """Store a new organisation; an id that is taken is a fault of the id generator and raises."""
    dynamodb().put_item(
        TableName=settings().organisations_table,
        Item=_to_item(organisation),
        ConditionExpression="attribute_not_exists(id)",
    )


def get(organisation_id: str) -> Organisation | None:
    """Return the organisation, strongly consistent: it is read right after it was made."""
    answer = dynamodb().get_item(
        TableName=settings().organisations_table, Key={"id": {"S": organisation_id}}, ConsistentRead=True
    )
    return _from_item(answer["Item"]) if "Item" in answer else None


def set_timezone(organisation_id: str, timezone: str) -> None:
    """Change the time zone of an organisation that exists."""
    dynamodb().update_item(
        TableName=settings().organisations_table,
        Key={"id": {"S": organisation_id}},
        UpdateExpression="SET #timezone = :timezone",
        ConditionExpression="attribute_exists(id)",
        ExpressionAttributeNames={"#timezone": "timezone"},  # a word that DynamoDB keeps for itself
        ExpressionAttributeValues={":timezone": {"S": timezone}},
    )


def set_contact(organisation_id: str, email: str | None) -> None:
    """Change the contact of an organisation that exists; None for none."""
    changes: Any = {"UpdateExpression": "REMOVE contact_email"}
    if email is not None:
        changes = {
            "UpdateExpression": "SET contact_email = :email",
            "ExpressionAttributeValues": {":email": {"S": email}},
        }
    dynamodb().update_item(
        TableName=settings().organisations_table,
        Key={"id": {"S": organisation_id}},
        ConditionExpression="attribute_exists(id)",
        **changes,
    )


def page(limit: int, after: str | None) -> tuple[list[Organisation], str | None]:
    """Return up to `limit` organisations in no order and the id to go on after (None at the end)."""
    table = settings().organisations_table
    answer = (
        dynamodb().scan(TableName=table, Limit=limit)
        if after is None
        else dynamodb().scan(TableName=table, Limit=limit, ExclusiveStartKey={"id": {"S": after}})
    )
    more = answer.get("LastEvaluatedKey")
    return [_from_item(item) for item in answer["Items"]], more["id"]["S"] if more else None


def _to_item(organisation: Organisation) -> dict[str, UniversalAttributeValueTypeDef]:
    item: dict[str, UniversalAttributeValueTypeDef] = {
        "id": {"S": organisation.id},
        "created": {"N": str(int(organisation.created.timestamp()))},
        "name": {"S": organisation.name},
        "timezone": {"S": organisation.timezone},
    }
    for name in _OPTIONAL:
        value = getattr(organisation, name)
        if value is not None:
            item[name] = {"S": str(value)}
    return item


def _from_item(item: Mapping[str, AttributeValueTypeDef]) -> Organisation:
    return Organisation(
        id=item["id"]["S"],
        created=datetime.fromtimestamp(int(item["created"]["N"]), UTC),
        name=item["name"]["S"],
        timezone=item["timezone"]["S"],
        parent_id=_text(item, "parent_id"),
        plan=_text(item, "plan"),
        subscription_start=_date(item, "subscription_start"),
        subscription_end=_date(item, "subscription_end"),
        contact_email=_text(item, "contact_email"),
    )


def _text(item: Mapping[str, AttributeValueTypeDef], name: str) -> str | None:
    return item[name]["S"] if name in item else None


def _date(item: Mapping[str, AttributeValueTypeDef], name: str) -> date | None:
    text = _text(item, name)
    return None if text is None else date.fromisoformat(text)

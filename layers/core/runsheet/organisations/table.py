"""OrganisationsTable: partition key `id`; index `by_parent` on `parent_id` and `id`. Scanned by operators only."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, cast

from runsheet.organisations.model import Organisation
from runsheet.runtime.clients import dynamodb
from runsheet.runtime.items import if_holds, to_attribute
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, UniversalAttributeValueTypeDef

    from runsheet.organisations.model import LogModel, PlanType

_TEXTS = (
    "parent_id",
    "plan",
    "plan_type",
    "log_model",
    "subscription_start",
    "subscription_end",
    "contact_email",
)
# What two changes at once could leave at odds with each other.
_HELD_TOGETHER = ("subscription_start", "subscription_end")


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


def update(read: Organisation, values: Mapping[str, Any]) -> bool:
    """Change fields of an organisation, or remove those that are empty.

    False if it is gone, or its subscription is no longer as it was read.
    """
    # Aliases throughout: timezone, for one, is a word that DynamoDB keeps for itself.
    names = {f"#{name}": name for name in {*values, *_HELD_TOGETHER}}
    attributes: dict[str, Any] = {
        f":{name}": _attribute(value) for name, value in values.items() if value != ""
    }
    changes = "SET " + ", ".join(f"#{name} = :{name}" for name in values if values[name] != "")
    cleared = ", ".join(f"#{name}" for name in values if values[name] == "")
    expression = (changes if changes != "SET " else "") + (f" REMOVE {cleared}" if cleared else "")
    conditions = ["attribute_exists(id)"]
    for name in _HELD_TOGETHER:
        was = getattr(read, name)
        if was is None:
            conditions.append(f"attribute_not_exists(#{name})")
        else:
            conditions.append(f"#{name} = :was_{name}")
            attributes[f":was_{name}"] = _attribute(was)
    answer = if_holds(
        dynamodb().update_item,
        TableName=settings().organisations_table,
        Key={"id": {"S": read.id}},
        UpdateExpression=expression,
        ConditionExpression=" AND ".join(conditions),
        ExpressionAttributeNames=names,
        # DynamoDB refuses an empty set of values: there is none where a contact alone is taken away.
        **({"ExpressionAttributeValues": attributes} if attributes else {}),
    )
    return answer is not None


def children(parent_id: str, *, limit: int | None = None) -> list[tuple[str, str]]:
    """Return id and name of the organisations below one, oldest first. The index lags by some milliseconds."""
    pages = (
        dynamodb()
        .get_paginator("query")
        .paginate(
            TableName=settings().organisations_table,
            IndexName="by_parent",
            KeyConditionExpression="parent_id = :parent_id",
            ExpressionAttributeValues={":parent_id": {"S": parent_id}},
            PaginationConfig={} if limit is None else {"MaxItems": limit, "PageSize": limit},
        )
    )
    return [(item["id"]["S"], item["name"]["S"]) for page in pages for item in page["Items"]]


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
    for name in (*_TEXTS, "subscription_credits"):
        value = getattr(organisation, name)
        if value is not None:
            item[name] = _attribute(value)
    return item


def _attribute(value: str | int | date) -> Any:  # noqa: ANN401 - typed by the client that takes it
    return to_attribute(value if isinstance(value, int) else str(value))


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
        plan_type=cast("PlanType | None", _text(item, "plan_type")),
        subscription_credits=int(item["subscription_credits"]["N"])
        if "subscription_credits" in item
        else None,
        log_model=cast("LogModel", _text(item, "log_model") or "Tiered"),
        contact_email=_text(item, "contact_email"),
    )


def _text(item: Mapping[str, AttributeValueTypeDef], name: str) -> str | None:
    return item[name]["S"] if name in item else None


def _date(item: Mapping[str, AttributeValueTypeDef], name: str) -> date | None:
    text = _text(item, name)
    return None if text is None else date.fromisoformat(text)

"""DynamoDB items to and from plain values."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.exceptions import ClientError


@cache
def _serializer() -> TypeSerializer:
    return TypeSerializer()


@cache
def _deserializer() -> TypeDeserializer:
    return TypeDeserializer()


def to_item(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item; attributes that are None are left out, floats become exact decimals."""
    return {name: to_attribute(value) for name, value in values.items() if value is not None}


def to_attribute(value: Any) -> Any:  # noqa: ANN401 - any value DynamoDB has a type for
    """Return one attribute value."""
    return _serializer().serialize(Decimal(str(value)) if isinstance(value, float) else value)


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of an item; whole numbers as int, others as float."""
    return {name: _plain(_deserializer().deserialize(value)) for name, value in item.items()}


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever the item holds
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case dict():
            return {name: _plain(inner) for name, inner in value.items()}
        case list():
            return [_plain(inner) for inner in value]
        case _:
            return value


def condition_failed(failure: ClientError) -> bool:
    """Return whether a write was refused because its condition did not hold."""
    error = failure.response.get("Error", {}).get("Code")
    if error == "TransactionCanceledException":
        reasons = failure.response.get("CancellationReasons", [])
        return any(reason.get("Code") == "ConditionalCheckFailed" for reason in reasons)
    return error == "ConditionalCheckFailedException"

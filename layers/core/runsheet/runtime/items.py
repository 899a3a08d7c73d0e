"""DynamoDB items to and from plain values.

boto3's serializers do the same by way of decimals, for a fifth of the start of a function: they bring all of boto3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

Answer = TypeVar("Answer")


def to_item(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item; attributes that are None are left out."""
    return {name: to_attribute(value) for name, value in values.items() if value is not None}


def to_attribute(value: Any) -> dict[str, Any]:  # noqa: ANN401 - any value that JSON has, or bytes
    """Return one attribute value.

    Raises:
        TypeError: it is neither text, bytes, a number, a boolean, None, nor a list or mapping of such.
    """
    match value:
        case str():
            return {"S": value}
        case bytes():
            return {"B": value}
        case bool():
            return {"BOOL": value}
        case int() | float():
            return {"N": repr(value)}
        case None:
            return {"NULL": True}
        case list() | tuple():
            return {"L": [to_attribute(inner) for inner in value]}
        case dict():
            return {"M": {name: to_attribute(inner) for name, inner in value.items()}}
        case _:
            raise TypeError(f"no attribute holds a {type(value).__name__}")


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of an item; numbers without a fraction as int, others as float."""
    return {name: _plain(attribute) for name, attribute in item.items()}


def _plain(attribute: Mapping[str, Any]) -> Any:  # noqa: ANN401 - whatever the item holds
    ((kind, value),) = attribute.items()
    match kind:
        case "S" | "B" | "BOOL":
            return value
        case "N":
            return _number(value)
        case "NULL":
            return None
        case "L":
            return [_plain(inner) for inner in value]
        case "M":
            return from_item(value)
        case _:
            raise TypeError(f"no attribute of ours is of the type {kind}")


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        number = float(text)
        return int(number) if number.is_integer() else number


def if_holds(write: Callable[..., Answer], **request: Any) -> Answer | None:  # noqa: ANN401 - the write's own
    """Carry out a conditional write of the client's and return its answer; None if its condition did not hold."""
    try:
        return write(**request)
    except ClientError as failure:
        if condition_failed(failure):
            return None
        raise


def put_new(client: DynamoDBClient, **request: Any) -> dict[str, Any] | None:  # noqa: ANN401 - the put's own
    """Carry out a put on the condition that there is no such item, and return the values of the one there is; else None."""
    try:
        client.put_item(**request, ReturnValuesOnConditionCheckFailure="ALL_OLD")
    except ClientError as failure:
        if not condition_failed(failure):
            raise
        there: Any = failure.response
        return from_item(there["Item"])
    return None


def condition_failed(failure: ClientError) -> bool:
    """Return whether a write was refused because its condition did not hold."""
    error = failure.response.get("Error", {}).get("Code")
    if error == "TransactionCanceledException":
        reasons = failure.response.get("CancellationReasons", [])
        return any(reason.get("Code") == "ConditionalCheckFailed" for reason in reasons)
    return error == "ConditionalCheckFailedException"

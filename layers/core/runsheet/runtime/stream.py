"""The one entrypoint of DynamoDB streams: each changed item, in order, at least once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runsheet.runtime.batches import EventType, batched
from runsheet.runtime.observability import logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord


@dataclass(frozen=True, slots=True)
class Change:
    """One change of an item.

    Attributes:
        id: the same each time the stream shows this change.
        at: about when it was made, in unix seconds; the same each time as well.
        key: the item's.
        old, new: the item before and after it, where the stream holds them; empty for none. Numbers are decimals.
    """

    id: str
    at: int
    key: dict[str, Any]
    old: dict[str, Any]
    new: dict[str, Any]


def stream(function: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any], Any], Any]:
    """Make `function` the handler of a stream: it gets the key of each changed item, and reads the item itself.

    See `changes` for what happens when it raises.
    """
    return changes(lambda change: function(change.key))


def changes(function: Callable[[Change], None]) -> Callable[[dict[str, Any], Any], Any]:
    """Make `function` the handler of a stream: it gets each change.

    What raises is tried again from that record on, and holds up those behind it; after the retries of the event source
    it goes to the dead-letter queue. `function` must be idempotent.
    """

    def carry_out(record: DynamoDBRecord) -> None:
        changed = record.dynamodb
        if changed is None or changed.keys is None:
            raise ValueError("a stream record without keys")
        change = Change(
            id=record.event_id or "",
            at=int(changed.approximate_creation_date_time or 0),
            key=dict(changed.keys),
            old=dict(changed.old_image or {}),
            new=dict(changed.new_image or {}),
        )
        try:
            function(change)
        except Exception:
            logger.exception("stream record failed", extra={"event_id": record.event_id})
            raise

    return batched(EventType.DynamoDBStreams, carry_out, metric="Changes")

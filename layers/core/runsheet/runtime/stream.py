"""The one entrypoint of DynamoDB streams: each changed item, in order, at least once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runsheet.runtime.batches import EventType, batched
from runsheet.runtime.observability import logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord


def stream(function: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any], Any], Any]:
    """Make `function` the handler of a stream: it gets the key of each changed item, and reads the item itself.

    What raises is tried again from that record on, and holds up those behind it; after the retries of the event source
    it goes to the dead-letter queue. `function` must be idempotent.
    """

    def carry_out(record: DynamoDBRecord) -> None:
        key = record.dynamodb.keys if record.dynamodb else None
        if key is None:
            raise ValueError("a stream record without keys")
        try:
            function(dict(key))
        except Exception:
            logger.exception("stream record failed", extra={"event_id": record.event_id})
            raise

    return batched(EventType.DynamoDBStreams, carry_out, metric="Changes")

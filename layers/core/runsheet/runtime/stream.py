"""The one entrypoint of DynamoDB streams: each changed item, in order, at least once."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

from runsheet.runtime.observability import MetricUnit, logger, metrics, observed

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

    @observed
    def handler(event: dict[str, Any], context: Any) -> Any:  # noqa: ANN401 - Lambda's own object
        metrics.add_metric("Changes", MetricUnit.Count, len(event["Records"]))
        return process_partial_response(event, carry_out, _processor(), context)

    return handler


@cache
def _processor() -> BatchProcessor:
    return BatchProcessor(EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)

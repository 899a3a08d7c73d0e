"""Events that come in batches: each record is carried out by itself, and those that raise are told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

from runsheet.runtime.observability import MetricUnit, metrics, observed

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["EventType", "batched"]


def batched(
    kind: EventType, carry_out: Callable[[Any], None], *, metric: str
) -> Callable[[dict[str, Any], Any], Any]:
    """Make the handler of a source of batches that answers with the records that failed; `metric` counts all of them."""
    # A batch that failed as a whole is still answered in partial form: raising would hide which records did.
    processor = BatchProcessor(kind, raise_on_entire_batch_failure=False)

    @observed
    def handler(event: dict[str, Any], context: Any) -> Any:  # noqa: ANN401 - Lambda's own object
        metrics.add_metric(metric, MetricUnit.Count, len(event["Records"]))
        return process_partial_response(event, carry_out, processor, context)

    return handler

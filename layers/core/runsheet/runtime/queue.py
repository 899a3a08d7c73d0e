"""The one entrypoint of queues: each message is read, carried out and, if that raises, tried again soon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from runsheet.runtime import clients
from runsheet.runtime.batches import EventType, batched
from runsheet.runtime.observability import logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

    from runsheet.runtime.model import Model

Message = TypeVar("Message", bound="Model")
_FIRST_RETRY_SECONDS = 5


def worker(
    model: type[Message], function: Callable[[Message], None], *, queue_url: Callable[[], str]
) -> Callable[[dict[str, Any], Any], Any]:
    """Make `function` the handler of a queue of `model` messages, in partial batches.

    A message whose function raises goes back to the queue and shows itself again after 5 s, then 10, 20, 40: the
    queue's own visibility timeout is six times the function's, far too long for a passing fault. `function` must be
    idempotent: SQS hands a message over at least once.
    """

    def carry_out(record: SQSRecord) -> None:
        message = model.model_validate_json(record.body)
        try:
            function(message)
        except Exception:
            logger.exception("message failed", extra={"message_id": record.message_id})
            _retry_soon(queue_url(), record)
            raise

    return batched(EventType.SQS, carry_out, metric="Messages")


def _retry_soon(queue_url: str, record: SQSRecord) -> None:
    receives = int(record.attributes.approximate_receive_count)
    clients.sqs().change_message_visibility(
        QueueUrl=queue_url,
        ReceiptHandle=record.receipt_handle,
        VisibilityTimeout=_FIRST_RETRY_SECONDS * 2 ** (receives - 1),
    )

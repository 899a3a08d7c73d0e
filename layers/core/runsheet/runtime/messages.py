"""Messages to queues, as many as there are in as few calls as SQS allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from runsheet.runtime import clients
from runsheet.runtime.observability import logger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runsheet.runtime.model import Model

_PER_CALL = 10


def send(queue_url: str, messages: Sequence[Model], *, groups: Sequence[str] | None = None) -> list[int]:
    """Send messages and return the positions of those that SQS did not take; a call that fails took none of its ten.

    Args:
        queue_url: of a standard queue.
        messages: to send.
        groups: whom each message is for: SQS keeps the backlog of one from delaying the others (fair queues).
    """
    refused: list[int] = []
    for first in range(0, len(messages), _PER_CALL):
        entries: list[Any] = [
            {"Id": str(first + number), "MessageBody": message.model_dump_json()}
            | ({"MessageGroupId": groups[first + number]} if groups else {})
            for number, message in enumerate(messages[first : first + _PER_CALL])
        ]
        try:
            answer = clients.sqs().send_message_batch(QueueUrl=queue_url, Entries=entries)
        except (ClientError, BotoCoreError):
            logger.exception("messages not sent")
            refused += range(first, first + len(entries))
        else:
            refused += [int(failed["Id"]) for failed in answer.get("Failed", [])]
    return refused

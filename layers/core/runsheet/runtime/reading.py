"""Read many items of a table at once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from runsheet.errors import Unavailable
from runsheet.runtime.clients import dynamodb
from runsheet.runtime.items import from_item

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PER_CALL = 100
_TRIES = 5
_FIRST_PAUSE_SECONDS = 0.05


def batch_get(table: str, keys: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the values of the items that are there, in any order, strongly consistent; a call reads a hundred.

    Args:
        table: its name.
        keys: as DynamoDB takes them, each once.

    Raises:
        Unavailable: DynamoDB keeps leaving some of them unread, which is how it throttles a batch.
    """
    for first in range(0, len(keys), _PER_CALL):
        unread: Any = {table: {"Keys": list(keys[first : first + _PER_CALL]), "ConsistentRead": True}}
        for attempt in range(_TRIES):
            if attempt:
                time.sleep(_FIRST_PAUSE_SECONDS * 2**attempt)
            answer = dynamodb().batch_get_item(RequestItems=unread)
            yield from map(from_item, answer["Responses"].get(table, []))
            unread = answer.get("UnprocessedKeys")
            if not unread:
                break
        else:
            raise Unavailable("Too much is asked of the service at this moment. Try again shortly.")

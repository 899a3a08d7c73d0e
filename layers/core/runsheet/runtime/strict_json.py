"""JSON as a request may send it: what two readers could read differently is refused.

Numbers that JSON does not have (NaN, Infinity, and 1e999, which overflows to it), a name twice in one object, halves of
surrogate pairs, which no table takes, and nesting deeper than anything that is asked for.
"""

from __future__ import annotations

import json
import math
from typing import Any

_MAX_DEPTH = 20


class NotJson(ValueError):
    """The text is no JSON that is read here.

    Args:
        message: why, without quoting the text.
        position: of the character where reading ended.
    """

    def __init__(self, message: str, position: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


def decode(text: bytes) -> Any:  # noqa: ANN401 - whatever was sent
    """Return the value.

    Raises:
        NotJson: it is not UTF-8, not JSON, or one of the above.
    """
    try:
        value = json.loads(
            text.decode(), object_pairs_hook=_object, parse_float=_number, parse_constant=_constant
        )
    except UnicodeDecodeError as broken:
        raise NotJson("JSON decode error: not UTF-8", broken.start) from None
    except json.JSONDecodeError as broken:
        raise NotJson("JSON decode error", broken.pos) from None
    except NotJson:
        raise
    except ValueError:  # an integer of thousands of digits
        raise NotJson("JSON decode error: a number is too long") from None
    except RecursionError:
        raise _too_deep() from None
    _check(value)
    return value


def _check(value: object) -> None:
    levels = [value]
    for _ in range(_MAX_DEPTH):
        inner: list[object] = []
        for item in levels:
            if isinstance(item, dict):
                inner += [*item.keys(), *item.values()]
            elif isinstance(item, list):
                inner += item
            elif isinstance(item, str) and not _encodable(item):
                raise NotJson("JSON decode error: half of a surrogate pair")
        if not inner:
            return
        levels = inner
    raise _too_deep()


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _too_deep() -> NotJson:
    return NotJson(f"JSON decode error: nested deeper than {_MAX_DEPTH} levels")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotJson("JSON decode error: a name stands twice in one object")
    return found


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise NotJson("JSON decode error: a number is too large")
    return number


def _constant(name: str) -> float:
    raise NotJson(f"JSON decode error: {name} is no number")

"""Time-ordered object ids: `<prefix>_` + 8 base62 digits of the creation time in ms + 16 random ones.

Within one prefix the order of the ids is the order of creation, so a table whose sort key is the id lists by
time, and a `created` filter is a range of ids. 62^16 random values make a collision or a guess hopeless.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_TIME_DIGITS = 8
_RANDOM_DIGITS = 16
_MAX_MS = 62**_TIME_DIGITS - 1


def new_id(prefix: str, created: datetime) -> str:
    """Return a new id of the given prefix for an object created at `created` (aware)."""
    return f"{prefix}_{_base62(_milliseconds(created))}{random_digits(_RANDOM_DIGITS)}"


def derived_id(prefix: str, created: datetime, *origin: str) -> str:
    """Return the id of what follows from `origin`: the same each time, so that it is stored once.

    It is ordered by creation as those of `new_id` are; whoever knows its origin can compute it.
    """
    digest = int.from_bytes(hashlib.sha256("\n".join(origin).encode()).digest())
    return f"{prefix}_{_base62(_milliseconds(created))}{_digits(digest % 62**_RANDOM_DIGITS, _RANDOM_DIGITS)}"


def random_digits(count: int) -> str:
    """Return so many random digits of ALPHABET, from the system's source of secrets."""
    return "".join(secrets.choice(ALPHABET) for _ in range(count))


def lowest_id(prefix: str, since: int) -> str:
    """Return the id before which every object of `prefix` was created earlier than `since` (unix seconds)."""
    return f"{prefix}_{_base62(min(max(since, 0) * 1000, _MAX_MS))}"


def plausible(prefix: str, text: str) -> bool:
    """Return whether `text` could be an id of `prefix`; what could not need not, and cannot always, be looked up."""
    return re.fullmatch(prefix + "_[0-9A-Za-z]{1,64}", text, re.ASCII) is not None


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _base62(milliseconds: int) -> str:
    return _digits(milliseconds, _TIME_DIGITS)


def _digits(number: int, count: int) -> str:
    digits = []
    for _ in range(count):
        number, digit = divmod(number, 62)
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))

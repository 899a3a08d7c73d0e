"""Time-ordered object ids: `<prefix>_` + 8 base62 digits of the creation time in ms + 16 random ones.

Within one prefix the order of the ids is the order of creation, so a table whose sort key is the id lists by
time, and a `created` filter is a range of ids. 62^16 random values make a collision or a guess hopeless.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_TIME_DIGITS = 8
_RANDOM_DIGITS = 16
_SEED_DIGITS = 22  # 62^22 > 2^128
_MAX_MS = 62**_TIME_DIGITS - 1


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the ids of the objects that a request makes come from: carried out again, it makes the same ones.

    Attributes:
        moment: when the request was first carried out (aware); the creation time of what it makes.
        seed: a secret, so that nobody guesses the ids.
    """

    moment: datetime
    seed: str

    @classmethod
    def fresh(cls, moment: datetime) -> Origin:
        """Return that of a request that is carried out for the first time, at `moment`."""
        return cls(moment, random_digits(_SEED_DIGITS))

    def new_id(self, prefix: str) -> str:
        """Return the id of the one object of this prefix that the request makes, the same at each call."""
        return f"{prefix}_{base62(_milliseconds(self.moment), _TIME_DIGITS)}{self.digits(prefix, _RANDOM_DIGITS)}"

    def digits(self, label: str, count: int) -> str:
        """Return so many digits of ALPHABET that nobody guesses, the same for one label; at most 42, a hash has no more."""
        return base62(int.from_bytes(hashlib.sha256(f"{self.seed} {label}".encode()).digest()), count)


def new_id(prefix: str, created: datetime) -> str:
    """Return a new id of the given prefix for an object created at `created` (aware)."""
    return f"{prefix}_{base62(_milliseconds(created), _TIME_DIGITS)}{random_digits(_RANDOM_DIGITS)}"


def derived_id(prefix: str, created: datetime, *origin: str) -> str:
    """Return the id of what follows from `origin`: the same each time, so that it is stored once.

    It is ordered by creation as those of `new_id` are; whoever knows its origin can compute it.
    """
    digest = int.from_bytes(hashlib.sha256("\n".join(origin).encode()).digest())
    return f"{prefix}_{base62(_milliseconds(created), _TIME_DIGITS)}{base62(digest, _RANDOM_DIGITS)}"


def random_digits(count: int) -> str:
    """Return so many random digits of ALPHABET, from the system's source of secrets."""
    return base62(secrets.randbelow(62**count), count)


def base62(number: int, digits: int) -> str:
    """Return the last so many digits of a number, written with ALPHABET."""
    written = []
    for _ in range(digits):
        number, digit = divmod(number, 62)
        written.append(ALPHABET[digit])
    return "".join(reversed(written))


def lowest_id(prefix: str, since: int) -> str:
    """Return the id before which every object of `prefix` was created earlier than `since` (unix seconds)."""
    return f"{prefix}_{base62(min(max(since, 0) * 1000, _MAX_MS), _TIME_DIGITS)}"


def plausible(prefix: str, text: str) -> bool:
    """Return whether `text` could be an id of `prefix`; what could not need not, and cannot always, be looked up."""
    return re.fullmatch(prefix + "_[0-9A-Za-z]{1,64}", text, re.ASCII) is not None


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)

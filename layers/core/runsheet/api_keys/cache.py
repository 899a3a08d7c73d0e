"""What this process has looked up to authenticate requests, each for at most a minute."""

from __future__ import annotations

from collections import OrderedDict
from datetime import timedelta
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from datetime import datetime

LIFETIME = timedelta(seconds=60)

Found = TypeVar("Found")


class Cache(Generic[Found]):
    """Maps names to what was found by them: a revoked key goes on working for LIFETIME at the most.

    Ages by the wall clock: a container is frozen between requests, and its monotonic clock may stop with it.

    Args:
        size: how many it holds; the one stored first gives way.
    """

    def __init__(self, size: int = 1_000) -> None:
        self._size = size
        self._found: OrderedDict[str, tuple[Found, datetime]] = OrderedDict()

    def get(self, name: str, now: datetime) -> Found | None:
        """Return what was stored less than LIFETIME before `now`."""
        found, stored = self._found.get(name, (None, now))
        # A clock set back must not prolong a stay, so an age below zero is no age either.
        return found if timedelta(0) <= now - stored < LIFETIME else None

    def put(self, name: str, found: Found, now: datetime) -> None:
        """Keep what was found from `now` on."""
        self._found.pop(name, None)
        if len(self._found) >= self._size:
            self._found.popitem(last=False)
        self._found[name] = (found, now)

    def clear(self) -> None:
        """Forget everything."""
        self._found.clear()

"""Keys in force that this process has looked up, each for at most a minute."""

from __future__ import annotations

from collections import OrderedDict
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from runsheet.api_keys.model import ApiKey

LIFETIME = timedelta(seconds=60)


class KeyCache:
    """Maps hashes of secrets to keys. A revoked key goes on working for LIFETIME at the most.

    Ages by the wall clock: a container is frozen between requests, and its monotonic clock may stop with it.

    Args:
        size: how many keys it holds; the one stored first gives way.
    """

    def __init__(self, size: int = 1_000) -> None:
        self._size = size
        self._keys: OrderedDict[str, tuple[ApiKey, datetime]] = OrderedDict()

    def get(self, secret_hash: str, now: datetime) -> ApiKey | None:
        """Return the key if it was stored less than LIFETIME before `now`."""
        key, stored = self._keys.get(secret_hash, (None, now))
        # A clock set back must not prolong a key's stay, so an age below zero is no age either.
        return key if timedelta(0) <= now - stored < LIFETIME else None

    def put(self, secret_hash: str, key: ApiKey, now: datetime) -> None:
        """Keep the key from `now` on."""
        self._keys.pop(secret_hash, None)
        if len(self._keys) >= self._size:
            self._keys.popitem(last=False)
        self._keys[secret_hash] = (key, now)

    def clear(self) -> None:
        """Forget all keys."""
        self._keys.clear()

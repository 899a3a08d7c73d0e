"""A key stays in a process for a minute at the most."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from runsheet.api_keys.cache import Cache
from runsheet.api_keys.model import ApiKey

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KEY = ApiKey("key_1", "org_1", "test", "secret", None, "CI", "sk_test_****************abcd", NOW)


def test_a_key_is_there_for_less_than_a_minute() -> None:
    cache = Cache[ApiKey]()
    cache.put("hash", KEY, NOW)

    assert cache.get("hash", NOW + timedelta(seconds=59.9)) == KEY
    assert cache.get("hash", NOW + timedelta(seconds=60)) is None
    assert cache.get("other", NOW) is None


def test_a_clock_that_goes_back_does_not_prolong_it() -> None:
    cache = Cache[ApiKey]()
    cache.put("hash", KEY, NOW)

    assert cache.get("hash", NOW - timedelta(seconds=1)) is None


def test_the_one_stored_first_gives_way() -> None:
    cache = Cache[ApiKey](size=3)
    for name in "abcb":
        cache.put(name, KEY, NOW)
    assert [name for name in "abcd" if cache.get(name, NOW)] == ["a", "b", "c"]

    cache.put("d", KEY, NOW)
    assert [name for name in "abcd" if cache.get(name, NOW)] == ["b", "c", "d"]

"""Local time by comparisons against the time zone database itself."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from importlib import resources
from itertools import pairwise

import duckdb
import pytest

from runsheet.catalog.parameters import timezones
from runsheet.engine.timezones import local_time, offsets

# Half hours, changes of a country's mind, southern summers, a day that was left out, two changes within a month.
ZONES = [
    "Africa/Casablanca", "America/Boa_Vista", "America/Bogota", "America/New_York", "America/St_Johns",
    "Antarctica/Troll", "Asia/Kathmandu", "Asia/Pyongyang", "Asia/Tokyo", "Australia/Lord_Howe", "Etc/UTC",
    "Etc/GMT+12", "Europe/Berlin", "Europe/Lisbon", "Pacific/Apia", "Pacific/Chatham", "Factory",
]  # fmt: skip


def changes(zone: str) -> list[tuple[int, int]]:
    """Return the changes that a TZif file spells out: unix time and the offset (s) from there on (RFC 8536)."""
    data = resources.files("tzdata").joinpath("zoneinfo", *zone.split("/")).read_bytes()
    utc, standard, leaps, times, types, characters = struct.unpack(">6l", data[20:44])
    second = 44 + times * 5 + types * 6 + characters + leaps * 8 + standard + utc
    _, _, _, times, types, _ = struct.unpack(">6l", data[second + 20 : second + 44])
    start = second + 44
    moments = struct.unpack(f">{times}q", data[start : start + 8 * times])
    which = data[start + 8 * times : start + 9 * times]
    records = start + 9 * times
    seconds = [struct.unpack(">l", data[records + 6 * n : records + 6 * n + 4])[0] for n in range(types)]
    found = [(moment, seconds[index]) for moment, index in zip(moments, which, strict=True)]
    return [after for before, after in pairwise(found) if after[1] != before[1]]


@pytest.mark.parametrize("zone", ZONES)
def test_every_change_since_1970_is_found_to_the_second(zone: str) -> None:
    found = {int(start.timestamp()): int(offset.total_seconds()) for start, offset in offsets(zone)}
    for moment, seconds in changes(zone):
        if moment > 0:
            assert found[moment] == seconds


def test_no_two_changes_of_any_zone_are_closer_than_the_search_steps() -> None:
    for zone in timezones() - {"US/Pacific-New"}:
        moments = [moment for moment, _ in changes(zone) if moment > -(10**8)]
        assert all(later - earlier > 3 * 86400 for earlier, later in pairwise(moments)), zone


def test_changes_go_on_by_rule_after_the_database_ends() -> None:
    starts = [start for start, _ in offsets("Europe/Berlin")]
    assert datetime(2099, 3, 29, 1, tzinfo=UTC) in starts
    assert datetime(2099, 10, 25, 1, tzinfo=UTC) in starts


def test_the_zone_that_left_the_database_is_los_angeles() -> None:
    assert offsets("US/Pacific-New") == offsets("America/Los_Angeles")


NEAR = [
    None,
    (datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 7, 1, tzinfo=UTC)),
    (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)),
    (datetime(9998, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
]


@pytest.mark.parametrize("near", NEAR, ids=str)
@pytest.mark.parametrize("zone", ZONES)
def test_the_sql_gives_the_local_time_wherever_the_interval_is(
    zone: str, near: tuple[datetime, datetime] | None
) -> None:
    eras = offsets(zone)
    chosen = [*eras[:2], *eras[-3:], *(era for era in eras if 2023 <= era[0].year <= 2025)]
    moments = {start + timedelta(seconds=shift) for start, _ in chosen for shift in (-1, 0, 1)}
    moments |= {datetime(1950, 1, 1, tzinfo=UTC), datetime(2150, 7, 1, tzinfo=UTC)}
    values = ", ".join(f"(timestamp '{moment:%Y-%m-%d %H:%M:%S}')" for moment in moments)
    found = dict(
        duckdb.sql(
            f"select t, {local_time('t', zone, near)} from (values {values}, (null)) as v(t)"
        ).fetchall()
    )
    assert found.pop(None) is None
    for moment in moments:
        offset = next((offset for start, offset in reversed(eras) if start <= moment), eras[0][1])
        assert found[moment.replace(tzinfo=None)] == (moment + offset).replace(tzinfo=None)

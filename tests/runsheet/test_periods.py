"""Calendar periods against the calendar and against zoneinfo, in every zone and across its changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runsheet import periods
from runsheet.zones import names, zone

DAY = timedelta(days=1)
WEDNESDAY = date(2026, 3, 18)
ZONES = st.sampled_from(sorted(names()))
MOMENTS = st.datetimes(datetime(1975, 1, 1), datetime(2037, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001
RELATIVE = [f"{when}_{unit}" for when in ("this", "last") for unit in ("week", "month", "quarter", "year")]


@pytest.mark.parametrize(
    ("name", "first", "last", "so_far"),
    [
        ("2026", "2026-01-01", "2026-12-31", False),
        ("2026-Q1", "2026-01-01", "2026-03-31", False),
        ("2024-Q4", "2024-10-01", "2024-12-31", False),
        ("2026-03", "2026-03-01", "2026-03-31", False),
        ("2024-02", "2024-02-01", "2024-02-29", False),
        ("2026-W07", "2026-02-09", "2026-02-15", False),
        ("2026-W01", "2025-12-29", "2026-01-04", False),
        ("2020-W53", "2020-12-28", "2021-01-03", False),
        ("2026-03-15", "2026-03-15", "2026-03-15", False),
        ("yesterday", "2026-03-17", "2026-03-17", False),
        ("last_week", "2026-03-09", "2026-03-15", False),
        ("last_month", "2026-02-01", "2026-02-28", False),
        ("last_quarter", "2025-10-01", "2025-12-31", False),
        ("last_year", "2025-01-01", "2025-12-31", False),
        ("today", "2026-03-18", "2026-03-18", True),
        ("this_week", "2026-03-16", "2026-03-18", True),
        ("this_month", "2026-03-01", "2026-03-18", True),
        ("this_quarter", "2026-01-01", "2026-03-18", True),
        ("this_year", "2026-01-01", "2026-03-18", True),
    ],
)
def test_a_period_has_its_days(name: str, first: str, last: str, *, so_far: bool) -> None:
    expected = periods.Days(date.fromisoformat(first), date.fromisoformat(last), so_far)
    assert periods.days(name, WEDNESDAY) == expected


@pytest.mark.parametrize(
    "name",
    ["", "26", "2026-3", "2026-13", "2026-00", "2026-Q0", "2026-Q5", "2026-W00", "2025-W53", "2026-W7", "2026-02-30",
     "2026-02-29", "1899", "9999", "0000", "last_day", "this_", "last_", "next_week", "2026-03 ", "2026-q1", "TODAY",
     "\uff12\uff10\uff12\uff16", "2026-W07-1", "2026-01-01T00:00:00Z"],
)  # fmt: skip
def test_what_is_no_period_is_told_from_one(name: str) -> None:
    with pytest.raises(ValueError, match=r"no period|no month|must be|out of range|Invalid week"):
        periods.days(name, WEDNESDAY)


@given(moment=MOMENTS, timezone=ZONES, name=st.sampled_from([*RELATIVE, "today", "yesterday"]))
def test_the_instants_of_a_period_are_those_that_the_zone_shows_on_its_days(
    moment: datetime, timezone: str, name: str
) -> None:
    """Every second that is looked at around both ends is inside if and only if its local day is."""
    local_zone = zone(timezone)
    period = periods.days(name, periods.today(moment, timezone))
    start, end = periods.instants(period, moment, timezone)
    if period.so_far:
        assert end == max(start, moment.replace(microsecond=0))
        edges = [start]
    else:
        edges = [start, end]
    for edge in edges:
        for seconds in (-86_400, -3600, -1800, -1, 0, 1, 1800, 3600, 86_399):
            at = edge + timedelta(seconds=seconds)
            day = at.astimezone(local_zone).date()
            inside = start <= at and (period.so_far or at < end)
            # Clocks that go back over midnight show the day before once more, in the middle of the following one.
            again = (at - timedelta(hours=3)).astimezone(local_zone).date() > day
            later = (at + timedelta(hours=3)).astimezone(local_zone).date() < day
            if not again and not later:
                assert inside == (period.first <= day and (period.so_far or day <= period.last)), (at, day)


@given(moment=MOMENTS, timezone=ZONES, unit=st.sampled_from(["week", "month", "quarter", "year"]))
def test_the_last_period_ends_where_this_one_begins(moment: datetime, timezone: str, unit: str) -> None:
    today = periods.today(moment, timezone)
    _, end = periods.instants(periods.days(f"last_{unit}", today), moment, timezone)
    start, _ = periods.instants(periods.days(f"this_{unit}", today), moment, timezone)
    assert end == start <= moment


@given(year=st.integers(1971, 2100), timezone=ZONES)
def test_the_parts_of_a_year_are_the_year(year: int, timezone: str) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    whole = periods.instants(periods.days(f"{year}", WEDNESDAY), now, timezone)
    for parts in ([f"{year}-Q{n}" for n in range(1, 5)], [f"{year}-{n:02d}" for n in range(1, 13)]):
        bounds = [periods.instants(periods.days(part, WEDNESDAY), now, timezone) for part in parts]
        assert (bounds[0][0], bounds[-1][1]) == whole
        assert all(left[1] == right[0] for left, right in pairwise(bounds))


def test_a_day_of_a_change_has_its_own_length_and_a_day_that_is_left_out_none() -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    lengths = {
        (name, timezone): end - start
        for name, timezone in [
            ("2026-03-29", "Europe/Berlin"), ("2025-10-26", "Europe/Berlin"), ("2026-03-29", "Etc/UTC"),
            ("2011-12-30", "Pacific/Apia"),
        ]
        for start, end in [periods.instants(periods.days(name, WEDNESDAY), now, timezone)]
    }  # fmt: skip
    assert [length / timedelta(hours=1) for length in lengths.values()] == [23, 25, 24, 0]

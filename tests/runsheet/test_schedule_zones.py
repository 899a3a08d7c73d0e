"""Send times and periods in every zone from 2000 to 2040, and at random, against what the words say.

A send is in the first instant in which the clock shows its time or a later one. The oracles read that off the clock:
one from the times between the changes of a zone, one by looking at the clock minute by minute. Both only ever turn
UTC into local time; which days it is are those of dateutil's recurrence rules.
"""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from dateutil import rrule
from hypothesis import given, settings
from hypothesis import strategies as st

from runsheet import zones
from runsheet.engine.timezones import offsets
from runsheet.schedule import (
    Schedule,
    count_sends,
    day_of,
    latest_send,
    next_send,
    period,
    upcoming,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY, HALF_HOUR = timedelta(days=1), timedelta(minutes=30)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
HALF_HOURS = [time(hour, minute) for hour in range(24) for minute in (0, 30)]
FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)
# So that the work can be shared out.
PARTS = 8


@cache
def clock(name: str) -> tuple[list[datetime], list[datetime], list[timedelta]]:
    """Return the times between a zone's changes: their beginnings and ends in UTC, and their offsets."""
    eras = offsets(name)
    starts = [start for start, _ in eras]
    return starts, [*starts[1:], datetime.max.replace(tzinfo=UTC)], [offset for _, offset in eras]


@cache
def first_showing(name: str, wall: datetime) -> datetime:
    """Return the first instant in which the zone's clock shows `wall` (naive) or later."""
    starts, ends, shifts = clock(name)
    near = bisect(starts, wall.replace(tzinfo=UTC) - 2 * DAY) - 1
    for start, end, shift in zip(starts[near:], ends[near:], shifts[near:], strict=True):
        showing = max(start, (wall - shift).replace(tzinfo=UTC))
        if showing < end:
            return showing
    raise AssertionError(wall)


@cache
def is_in_calendar(name: str, day: date) -> bool:
    midnight = datetime.combine(day, time())
    return first_showing(name, midnight) < first_showing(name, midnight + DAY)


def daily(name: str, at: time, first: date, last: date) -> list[tuple[date, datetime]]:
    """Return the days from first to last with their sends."""
    days = [first + n * DAY for n in range((last - first).days + 1)]
    return [
        (day, first_showing(name, datetime.combine(day, at))) for day in days if is_in_calendar(name, day)
    ]


@cache
def different() -> dict[str, list[str]]:
    """Return the names of each different zone, by their first: links to the same rules are the same file."""
    named = defaultdict(list)
    for name in sorted(zones.names()):
        named[resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()].append(name)
    return {names[0]: names for names in named.values()}


def changes(name: str) -> Iterator[tuple[datetime, datetime]]:
    """Yield for each change from 2000 to 2040 the earlier and the later of the times on the clock (naive)."""
    for (_, before), (start, after) in pairwise(offsets(name)):
        if FIRST <= start < LAST:
            naive = start.replace(tzinfo=None)
            yield naive + min(before, after), naive + max(before, after)


@pytest.mark.parametrize("part", range(PARTS))
def test_daily_reports_around_every_change_of_every_zone(part: int) -> None:
    for name in list(different())[part::PARTS]:
        for low, high in changes(name):
            steps = range((high - low) // HALF_HOUR + 1)
            walls = [low + n * HALF_HOUR for n in steps]
            for at in {time(wall.hour, wall.minute // 30 * 30) for wall in walls}:
                _daily_is_right(name, at, low.date() - DAY, high.date() + DAY)


def _daily_is_right(name: str, at: time, first: date, last: date) -> None:
    schedule = Schedule("daily", at, 0, 1, name)
    expected = daily(name, at, first, last)
    moment, end = expected[0][1] - SECOND, None
    for day, sent in expected:
        where = (name, at, day)
        assert next_send(schedule, moment) == sent, where
        assert latest_send(schedule, sent + SECOND) == sent, where
        assert day_of(schedule, sent) == day, where
        about = period("daily", sent, name, day)
        assert end in {None, about.start}, where
        assert about.end == first_showing(name, datetime.combine(day, time())) <= sent, where
        assert about.first_day == about.last_day == _before(name, day), where
        moment, end = sent, about.end


def _before(name: str, day: date) -> date:
    return day - DAY if is_in_calendar(name, day - DAY) else day - 2 * DAY


@pytest.mark.parametrize("part", range(PARTS))
def test_monthly_reports_of_every_zone_from_2000_to_2040(part: int) -> None:
    months = [day.date() for day in rrule.rrule(rrule.MONTHLY, dtstart=FIRST.replace(tzinfo=None), count=480)]
    for name in list(different())[part::PARTS]:
        schedule = Schedule("monthly", time(0), 0, 1, name)
        moment = first_showing(name, datetime.combine(months[0], time())) - SECOND
        end = None
        for month in months:
            moment = next_send(schedule, moment)
            assert moment == first_showing(name, datetime.combine(month, time())), (name, month)
            about = period("monthly", moment, name, month)
            assert end in {None, about.start}, (name, month)
            assert (about.end, about.last_day) == (moment, month - DAY), (name, month)
            end = about.end


def test_every_send_since_2023_falls_on_a_quarter_of_an_hour_in_which_the_dispatcher_looks() -> None:
    for name in different():
        for (start, offset), end in zip(offsets(name), clock(name)[1], strict=True):
            if end.year >= 2023:
                assert offset % timedelta(minutes=15) == timedelta(), name
            if start.year >= 2023:
                assert start.timestamp() % 900 == 0, name


def test_every_name_is_one_of_the_zones_looked_at() -> None:
    assert sum(len(names) for names in different().values()) == len(zones.names()) > 590
    for names in different().values():
        schedules = [Schedule("daily", time(2, 30), 0, 1, name) for name in names]
        assert len({next_send(schedule, FIRST) for schedule in schedules}) == 1


SCHEDULES = st.builds(
    Schedule,
    st.sampled_from(["daily", "weekly", "monthly"]),
    st.sampled_from(HALF_HOURS),
    st.integers(0, 6),
    st.integers(1, 28) | st.just("last"),
    st.sampled_from(sorted(zones.names())),
)
INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def days(schedule: Schedule, around: date) -> list[date]:
    """Return the days of a schedule in the 80 days around one, by dateutil."""
    start = datetime.combine(around - 40 * DAY, time())
    rule = {
        "daily": {"freq": rrule.DAILY},
        "weekly": {"freq": rrule.WEEKLY, "byweekday": schedule.weekday},
        "monthly": {
            "freq": rrule.MONTHLY,
            "bymonthday": -1 if schedule.day_of_month == "last" else schedule.day_of_month,
        },
    }[schedule.frequency]
    return [each.date() for each in rrule.rrule(**rule, dtstart=start, until=start + 80 * DAY)]


def watched(name: str, wall: datetime) -> datetime:
    """Look at the clock every minute, from before any zone can show `wall`, until it shows it or more."""
    zone = zones.zone(name)
    moment = wall.replace(tzinfo=UTC) - timedelta(hours=16)
    while moment.astimezone(zone).replace(tzinfo=None) < wall:
        moment += MINUTE
    return moment


@settings(max_examples=100, deadline=None)
@given(SCHEDULES, INSTANTS)
def test_next_and_latest_are_those_that_a_clock_shows(schedule: Schedule, moment: datetime) -> None:
    around = moment.astimezone(zones.zone(schedule.timezone)).date()
    known = days(schedule, around)
    if schedule.frequency == "daily":
        known = [
            day for day in known if abs(day - around) <= 3 * DAY and is_in_calendar(schedule.timezone, day)
        ]
    sends = [watched(schedule.timezone, datetime.combine(day, schedule.time)) for day in known]
    assert sends == sorted(set(sends))
    assert next_send(schedule, moment) == min(sent for sent in sends if sent > moment)
    assert latest_send(schedule, moment) == max(sent for sent in sends if sent <= moment)
    assert (
        day_of(schedule, latest_send(schedule, moment)) == known[sends.index(latest_send(schedule, moment))]
    )


@settings(max_examples=200, deadline=None)
@given(SCHEDULES, INSTANTS)
def test_next_and_latest_undo_each_other(schedule: Schedule, moment: datetime) -> None:
    following, latest = next_send(schedule, moment), latest_send(schedule, moment)
    assert latest <= moment < following
    assert next_send(schedule, latest) == following
    assert latest_send(schedule, following) == following
    assert latest_send(schedule, following - SECOND / 1000) == latest
    assert next_send(schedule, latest - SECOND / 1000) == latest
    assert count_sends(schedule, latest, following) == 1
    assert count_sends(schedule, moment, following - SECOND / 1000) == 0


@settings(max_examples=100, deadline=None)
@given(SCHEDULES, INSTANTS, st.integers(1, 40))
def test_the_periods_of_consecutive_sends_meet(schedule: Schedule, moment: datetime, count: int) -> None:
    sends = upcoming(schedule, moment, count)
    assert count_sends(schedule, moment, sends[-1].at) == count
    about = [
        period(schedule.frequency, send.at, schedule.timezone, day_of(schedule, send.at)) for send in sends
    ]
    for earlier, later in pairwise(about):
        assert earlier.end == later.start
        assert earlier.last_day < later.first_day
    for send, each in zip(sends, about, strict=True):
        assert each.start < each.end <= send.at
        assert each.first_day <= each.last_day
        assert each.start == first_showing(schedule.timezone, datetime.combine(each.first_day, time()))
        assert send.local.astimezone(UTC) == send.at
        on_time = send.local.replace(tzinfo=None) == datetime.combine(
            day_of(schedule, send.at), schedule.time
        )
        assert on_time or "does not exist" in (send.note or "")

"""Calendar periods by name, as days and as instants. Pure: no clock, no I/O but reading a zone once.

A day begins as in `schedule`: in the first instant in which the clock shows 00:00 or later.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from runsheet import schedule
from runsheet.zones import zone

if TYPE_CHECKING:
    from collections.abc import Callable

FORMS = (
    "a year (2026), a quarter (2026-Q1), a month (2026-03), an ISO week (2026-W07) or a day (2026-03-15); yesterday,"
    " last_week, last_month, last_quarter or last_year; or, up to now, today, this_week, this_month, this_quarter"
    " or this_year"
)
# As the report types' dates: the day after the last one still has a date.
_FIRST_YEAR, _LAST_YEAR = 1900, 9998
_NAMED = re.compile(
    r"(?P<year>[0-9]{4})(-(?:Q(?P<quarter>[1-4])|W(?P<week>[0-9]{2})|(?P<month>[0-9]{2})(-(?P<day>[0-9]{2}))?))?",
    re.ASCII,
)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Days:
    """A period.

    Attributes:
        first, last: its days, both included.
        so_far: whether it ends now, in its last day, rather than at the end of that day.
    """

    first: date
    last: date
    so_far: bool = False


def days(name: str, today: date) -> Days:
    """Return the days of a period.

    Args:
        name: one of FORMS.
        today: the present day, in whatever zone the days are to be of.

    Raises:
        ValueError: no period is called so.
    """
    when, _, unit = name.partition("_")
    if name == "today":
        return Days(today, today, so_far=True)
    if name == "yesterday":
        return Days(today - _DAY, today - _DAY)
    if unit in _BEGINS and when == "this":
        return Days(_BEGINS[unit](today), today, so_far=True)
    if unit in _BEGINS and when == "last":
        last = _BEGINS[unit](today) - _DAY
        return Days(_BEGINS[unit](last), last)
    named = _NAMED.fullmatch(name)
    if named is None or not _FIRST_YEAR <= int(named["year"]) <= _LAST_YEAR:
        raise ValueError(f"no period is called {name[:60]!r}")
    return _in_the_calendar(named)


def instants(period: Days, now: datetime, timezone: str) -> tuple[datetime, datetime]:
    """Return the first instant of a period and its end (exclusive), aware UTC, to the second.

    They are equal if there is no time in it: a day that the zone has left out, or one that has begun this second.

    Raises:
        ValueError: the zone is unknown.
    """
    start = schedule.start_of_day(period.first, timezone)
    if period.so_far:
        return start, max(start, now.astimezone(UTC).replace(microsecond=0))
    return start, schedule.start_of_day(period.last + _DAY, timezone)


def today(now: datetime, timezone: str) -> date:
    """Return the local day of an instant.

    Raises:
        ValueError: the zone is unknown.
    """
    return now.astimezone(zone(timezone)).date()


def _in_the_calendar(named: re.Match[str]) -> Days:
    year = int(named["year"])
    if named["week"]:
        monday = date.fromisocalendar(year, int(named["week"]), 1)
        return Days(monday, monday + 6 * _DAY)
    if named["day"]:
        day = date(year, int(named["month"]), int(named["day"]))
        return Days(day, day)
    if named["month"]:
        first_month = last_month = int(named["month"])
    elif named["quarter"]:
        first_month, last_month = int(named["quarter"]) * 3 - 2, int(named["quarter"]) * 3
    else:
        first_month, last_month = 1, 12
    return Days(date(year, first_month, 1), _last_of(year, last_month))


def _last_of(year: int, month: int) -> date:
    if not 1 <= month <= 12:
        raise ValueError(f"there is no month {month}")
    return date(year, month, monthrange(year, month)[1])


_BEGINS: dict[str, Callable[[date], date]] = {
    "week": lambda day: day - _DAY * day.weekday(),
    "month": lambda day: day.replace(day=1),
    "quarter": lambda day: day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1),
    "year": lambda day: day.replace(month=1, day=1),
}

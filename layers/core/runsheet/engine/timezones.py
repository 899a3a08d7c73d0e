"""Local time in SQL without ICU: the offsets of a time zone, compared near the interval and searched elsewhere.

ICU's conversion costs 620 ms a million rows, a piecewise-constant CASE 12 to 31 (performance.md). The offsets are
those of the tzdata package, whatever the system's own time zone database says: a run gives the same everywhere.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from runsheet.zones import zone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

# Timestamps outside take the offset of the nearest end.
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
# No two changes of a zone are closer; a test says so of every zone.
_STEP = timedelta(days=3)
# Most timestamps of a run lie this close to its interval: those are compared first.
_NEAR = timedelta(days=60)


def local_time(timestamp: str, timezone: str, near: tuple[datetime, datetime] | None = None) -> str:
    """Return the SQL of a UTC timestamp's local time.

    Args:
        timestamp: SQL of a TIMESTAMP in UTC.
        timezone: a name that the catalogue has accepted.
        near: the interval of the run (aware): it only decides which comparisons come first.
    """
    eras = offsets(timezone)
    if near is None:
        return _searched(timestamp, eras)
    start = max(_index(eras, _clamped(near[0]) - _NEAR), 0)
    end = _index(eras, _clamped(near[1]) + _NEAR) + 1
    expression = _compared(timestamp, eras[start:end])
    if end < len(eras):
        bound = _moment(eras[end][0])
        expression = (
            f"case when {timestamp} >= {bound} then {_searched(timestamp, eras)} else {expression} end"
        )
    if start > 0:
        bound = _moment(eras[start][0])
        expression = (
            f"case when {timestamp} < {bound} then {_searched(timestamp, eras)} else {expression} end"
        )
    return expression


@cache
def offsets(timezone: str) -> tuple[tuple[datetime, timedelta], ...]:
    """Return from when (aware UTC) which offset holds, from 1970 to 2100, to the second."""
    local_zone = zone(timezone)
    eras = [(_FIRST, _offset(local_zone, _FIRST))]
    if local_zone.utcoffset(None) is not None:
        return tuple(eras)
    moment = _FIRST
    while moment < _LAST:
        following = moment + _STEP
        if _offset(local_zone, following) != eras[-1][1]:
            change = _change(local_zone, moment, following)
            eras.append((change, _offset(local_zone, change)))
        moment = following
    return tuple(eras)


def _offset(local_zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(local_zone).utcoffset() or timedelta(0)


def _change(local_zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Return the first second after `before` with the offset of `after`."""
    old = _offset(local_zone, before)
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=int((after - before).total_seconds()) // 2)
        if _offset(local_zone, middle) == old:
            before = middle
        else:
            after = middle
    return after


def _clamped(moment: datetime) -> datetime:
    return min(max(moment, _FIRST), _LAST)


def _index(eras: Sequence[tuple[datetime, timedelta]], moment: datetime) -> int:
    return sum(start <= moment for start, _ in eras) - 1


def _compared(timestamp: str, eras: Sequence[tuple[datetime, timedelta]]) -> str:
    """A tree of comparisons: fast to run, but every one of them has to be planned."""
    if len(eras) == 1:
        seconds = int(eras[0][1].total_seconds())
        return f"{timestamp} + interval '{seconds} seconds'" if seconds else timestamp
    middle = len(eras) // 2
    return (
        f"case when {timestamp} < {_moment(eras[middle][0])}"
        f" then {_compared(timestamp, eras[:middle])} else {_compared(timestamp, eras[middle:])} end"
    )


def _searched(timestamp: str, eras: Sequence[tuple[datetime, timedelta]]) -> str:
    """A search of a list: the other way round, for the few that are far from the interval."""
    if len(eras) == 1:
        return _compared(timestamp, eras)
    starts = ", ".join(str(int(start.timestamp())) for start, _ in eras[1:])
    seconds = ", ".join(str(int(offset.total_seconds())) for _, offset in eras)
    passed = f"len(list_filter([{starts}], lambda start: start <= epoch({timestamp})))"
    return f"{timestamp} + to_seconds([{seconds}][1 + {passed}])"


def _moment(moment: datetime) -> str:
    return f"timestamp '{moment:%Y-%m-%d %H:%M:%S}'"

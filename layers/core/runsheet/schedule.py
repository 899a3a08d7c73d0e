"""When a report is sent, and what period it is about (docs/decisions/2026-11-22-send-times.md).

A report is sent in the first instant in which the clock on the wall shows its time, or a later one: where the clocks
skip that time, this is the instant of the change; where they show it twice, the first of the two. A day of the report
begins in the same way at 00:00. Every instant is aware and in UTC. No I/O but reading a zone once.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal

from runsheet.zones import zone

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

__all__ = [
    "Frequency",
    "Period",
    "Schedule",
    "SendTime",
    "as_of",
    "count_sends",
    "day_of",
    "latest_send",
    "next_send",
    "period",
    "upcoming",
    "zone",
]

Frequency = Literal["daily", "weekly", "monthly"]

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The days and the local time at which a report is sent.

    Attributes:
        frequency: which of the two below counts.
        time: local, naive.
        weekday: of a weekly report; 0 is Monday.
        day_of_month: of a monthly report: 1 to 28, or `last`.
        timezone: IANA name.
    """

    frequency: Frequency
    time: time
    weekday: int
    day_of_month: int | Literal["last"]
    timezone: str


@dataclass(frozen=True, slots=True)
class SendTime:
    """A send to come.

    Attributes:
        at: the instant, in UTC.
        local: the same instant, in the schedule's zone.
        note: what a change of the clocks does to it, for people; None on all other days.
    """

    at: datetime
    local: datetime
    note: str | None


@dataclass(frozen=True, slots=True)
class Period:
    """What a report is about.

    Attributes:
        start, end: half-open, in UTC, never empty.
        first_day, last_day: the same as local days, both included.
        timezone: IANA name of the zone that they are days of.
    """

    start: datetime
    end: datetime
    first_day: date
    last_day: date
    timezone: str


def next_send(schedule: Schedule, after: datetime) -> datetime:
    """Return the first send strictly after an instant.

    Raises:
        ValueError: the zone is unknown.
    """
    local_zone = zone(schedule.timezone)
    local = after.astimezone(local_zone)
    today = local.date()
    day = _on_or_after(schedule, today)
    if day == today and schedule.time <= local.time():
        day = _on_or_after(schedule, day + _DAY)
    # More than once round only where the clocks show a time again, or leave out a day.
    while True:
        sent = _send(schedule, local_zone, day)
        if sent is not None and sent > after:
            return sent
        day = _on_or_after(schedule, day + _DAY)


def latest_send(schedule: Schedule, until: datetime) -> datetime:
    """Return the newest send at or before an instant.

    Raises:
        ValueError: the zone is unknown.
    """
    local_zone = zone(schedule.timezone)
    # The day after, because clocks that go back over midnight show the day before once more.
    day = _on_or_before(schedule, until.astimezone(local_zone).date() + _DAY)
    while True:
        sent = _send(schedule, local_zone, day)
        if sent is not None and sent <= until:
            return sent
        day = _on_or_before(schedule, day - _DAY)


def count_sends(schedule: Schedule, after: datetime, until: datetime) -> int:
    """Return how many sends there are after an instant, up to and including another.

    Raises:
        ValueError: the zone is unknown.
    """
    count = 0
    while (after := next_send(schedule, after)) <= until:
        count += 1
    return count


def upcoming(schedule: Schedule, after: datetime, count: int) -> list[SendTime]:
    """Return the next `count` sends strictly after an instant.

    Raises:
        ValueError: the zone is unknown.
    """
    local_zone = zone(schedule.timezone)
    sends: list[SendTime] = []
    for _ in range(count):
        after = next_send(schedule, after)
        local = after.astimezone(local_zone)
        sends.append(SendTime(after, local, _note(schedule, local_zone, after, local)))
    return sends


def day_of(schedule: Schedule, slot: datetime) -> date:
    """Return the day of the schedule that a send belongs to.

    It is the day that the calendar shows, unless the change of the clocks has moved the send over midnight: 23:30 on
    Saturday is sent at 00:00 on Sunday where the clocks go from 23:00 to 00:00, and is still Saturday's.

    Args:
        schedule: that the send is one of; a change may have come between.
        slot: a send of the schedule; any other instant belongs to the day that the calendar shows.

    Raises:
        ValueError: the zone is unknown.
    """
    local_zone = zone(schedule.timezone)
    shown = slot.astimezone(local_zone).date()
    day = _on_or_before(schedule, shown)
    for candidate in (day, _on_or_before(schedule, day - _DAY)):
        if _send(schedule, local_zone, candidate) == slot:
            return candidate
    return shown


def start_of_day(day: date, timezone: str) -> datetime:
    """Return the first instant of a local day, aware UTC; of a day that the zone left out, that of the next."""
    return _first(datetime.combine(day, time(), zone(timezone)))


def period(frequency: Frequency, slot: datetime, timezone: str, day: date | None = None) -> Period:
    """Return what a report that is sent at `slot` is about.

    That is the local day, the 7 local days or the calendar month before the day of the send.

    Args:
        frequency: of the schedule.
        slot: the instant of the send.
        timezone: IANA name.
        day: what `day_of` says, so that the periods of consecutive sends meet also where a send was moved over
            midnight; by default the day that the calendar shows at `slot`.

    Raises:
        ValueError: the zone is unknown.
    """
    local_zone = zone(timezone)
    end = day or slot.astimezone(local_zone).date()
    if frequency == "monthly":
        end = end.replace(day=1)
        start = (end - _DAY).replace(day=1)
    else:
        if frequency == "daily" and _is_left_out(local_zone, end - _DAY):
            end -= _DAY
        start = end - (_DAY if frequency == "daily" else 7 * _DAY)
    start_at, end_at = start_of_day(start, timezone), start_of_day(end, timezone)
    first = start_at.astimezone(local_zone).date()
    last = (end_at - _SECOND).astimezone(local_zone).date()
    return Period(start_at, end_at, first, last, timezone)


def as_of(slot: datetime, timezone: str, day: date | None = None) -> date:
    """Return the local day before the day of a send, at whose end an as-of report looks. As for `period`.

    Raises:
        ValueError: the zone is unknown.
    """
    return period("daily", slot, timezone, day).last_day


def _on_or_after(schedule: Schedule, day: date) -> date:
    """Return the first day of the schedule from `day` on."""
    if schedule.frequency == "daily":
        return day
    if schedule.frequency == "weekly":
        return day + timedelta(days=(schedule.weekday - day.weekday()) % 7)
    year, month = day.year, day.month
    chosen = _day_in(schedule, year, month)
    if chosen < day.day:
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        chosen = _day_in(schedule, year, month)
    return date(year, month, chosen)


def _on_or_before(schedule: Schedule, day: date) -> date:
    """Return the last day of the schedule up to `day`."""
    if schedule.frequency == "daily":
        return day
    if schedule.frequency == "weekly":
        return day - timedelta(days=(day.weekday() - schedule.weekday) % 7)
    year, month = day.year, day.month
    chosen = _day_in(schedule, year, month)
    if chosen > day.day:
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
        chosen = _day_in(schedule, year, month)
    return date(year, month, chosen)


def _day_in(schedule: Schedule, year: int, month: int) -> int:
    return monthrange(year, month)[1] if schedule.day_of_month == "last" else schedule.day_of_month


def _send(schedule: Schedule, local_zone: ZoneInfo, day: date) -> datetime | None:
    """Return the send of a day of the schedule; None for a daily report on a day that the zone left out."""
    wall = datetime.combine(day, schedule.time, local_zone)
    sent = wall.astimezone(UTC)
    if _shows(sent, wall):
        return sent
    # Without it the report of a week or a month would be missing; that of a day has nothing to be about.
    if schedule.frequency == "daily" and _is_left_out(local_zone, day):
        return None
    return _change(wall)


def _is_left_out(local_zone: ZoneInfo, day: date) -> bool:
    midnight, following = (_first(datetime.combine(one, time(), local_zone)) for one in (day, day + _DAY))
    return midnight == following


def _first(wall: datetime) -> datetime:
    """Return the first instant in which the clock shows `wall` or later."""
    at = wall.astimezone(UTC)
    return at if _shows(at, wall) else _change(wall)


def _shows(at: datetime, wall: datetime) -> bool:
    """Tell whether the clock shows `wall` in the instant that `wall` was turned into: not if it is skipped."""
    return at.astimezone(wall.tzinfo) == wall


def _change(wall: datetime) -> datetime:
    """Return the change of the clocks that skips `wall`, to the second."""
    local_zone, skipped = wall.tzinfo, wall.replace(tzinfo=None)
    # With the offset after the change, `wall` comes before it; with the offset before, at it or after it.
    low, high = wall.replace(fold=1).astimezone(UTC), wall.astimezone(UTC)
    while high - low > _SECOND:
        middle = low + timedelta(seconds=(high - low) // _SECOND // 2)
        if middle.astimezone(local_zone).replace(tzinfo=None) < skipped:
            low = middle
        else:
            high = middle
    return high


def _note(schedule: Schedule, local_zone: ZoneInfo, at: datetime, local: datetime) -> str | None:
    day = day_of(schedule, at)
    wall = datetime.combine(day, schedule.time, local_zone)
    if not _shows(at, wall):
        if local.date() == day:
            return f"{wall:%H:%M} does not exist on this day; sent at {local:%H:%M}"
        return f"{wall:%H:%M} does not exist on {day}; sent at {local:%H:%M} on {local.date()}"
    if wall.utcoffset() != wall.replace(fold=1).utcoffset():
        return f"{wall:%H:%M} occurs twice on this day; sent the first time"
    return None

"""When a local day begins and ends: the only place of the catalogue that knows about time zones."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from runsheet.zones import zone


def start_of(day: date, timezone: str) -> datetime:
    """Return the first instant of a local day, in UTC; where midnight is skipped, the first one after it."""
    # A midnight in a gap takes the offset from before it, which makes it the very instant of the change.
    return datetime(day.year, day.month, day.day, tzinfo=zone(timezone)).astimezone(UTC)


def end_of(day: date, timezone: str) -> datetime:
    """Return the end of a local day, exclusive: the start of the next one."""
    return start_of(day + timedelta(days=1), timezone)

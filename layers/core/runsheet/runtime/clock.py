"""The present, and instants as tables hold them, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """Return the current instant, aware, in UTC."""
    return datetime.now(UTC)


def seconds() -> int:
    """Return the current instant in unix seconds, as tables hold it."""
    return int(now().timestamp())


def at(seconds: int) -> datetime:
    """Return the instant of unix seconds, aware, in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def moment(seconds: int | None) -> datetime | None:
    """Return the instant of unix seconds, aware, in UTC; None for none."""
    return None if seconds is None else at(seconds)

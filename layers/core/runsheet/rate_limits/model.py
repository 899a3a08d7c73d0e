"""A token bucket, in the form that one number holds (the generic cell rate algorithm).

The number is the instant at which the bucket will be full again. A request moves it on by the time that one token takes
to come back; it may lie ahead of the present by the time that all tokens take. Times are microseconds since the epoch.
"""

from __future__ import annotations

from dataclasses import dataclass

_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Limit:
    """How many requests pass: `capacity` at once, and `per_second` as time goes on. Both are at least 1."""

    per_second: int
    capacity: int

    @property
    def interval(self) -> int:
        """How long a token takes to come back; rounded up, so that never more than the rate passes."""
        return -(-_SECOND // self.per_second)

    def latest(self, now: int) -> int:
        """The latest instant of a full bucket with which a request at `now` may pass."""
        return now + (self.capacity - 1) * self.interval

    def seconds_until_free(self, full_at: int, now: int) -> int:
        """Whole seconds, at least one, until a request may pass if the bucket is full again at `full_at`."""
        return max(1, -(-(full_at - self.latest(now)) // _SECOND))

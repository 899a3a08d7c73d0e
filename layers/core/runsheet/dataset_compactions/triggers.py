"""When a compaction becomes due: by the number of loose files, by their bytes, by their age."""

from __future__ import annotations

from typing import NamedTuple

MOST_FILES = 20
MOST_BYTES = 64 * 1024 * 1024
LONGEST_WAIT_SECONDS = 3600


class Loose(NamedTuple):
    """Files that came since the last compaction, of either level, and the bytes of the recent ones among them.

    Base files weigh nothing: a large one is no work for a compaction.
    """

    files: int
    bytes: int

    @property
    def is_much(self) -> bool:
        """Whether a compaction is due at once."""
        return self.files >= MOST_FILES or self.bytes >= MOST_BYTES


def due_by(before: Loose, after: Loose, *, now: int) -> int | None:
    """Return when a registration makes a compaction due (unix seconds); None if that was decided by an earlier one."""
    if after.is_much:
        return None if before.is_much else now
    return None if before.files else now + LONGEST_WAIT_SECONDS


def due_with(left: Loose, *, now: int) -> int | None:
    """Return when the next compaction is due after one that left so much; None if nothing is."""
    if left.is_much:
        return now
    return now + LONGEST_WAIT_SECONDS if left.files else None

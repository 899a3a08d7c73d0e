"""Which base files a compaction rewrites, in which steps. Nothing here reads or writes anything.

A step puts new base files in the place of at most MOST_REMOVED. No reader sees a difference between before and after one,
nor between two: what the recent files hold hides whatever the base holds of the same keys until they are dropped,
last of all, the oldest first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from runsheet.engine.relations import naive

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from runsheet.datasets.model import DataFile

# A transaction takes 100 items: these, as many new files at the most, the summary, the lease and the list of objects.
MOST_REMOVED = 45
MOST_ADDED = 45
# Recent files are merged so many rows at once, so that a compaction ends within a worker's time.
_MOST_RECENT_ROWS = 5_000_000
# A file of less than this share of the most rows is joined with its neighbour. Files are cut into halves at the smallest.
_SMALL = 1 / 3
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Span:
    """Base files that share instants with each other and with no other; the rows of several cannot be read in order."""

    files: tuple[DataFile, ...]
    first: datetime
    last: datetime

    @property
    def rows(self) -> int:
        """How many records they have."""
        return _rows(self.files)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Where the records of the recent files belong.

    Attributes:
        held: ids of the base files that have an older version of any of them, or of a deleted one.
        inside: how many lie within each span, by its number.
        before: how many lie in front of each span and behind the one before it; of `len(spans)`, behind the last.
    """

    held: Collection[str] = ()
    inside: Sequence[int] | None = None
    before: Sequence[int] | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One transaction's worth of rewriting.

    Attributes:
        removed: the base files to rewrite.
        start, end: which records of recent files join them, by time (naive UTC), [start, end); None is no bound.
        with_recent: whether any do: of steps with the same bounds, one only.
        rows: how many records it has at the most.
    """

    removed: tuple[DataFile, ...]
    start: datetime | None
    end: datetime | None
    rows: int
    with_recent: bool = True


def taken(recent: Iterable[DataFile]) -> tuple[DataFile, ...]:
    """Return the recent files to merge, in the order in which they win: all, or the oldest if that were too many."""
    chosen: list[DataFile] = []
    rows = 0
    for file in sorted(recent, key=lambda file: (file.version, file.id)):
        if chosen and rows + file.rows > _MOST_RECENT_ROWS:
            break
        chosen.append(file)
        rows += file.rows
    return tuple(chosen)


def spans(base: Iterable[DataFile]) -> list[Span]:
    """Return the base files as spans, by time.

    Raises:
        ValueError: a file has no times, which no base file can be without.
    """
    found: list[Span] = []
    timed = [(*_times(file), file) for file in base]
    for first, last, file in sorted(timed, key=lambda each: (each[0], each[1], each[2].id)):
        if found and first <= found[-1].last:
            inner = found.pop()
            found.append(Span((*inner.files, file), inner.first, max(inner.last, last)))
        else:
            found.append(Span((file,), first, last))
    return found


def steps(found: Sequence[Span], arrivals: Arrivals, *, most_rows: int) -> list[Step]:
    """Return what to rewrite.

    That is: what older versions are in; what new records lie between; files that share instants; small neighbours.
    After it, base files follow each other in time, with about `most_rows` records each or fewer. Of a span of more than
    MOST_REMOVED files only the small ones are joined, in one compaction or several: to sort it would take all at once.
    """
    touched = _touched(found, arrivals, most_rows)
    made: list[Step] = []
    segment = _Segment(None, most_rows)
    for number, span in enumerate(found):
        segment.rows += _at(arrivals.before, number)
        if not touched[number]:
            made += segment.steps(span.first)
            segment = _Segment(span.last + _INSTANT, most_rows)
            continue
        files = _rewritten(span, arrivals, most_rows)
        if segment.is_full_with(files):
            made += segment.steps(span.first)
            segment = _Segment(span.first, most_rows)
        segment.files += files
        segment.rows += _rows(files) + _at(arrivals.inside, number)
    segment.rows += _at(arrivals.before, len(found))
    return made + segment.steps(None)


@dataclass(slots=True)
class _Segment:
    """Neighbours in time that become one step, or several if a span has too many files for one."""

    start: datetime | None
    most_rows: int
    files: list[DataFile] = field(default_factory=list)
    rows: int = 0

    def is_full_with(self, files: Sequence[DataFile]) -> bool:
        """Whether these files more are too much for a step."""
        too_many = len(self.files) + len(files) > MOST_REMOVED
        return bool(self.files) and (too_many or self.rows + _rows(files) > MOST_ADDED * self.most_rows // 2)

    def steps(self, end: datetime | None) -> list[Step]:
        """Return the steps of what is between `start` and `end`."""
        if not self.rows:
            return []
        parts = [
            tuple(self.files[at : at + MOST_REMOVED])
            for at in range(0, max(len(self.files), 1), MOST_REMOVED)
        ]
        inner = [
            Step(part, self.start, end, sum(file.rows for file in part), with_recent=False)
            for part in parts[1:]
        ]
        others = sum(step.rows for step in inner)
        return [Step(parts[0], self.start, end, self.rows - others), *inner]


def _touched(found: Sequence[Span], arrivals: Arrivals, most_rows: int) -> list[bool]:
    """Return of each span whether it is rewritten."""
    core = [
        len(span.files) > 1
        or _at(arrivals.inside, number) > 0
        or any(file.id in arrivals.held for file in span.files)
        for number, span in enumerate(found)
    ]
    small = [span.rows < most_rows * _SMALL for span in found]
    return [
        core[number]
        or (
            small[number]
            and (
                any(core[near] or small[near] for near in (number - 1, number + 1) if 0 <= near < len(found))
                or _at(arrivals.before, number) + _at(arrivals.before, number + 1) > 0
            )
        )
        for number in range(len(found))
    ]


def _rewritten(span: Span, arrivals: Arrivals, most_rows: int) -> tuple[DataFile, ...]:
    """Return which files of a span that is touched are rewritten."""
    if len(span.files) <= MOST_REMOVED:
        return span.files
    small = most_rows * _SMALL
    return tuple(file for file in span.files if file.rows < small or file.id in arrivals.held)


def _rows(files: Iterable[DataFile]) -> int:
    return sum(file.rows for file in files)


def _at(counts: Sequence[int] | None, number: int) -> int:
    return counts[number] if counts else 0


def _times(file: DataFile) -> tuple[datetime, datetime]:
    if file.first is None or file.last is None:
        raise ValueError(f"a base file without times: {file.id}")
    return naive(file.first), naive(file.last)

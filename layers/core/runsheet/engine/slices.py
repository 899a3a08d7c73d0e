"""Cuts an interval into consecutive parts, each rendered on its own, so that memory and /tmp stay bounded."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from runsheet.engine.metadata import Look
    from runsheet.engine.relations import Relation, Source

Part = tuple[datetime | None, datetime | None]

_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - as it is stored


def cut(relation: Relation, start: datetime, end: datetime, *, rows: int) -> list[tuple[datetime, datetime]]:
    """Return consecutive intervals that cover [start, end) (naive UTC), of about `rows` records at most.

    The files say only how many records they have from when to when, so the records are taken to be even in
    between. The cuts fall on the beginnings of base files first, which leaves most parts in one file, and
    always on whole seconds, as the times of a file may be rounded down to one.
    """
    sources = (*relation.base, *relation.recent)
    begins = {source.first.replace(microsecond=0) for source in relation.base if source.first is not None}
    edges = [start, *sorted(moment for moment in begins if start < moment < end), end]
    parts: list[tuple[datetime, datetime]] = []
    gathered = 0.0
    for first, last in pairwise(edges):
        expected = sum(_expected(source, first, last) for source in sources)
        if parts and gathered + expected <= rows:
            parts[-1] = (parts[-1][0], last)
            gathered += expected
        else:
            parts += _even(first, last, int(expected / rows) + 1)
            gathered = expected
    return parts


def days(moment: str, look: Look) -> list[tuple[datetime, int]]:
    """Return the days (UTC) that a run has rows of, in order, and how many.

    Args:
        moment: the column of the rows that is their records' time.
        look: at the rows.
    """
    day = f"date_trunc('day', {moment})::timestamp"
    return [
        (begin, count) for begin, count in look(f"select {day} as day, count(*)", "group by day order by day")
    ]


def by_day(counts: Iterable[tuple[datetime, int]], *, rows: int) -> list[tuple[datetime, datetime]]:
    """Return consecutive intervals (naive UTC) that cover the days, of about `rows` rows at most; one at least.

    A day of more rows than that is cut evenly.
    """
    parts: list[tuple[datetime, datetime]] = []
    gathered = 0
    for day, count in counts:
        if parts and gathered + count <= rows:
            parts[-1] = (parts[-1][0], day + _DAY)
            gathered += count
        else:
            parts += _even(day, day + _DAY, -(-count // rows))
            gathered = count
    return parts or [(_EPOCH, _EPOCH)]


def at_most(number: int, parts: Sequence[Part]) -> list[Part]:
    """Return the parts, or where there are more than `number`, neighbours of them as one."""
    size = -(-len(parts) // number)
    groups = (parts[at : at + size] for at in range(0, len(parts), size))
    return [(group[0][0], group[-1][1]) for group in groups]


def _expected(source: Source, start: datetime, end: datetime) -> float:
    if source.first is None or source.last is None:
        return 0.0
    lasts = source.last - source.first + _SECOND
    # The second is added to the difference: the last instant that a record may have is the last of the calendar.
    shared = min(end - _SECOND, source.last) - max(start, source.first) + _SECOND
    return source.rows * max(shared / lasts, 0.0)


def _even(start: datetime, end: datetime, parts: int) -> list[tuple[datetime, datetime]]:
    step = (end - start) / parts
    inner = {(start + step * number).replace(microsecond=0) for number in range(1, parts)}
    return list(pairwise([start, *sorted(moment for moment in inner if start < moment < end), end]))

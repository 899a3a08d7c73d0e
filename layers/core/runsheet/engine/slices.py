"""Cuts an interval into consecutive parts, each rendered on its own, so that memory and /tmp stay bounded."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runsheet.engine.relations import Relation, Source

_SECOND = timedelta(seconds=1)


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

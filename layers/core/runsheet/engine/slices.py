"""Cuts an interval into consecutive parts, each rendered on its own, so that memory and /tmp stay bounded."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from runsheet.engine.metadata import Look
    from runsheet.engine.relations import Relation, Source

Part = tuple[datetime | None, datetime | None]

_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - as it is stored
_MONTH = timedelta(days=30)
# Months from one border to the next.
_LENGTHS = (1, 3, 12)


def cut(
    relation: Relation, start: datetime, end: datetime, *, rows: int, fewest: int | None = None
) -> list[tuple[datetime, datetime]]:
    """Return consecutive intervals that cover [start, end) (naive UTC), of about `rows` records at most.

    The files say only how many records they have from when to when, so the records are taken to be even in
    between. The cuts fall on the beginnings of base files first, which leaves most parts in one file, and
    always on whole seconds, as the times of a file may be rounded down to one. Recent files cut nothing but the parts that
    they make too large.

    With `fewest`, a part also ends with its month, or with its quarter or year where months have fewer records than that.
    What is cut then depends on what is near alone: a later run finds the same parts, though its interval begins later
    or there are newer records.
    """
    begins = {source.first.replace(microsecond=0) for source in relation.base if source.first is not None}
    borders = set() if fewest is None else set(_borders(relation.base, start, end, fewest))
    edges = [start, *sorted(moment for moment in begins | borders if start < moment < end), end]
    parts: list[tuple[datetime, datetime]] = []
    gathered = 0.0
    for first, last in pairwise(edges):
        here = sum(_expected(source, first, last) for source in relation.base)
        if parts and first not in borders and gathered + here <= rows:
            parts[-1] = (parts[-1][0], last)
            gathered += here
        else:
            parts += _filled(relation.base, first, last, int(here / rows) + 1)
            gathered = here
    return [part for whole in parts for part in _with_recent(relation, whole, rows)]


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
            parts += even(day, day + _DAY, -(-count // rows))
            gathered = count
    return parts or [(_EPOCH, _EPOCH)]


def at_most(number: int, parts: Sequence[Part]) -> list[Part]:
    """Return the parts, or where there are more than `number`, neighbours of them as one."""
    size = -(-len(parts) // number)
    groups = (parts[at : at + size] for at in range(0, len(parts), size))
    return [(group[0][0], group[-1][1]) for group in groups]


def expected(relation: Relation, start: datetime, end: datetime) -> float:
    """Return about how many records a relation has in [start, end) (naive UTC), older versions of some included."""
    return sum(_expected(source, start, end) for source in (*relation.base, *relation.recent))


def even(start: datetime, end: datetime, parts: int) -> list[tuple[datetime, datetime]]:
    """Return consecutive intervals that cover [start, end), so many as even as whole seconds let them be."""
    step = (end - start) / parts
    inner = {(start + step * number).replace(microsecond=0) for number in range(1, parts)}
    return list(pairwise([start, *sorted(moment for moment in inner if start < moment < end), end]))


def halved(
    relation: Relation, part: tuple[datetime, datetime], *, rows: float
) -> list[tuple[datetime, datetime]]:
    """Return a part in halves, and these again, until each has about `rows` records at most: many may lie in one day."""
    halves = even(*part, 2)
    if len(halves) == 1 or expected(relation, *part) <= rows:
        return [part]
    return [piece for half in halves for piece in halved(relation, half, rows=rows)]


def share(
    first: datetime | None, last: datetime | None, start: datetime | None, end: datetime | None
) -> float:
    """Return which share of a file's records lie in [start, end): they are taken to be even from its first to its last.

    None is no bound; a file whose times are None has no records. All are naive, or all aware.
    """
    if first is None or last is None:
        return 0.0
    begin = first if start is None else max(start, first)
    # The second is added to the difference: the last instant that a record may have is the last of the calendar.
    until = last if end is None else min(end - _SECOND, last)
    return max((until - begin + _SECOND) / (last - first + _SECOND), 0.0)


def _expected(source: Source, start: datetime, end: datetime) -> float:
    return source.rows * share(source.first, source.last, start, end)


def _borders(base: Sequence[Source], start: datetime, end: datetime, fewest: int) -> Iterator[datetime]:
    """Yield where months begin that have records of the interval, or quarters or years, as they have enough."""
    inside = [source for source in base if source.overlaps(start, end)]
    first = max(min((source.first for source in inside if source.first), default=start), start)
    last = min(max((source.last for source in inside if source.last), default=first), end)
    records = sum(_expected(source, start, end) for source in inside)
    length = next(
        (months for months in _LENGTHS if records * months * _MONTH >= fewest * (last - first)), None
    )
    if length is None:
        return
    for number in range(first.year * 12 + first.month, last.year * 12 + last.month):
        year, month = divmod(number, 12)
        if month % length == 0:
            yield datetime(year, month + 1, 1)  # noqa: DTZ001 - as it is stored


def _with_recent(
    relation: Relation, part: tuple[datetime, datetime], rows: int
) -> list[tuple[datetime, datetime]]:
    """Return a part, in halves where recent files make it more than twice as large as asked."""
    if not any(source.overlaps(*part) for source in relation.recent):
        return [part]
    return halved(relation, part, rows=2 * rows)


def _filled(
    base: Sequence[Source], start: datetime, end: datetime, parts: int
) -> list[tuple[datetime, datetime]]:
    """Return [start, end) in parts, even up to the last record: where newer ones begin behind it, the cuts stay."""
    lasts = [source.last for source in base if source.last and source.overlaps(start, end)]
    last = max(lasts, default=end)
    if last >= end - _SECOND:
        return even(start, end, parts)
    made = even(start, last + _SECOND, parts)
    return [*made[:-1], (made[-1][0], end)]

"""Columns that the data decides: what the rows of a report add up to, side by side.

The names of these columns are an organisation's own text, so they are bound and compared, never part of the SQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from runsheet.catalog import Column
from runsheet.engine.errors import MAX_PIVOT_COLUMNS, too_many_columns
from runsheet.engine.session import identifier

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import duckdb

    from runsheet.catalog import ReportType

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PivotColumn:
    """A column of the CSV.

    Attributes:
        title: its name in the header line.
        measure: the column of the rows that is summed.
        where: which rows count: columns and their values.
    """

    title: str
    measure: str
    where: tuple[tuple[str, Any], ...]


def columns(connection: duckdb.DuckDBPyConnection, report_type: ReportType) -> tuple[PivotColumn, ...]:
    """Return the columns that a run's data decides, in order; none for a report type without a pivot.

    Raises:
        ReportFailed: there are more than MAX_PIVOT_COLUMNS.
    """
    pivot = report_type.pivot
    if pivot is None:
        return ()
    listed = connection.sql(f"select * from {identifier(pivot.columns)}")  # noqa: S608 - a name of the catalogue
    named = [dict(zip(listed.columns, row, strict=True)) for row in listed.fetchall()]
    found = tuple(
        PivotColumn(
            row.pop("title"), row.pop("measure"), tuple((k, v) for k, v in row.items() if v is not None)
        )
        for row in named
        if row["measure"] in pivot.measures
    )
    if len(found) > MAX_PIVOT_COLUMNS:
        raise too_many_columns(len(found))
    return found


def shown(report_type: ReportType, pivoted: Sequence[PivotColumn]) -> tuple[Column, ...]:
    """Return the columns of the CSV: those of the header, and the pivot's by their place (`p0`, `p1` and so on)."""
    own = tuple(column for column in report_type.columns if column.type != "metadata")
    return own + tuple(Column(f"p{number}", "decimal", one.title) for number, one in enumerate(pivoted))


def gathered(
    report_type: ReportType, pivoted: Sequence[PivotColumn], rows: str
) -> tuple[str, dict[str, Any]]:
    """Return the SQL of the report's rows and what to bind to it: equal rows as one, with the sums of their decimals.

    Args:
        report_type: with a pivot.
        pivoted: the columns that the data decides.
        rows: SQL of what is gathered.
    """
    given: dict[str, Any] = {}
    sums = []
    for number, column in enumerate(pivoted):
        conditions = []
        for position, (name, value) in enumerate(column.where):
            given[f"pivot_{number}_{position}"] = value
            conditions.append(f"{identifier(name)} = $pivot_{number}_{position}")
        counted = f" filter (where {' and '.join(conditions)})" if conditions else ""
        sums.append(f"coalesce(sum({identifier(column.measure)}){counted}, 0) as p{number}")
    own = [
        f"sum({identifier(c.name)}) as {identifier(c.name)}" if c.type == "decimal" else identifier(c.name)
        for c in report_type.columns
    ]
    keys = ", ".join(identifier(c.name) for c in report_type.columns if c.type != "decimal")
    return f"select {', '.join([*own, *sums])} from ({rows}) as gathered group by {keys}", given  # noqa: S608


def between_periods(
    parts: Iterable[tuple[datetime, datetime]], period: str
) -> list[tuple[datetime, datetime]]:
    """Return the parts of an interval (naive UTC) moved so that no `period` (day, week or month) is in two of them."""
    (start, end), *others = parts
    made = [(start, end)]
    for _, following in others:
        begin = _begin(made[-1][1], period)
        if begin > made[-1][0]:
            made[-1] = (made[-1][0], begin)
            made.append((begin, following))
        else:
            made[-1] = (made[-1][0], following)
    return made


def _begin(moment: datetime, period: str) -> datetime:
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "month":
        return day.replace(day=1)
    return day - _DAY * day.weekday() if period == "week" else day

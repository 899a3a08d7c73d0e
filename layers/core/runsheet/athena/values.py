"""Tables that a statement is given the rows of: what the run has made already, and what is no table of Athena's."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlglot
from sqlglot import exp

from runsheet.engine.session import identifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

_DAY = "day"
_SPAN = ("first_day", "last_day")


def query(
    columns: Mapping[str, str], rows: Sequence[Sequence[Any]], value: Callable[[Any], exp.Expr]
) -> exp.Expr:
    """Return the query of rows.

    Rows of consecutive days that are else the same are one row of the statement: a price holds for months.

    Args:
        columns: their types in DuckDB by name; one called `day` is a date.
        rows: in any order.
        value: gives the expression of a cell.
    """
    if not rows:
        nothing = ", ".join(f"cast(null as {kind}) as {identifier(name)}" for name, kind in columns.items())
        return sqlglot.parse_one(f"select {nothing} where false", read="trino")
    others = {name: kind for name, kind in columns.items() if name != _DAY}
    kinds, listed = columns, rows
    if _DAY in columns:
        kinds, listed = others | dict.fromkeys(_SPAN, "DATE"), list(_spans(columns, rows))
    tuples = [
        exp.Tuple(
            expressions=[
                exp.cast(value(cell), kind, dialect="trino")
                for cell, kind in zip(row, kinds.values(), strict=True)
            ]
        )
        # The same rows give the same statement, by which Athena tells a repeated request.
        for row in sorted(listed, key=repr)
    ]
    alias = exp.TableAlias(
        this=exp.to_identifier("given"), columns=[exp.to_identifier(name) for name in kinds]
    )
    made = exp.select(*(exp.column(name, table="given") for name in others))
    made = made.from_(exp.Values(expressions=tuples, alias=alias))
    if _DAY not in columns:
        return made
    days = sqlglot.parse_one(
        f"select cast(days.{_DAY} as date) as {_DAY}"
        f" cross join unnest(sequence({', '.join(_SPAN)}, interval '1' day)) as days({_DAY})",
        read="trino",
    )
    made.append("joins", days.args["joins"][0])
    return made.select(*days.expressions)


def literal(cell: Any) -> exp.Expr:  # noqa: ANN401 - of any type
    """Return a cell as a literal that is cast to its column's type."""
    return exp.Null() if cell is None else exp.Literal.string(str(cell))


def _spans(columns: Iterable[str], rows: Iterable[Sequence[Any]]) -> Iterable[tuple[Any, ...]]:
    """Yield the rows without their day and with the first and the last of consecutive ones."""
    at = list(columns).index(_DAY)
    days: defaultdict[tuple[Any, ...], list[date]] = defaultdict(list)
    for row in rows:
        days[(*row[:at], *row[at + 1 :])].append(row[at])
    for others, found in days.items():
        spans: list[list[date]] = []
        for day in sorted(found):
            if spans and day == spans[-1][1] + timedelta(days=1):
                spans[-1][1] = day
            else:
                spans.append([day, day])
        for span in spans:
            yield (*others, *span)

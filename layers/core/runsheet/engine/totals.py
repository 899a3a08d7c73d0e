"""Control totals: how many rows a result has, and what its amounts add up to, in minor units by currency."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from runsheet.engine.session import identifier

if TYPE_CHECKING:
    import duckdb

    from runsheet.engine.rows import Rows


@dataclass(slots=True)
class Totals:
    """What is written.

    Attributes:
        rows: how many.
        sums: minor units by currency (None: an amount of none) and column.
    """

    rows: int = 0
    sums: Counter[tuple[str | None, str]] = field(default_factory=Counter)

    def add(self, part: Totals) -> None:
        """Add those of a part."""
        self.rows += part.rows
        for name, minor in part.sums.items():
            self.sums[name] += minor


def totals(connection: duckdb.DuckDBPyConnection, rows: Rows, written: int) -> Totals:
    """Return the totals of a part of which `written` rows were written.

    Raises:
        RuntimeError: the amounts that were added up are not those that were written.
    """
    names = money_columns(rows)
    found = _summed(connection, rows, names) if names else []
    if names and sum(count for count, *_ in found) != written:
        raise RuntimeError("the control totals are of other rows than those that were written")
    part = Totals(written)
    for _, *pairs in found:
        for name, currency, minor in zip(names, pairs[::2], pairs[1::2], strict=True):
            if minor is not None:
                part.sums[currency, name] += int(minor)
    return part


def money_columns(rows: Rows) -> list[str]:
    """Return the columns of the result that are amounts."""
    money = {column.name for column in rows.known if column.type == "money"}
    return [name for name in rows.names if name in money]


def _summed(connection: duckdb.DuckDBPyConnection, rows: Rows, names: list[str]) -> list[tuple[Any, ...]]:
    # One scan of the amounts and their currencies, whatever the number of columns.
    pairs = ", ".join(
        f"struct_extract({identifier(name)}, 'currency') as q{number},"
        f" sum(struct_extract({identifier(name)}, 'minor')) as s{number}"
        for number, name in enumerate(names)
    )
    keys = ", ".join(f"q{number}" for number in range(len(names)))
    sql, given = rows.statement(f"select count(*), {pairs} from ({rows.sql}) as report group by {keys}")  # noqa: S608
    return connection.execute(sql, given).fetchall()

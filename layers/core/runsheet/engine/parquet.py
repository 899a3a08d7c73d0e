"""A result as Parquet: typed columns (docs: report_runs.md, formats)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runsheet.catalog.titles import distinct
from runsheet.engine import cells
from runsheet.engine.columns import ResultColumn, result_columns
from runsheet.engine.session import PARQUET, identifier, literal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from runsheet.engine.rows import Rows

# Four places are the most that a currency has; 29 before them hold any sum of 64-bit numbers, and fit warehouses' decimals.
_AMOUNT = "decimal(33, 4)"
_MINOR = "decimal(29, 0)"
# A part is read once more, so it is written fast; the result is kept and sent.
PART_OPTIONS = "format parquet, compression lz4_raw, use_tmp_file false"
OPTIONS = f"{PARQUET}, row_group_size 122880"


def typed(rows: Rows, titles: Iterable[str]) -> tuple[str, dict[str, Any]]:
    """Return the query of the typed columns of rows, in order, and what to bind to it."""
    # To most readers of Parquet, names that differ in case alone are one; NUL is in no name of SQL.
    named = distinct((title.replace("\0", "") or "_" for title in titles), str.casefold)
    columns, keys = result_columns(rows, named)
    select = ", ".join(f"{_value(column)} as {identifier(column.title)}" for column in columns)
    return rows.statement(f"select {select} from ({rows.ordered}) as report", keys)  # noqa: S608 - of the catalogue


def joined(paths: Iterable[Path]) -> str:
    """Return the query of the rows of several files, one after another."""
    listed = ", ".join(literal(str(path)) for path in paths)
    return f"from read_parquet([{listed}])"


def _value(column: ResultColumn) -> str:
    value = column.value
    match column.type:
        case "text":
            return f"nullif({value}, '')::varchar"
        case "integer":
            return f"{value}::bigint"
        case "boolean":
            return f"{value}::boolean"
        case "date":
            return f"{value}::date"
        case "timestamp":
            moment = f"date_trunc('second', {value}::timestamp)"
            return f"to_timestamp(epoch({moment})::bigint)" if column.is_utc else moment
        case "money":
            minor, currency = f"struct_extract({value}, 'minor')", f"struct_extract({value}, 'currency')"
            return cells.by_currency(currency, lambda decimals: _amount(minor, decimals))
        case _:
            return value


def _amount(minor: str, decimals: int) -> str:
    if decimals == 0:
        return f"{minor}::{_AMOUNT}"
    unit = f"{10**-decimals:.{decimals}f}::decimal({decimals}, {decimals})"
    return f"({minor}::{_MINOR} * {unit})::{_AMOUNT}"

"""A result as JSON lines: an object a row, by the titles of the columns (docs: report_runs.md, formats).

As in the CSV a line is put together in SQL and COPY only writes it. The titles are bound, so they are never SQL; DuckDB's
own JSON writer would make them names of columns, which it takes for the same whatever their case.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from runsheet.catalog.titles import distinct
from runsheet.engine import cells
from runsheet.engine.columns import ResultColumn, result_columns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runsheet.engine.rows import Rows


def lines(rows: Rows, titles: Iterable[str]) -> tuple[str, dict[str, Any]]:
    """Return the query of the lines of rows, in order, without their ends, and what to bind to it."""
    columns, bound = result_columns(rows, distinct(titles))
    parts, given = [], dict(bound)
    for position, column in enumerate(columns):
        name = json.dumps(column.title, ensure_ascii=False)
        given[f"json_key_{position}"] = f"{',' if position else '{'}{name}:"
        parts.append(f"$json_key_{position}::varchar, coalesce({_value(column)}, 'null')")
    line = f"concat({', '.join(parts)}, '}}')"
    return rows.statement(f"select {line} from ({rows.sql}) as report{rows.sorting}", given)  # noqa: S608 - of the catalogue


def _value(column: ResultColumn) -> str:
    value = column.value
    match column.type:
        case "text":
            return f"to_json(nullif({value}, ''))::varchar"
        case "integer" | "boolean":
            return f"{value}::varchar"
        case "timestamp":
            return _quoted(f"replace({cells.time_text(value)}, ' ', 'T')", "Z" if column.is_utc else "")
        case "money":
            # A number would be rounded by most readers of JSON.
            return _quoted(cells.money_text(value))
        case "decimal":
            return _quoted(cells.decimal_text(value))
        case _:
            return _quoted(f"{value}::varchar")


def _quoted(text: str, behind: str = "") -> str:
    return f"'\"' || {text} || '{behind}\"'"

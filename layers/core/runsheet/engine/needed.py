"""Which columns of its datasets a run needs, by its report type's SQL: recent files are read for these alone."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import duckdb

    from runsheet.catalog import ReportType

# What every run may look at, beside its SQL: whose records they are.
_ALWAYS = "connected_account"


def columns(connection: duckdb.DuckDBPyConnection, report_type: ReportType, names: Iterable[str]) -> set[str]:
    """Return words, among them the names of all columns that a run needs, beside its datasets' keys and times.

    Args:
        connection: any session; it only reads SQL.
        report_type: of the run.
        names: the columns that it shows; a column of metadata as `payment_metadata[key]`.
    """
    words = {_ALWAYS, *_words(report_type.order_by)}
    for query in (*report_type.tables.values(), *report_type.views.values()):
        words |= _words(query)
    shown = {name.split("[", 1)[0] for name in names}
    items, rest = _parsed(connection, report_type.sql)
    if report_type.pivot is not None or not items:
        return words | _words(report_type.sql) | {column.name for column in report_type.columns}
    words |= rest
    # An item may refer to another one by its name.
    while found := [name for name in items if name in shown | words]:
        for name in found:
            words |= items.pop(name)
    return words


def _parsed(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[dict[str, set[str]], set[str]]:
    """Return what each item of a query names, by the item's own name, and what the rest of it does.

    No items where one alone cannot be left out: of a query that groups, sorts or joins results, or selects all columns.
    """
    [(answer,)] = connection.execute("select json_serialize_sql($sql::varchar)", {"sql": sql}).fetchall()
    node = json.loads(answer)["statements"][0]["node"]
    if (
        node["type"] != "SELECT_NODE"
        or node["group_expressions"]
        or node["aggregate_handling"] != "STANDARD_HANDLING"
        or node["having"]
        or node["qualify"]
        or node["modifiers"]
        or any(item["class"] == "STAR" for item in node["select_list"])
    ):
        return {}, set()
    items: dict[str, set[str]] = {}
    for item in node.pop("select_list"):
        name = item["alias"] or (item["column_names"][-1] if item["class"] == "COLUMN_REF" else "")
        items[name] = items.get(name, set()) | set(_texts(item))
    # An item without a name is shown by none, but to leave it out is not worth a thought.
    return items, set(_texts(node)) | items.pop("", set())


def _texts(node: Any) -> Iterator[str]:  # noqa: ANN401 - what is in JSON
    """Yield every text of a part of a parsed query: the names of columns are among them, wherever they stand."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict | list):
        for value in node.values() if isinstance(node, dict) else node:
            yield from _texts(value)


def _words(sql: str) -> set[str]:
    return set(re.findall(r"\w+", sql))

"""A run reads the columns of recent files that its SQL needs for what it shows."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from runsheet import catalog
from runsheet.datasets.schema import schema
from runsheet.engine import needed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runsheet.catalog import ReportType

ITEMIZED = "balance_change_from_activity.itemized.3"


def of(sql: str, names: list[str], **options: Any) -> set[str]:
    report_type = replace(
        catalog.report_type(ITEMIZED), sql=sql, tables={}, views={}, order_by="moment", **options
    )
    with duckdb.connect() as connection:
        words = needed.columns(connection, report_type, names)
    return {word for word in words if len(word) == 1 and word.isalpha()}


@pytest.mark.parametrize(
    ("sql", "names", "expected"),
    [
        ("select a, b as moment, c from t", ["a"], "ab"),
        ("select a, b, m as metadata from t", ["metadata[b]", "metadata[*]"], "m"),
        ("select t.a as x, b from t where lower(c) = $y", ["x"], "tac"),
        ("select f(a, b) as x, case when c then d end as y from t", ["y"], "tcdy"),
        # An item that another one, or a condition, calls by its name.
        ("select a as b, b + c as x, d from t", ["x"], "tabcx"),
        ("select a as b, c as x, d from t where b > 1", ["x"], "tabcx"),
        ("select a as x, b from t join u using (c)", ["x"], "tuacx"),
        # Of these every item decides which rows there are.
        ("select distinct a as x, b from t", ["x"], "tabx"),
        ("select a as x, b, sum(c) as y from t group by all", ["y"], "tabcxy"),
        ("select a as x, b from t union select c, d from u", ["x"], "tuabcdx"),
        ("select *, a as x from (select b from t)", ["x"], "tabx"),
        ("with v as (select a, b from t) select a as x, d from v", ["x"], "tvabx"),
    ],
)
def test_what_is_not_shown_and_decides_nothing_is_left_out(sql: str, names: list[str], expected: str) -> None:
    found = of(sql, names)
    assert set(expected) - {"t", "u", "v"} <= found <= set(expected) | {"t", "u", "v", "x", "y", "f"}


# Of those that add up, DuckDB reads some columns in vain.
RECORDS = [name for name in catalog.report_type_ids() if catalog.report_type(name).in_order]


@pytest.mark.parametrize("report_type_id", RECORDS)
def test_all_that_duckdb_reads_for_a_column_is_among_them(report_type_id: str) -> None:
    report_type = catalog.report_type(report_type_id)
    names = [column.name for column in report_type.columns]
    with duckdb.connect() as connection:
        connection.execute("create macro money(minor, currency) as {'minor': minor, 'currency': currency}")
        connection.execute("create macro local_time(moment) as moment")
        connection.execute("create macro refused(code, message) as error(concat(code, message))")
        for dataset in report_type.reads:
            columns = ", ".join(f"{column.name} {column.type}" for column in schema(dataset).columns)
            connection.execute(f"create table {dataset} ({columns})")
        for name in {name.split("[", 1)[0] for name in (names[0], names[len(names) // 2], names[-1])}:
            allowed = needed.columns(connection, report_type, [name])
            for dataset, read in scanned(connection, report_type, name):
                about = schema(dataset)
                assert read <= allowed | {about.key, about.time}, name


def scanned(
    connection: duckdb.DuckDBPyConnection, report_type: ReportType, name: str
) -> Iterator[tuple[str, set[str]]]:
    """Yield the columns of each table that DuckDB reads for a column of the rows, in their order."""
    views = ", ".join(f"{view} as ({query})" for view, query in report_type.views.items())
    sql = f'select "{name}" from ({report_type.sql}) as report order by {report_type.order_by}'
    whole = f"with {views} {sql}" if views else sql
    (statement,) = duckdb.extract_statements(whole)
    given = dict.fromkeys(statement.named_parameters)
    [(_, plan)] = connection.execute(f"explain (format json) {whole}", given).fetchall()
    nodes = json.loads(plan)
    while nodes:
        node = nodes.pop()
        nodes += node["children"]
        if "Table" in node["extra_info"]:
            projections = node["extra_info"].get("Projections", [])
            yield (
                node["extra_info"]["Table"].rsplit(".", 1)[-1],
                {projections} if isinstance(projections, str) else set(projections),
            )

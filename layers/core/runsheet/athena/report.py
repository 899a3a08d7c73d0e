"""A run of a report as one Trino statement: what `engine.run` has DuckDB do, for Athena."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp

from runsheet.athena import cells, dialect, records
from runsheet.athena.marks import Marks
from runsheet.athena.model import Statement
from runsheet.engine import pivot
from runsheet.engine.errors import too_large
from runsheet.engine.run import accounts
from runsheet.engine.session import identifier
from runsheet.engine.timezones import local_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runsheet.catalog import Column
    from runsheet.engine.relations import Relation
    from runsheet.engine.run import Run
    from runsheet.tenancy import Tenant

# Of UTF-8: what StartQueryExecution takes.
MAX_SQL_BYTES = 262_144
_REPORT = "report"


def statement(tenant: Tenant, run: Run, *, pretty: bool = False) -> Statement:
    """Return the statement of a run.

    Its rows are those of the report in order, its columns c0, c1 and so on the cells of the CSV as text or NULL: what
    stands between the quotes. One more row is the last, which `athena.result` reads: the control totals.

    Args:
        tenant: whose data: the partitions that are read.
        run: after `prepare`; a CSV, whatever its format says.
        pretty: whether people are to read it.

    Raises:
        ReportFailed: it is longer than Athena takes.
        ValueError: a file is not one of the tenant's.
    """
    marks = Marks()
    made = _tree(tenant, run, marks).sql("trino", pretty=pretty, identify=True, comments=False)
    sql, parameters = marks.placed(made)
    if len(sql.encode()) > MAX_SQL_BYTES:
        raise too_large()
    return Statement(sql, parameters)


def _tree(tenant: Tenant, run: Run, marks: Marks) -> exp.Expr:
    report_type, given = run.report_type, dict(run.parameters.values)
    sql, known, names = report_type.sql, report_type.columns, run.columns
    if report_type.pivot is not None:
        sql, more = pivot.gathered(report_type, run.pivoted, sql)
        given |= more
        known = pivot.shown(report_type, run.pivoted)
        names = tuple(column.name for column in known)
    queries = _needed({**report_type.tables, **report_type.views}, sql)
    listed = ", ".join(f"{name} as ({query})" for name, query in (*queries.items(), (_REPORT, sql)))
    report = dialect.translated(
        dialect.parsed(f"with {listed} select * from {_REPORT}"),
        given=given,
        marks=marks,
        local_time=_local_time(run),
        schema={
            name: {column.name: column.type for column in part.schema.columns}
            for name, part in run.relations.items()
        },
    )
    for table in report.find_all(exp.Table):
        if table.name in run.relations:
            table.set("this", exp.to_identifier(records.name(table.name)))
    own = report.args["with_"].expressions
    datasets = [
        _named(name, query)
        for part in run.relations.values()
        for name, query in records.queries(tenant, part, _condition(run, part, marks)).items()
    ]
    written = sqlglot.parse_one(_written(run, known, names, marks), read="trino")
    written.set("with_", exp.With(expressions=[*datasets, *own]))
    return written


def _written(run: Run, known: Iterable[Column], names: Iterable[str], marks: Marks) -> str:
    """Return the query of the lines of the CSV, and behind them the control totals."""
    by_name = {column.name: column for column in known if column.type != "metadata"}
    separator = run.parameters.values.get("decimal_separator") or "."
    texts = []
    for name in names:
        if name in by_name:
            texts.append(cells.cell(f"{_REPORT}.{identifier(name)}", by_name[name].type, separator))
        else:
            family, key = name.removesuffix("]").split("[", 1)
            mark = marks.text(key).sql("trino")
            texts.append(cells.cell(f"element_at({_REPORT}.{identifier(family)}, {mark})", "metadata", separator))
    keys = [key.sql("trino") for key in _keys(run.report_type.order_by)]
    amounts = [name for name in names if name in by_name and by_name[name].type == "money"]
    lines = ", ".join([
        "0 as part",
        *(f"{key} as k{at}" for at, key in enumerate(keys)),
        *(f"{text} as c{at}" for at, text in enumerate(texts)),
    ])
    end = ", ".join(["1", *("null" for _ in keys), "totals", *("null" for _ in texts[1:])])
    shown = ", ".join(f"c{at}" for at in range(len(texts)))
    order = ", ".join(["part", *(f"k{at}" for at in range(len(keys)))])
    return (
        f"select {shown} from (select {lines} from {_REPORT} union all"  # noqa: S608
        f" select {end} from ({cells.totals(amounts, _REPORT)}) as control) as written order by {order}"
    )


def _keys(order_by: str) -> list[exp.Expr]:
    return dialect.parsed(f"select {order_by}").expressions  # noqa: S608


def _needed(queries: Mapping[str, str], sql: str) -> dict[str, str]:
    """Return the tables and views that the query refers to, directly or by way of others."""
    found: set[str] = set()
    for name, query in [*queries.items(), (_REPORT, sql)][::-1]:
        if name == _REPORT or name in found:
            found |= {table.name for table in dialect.parsed(query).find_all(exp.Table)}
    return {name: query for name, query in queries.items() if name in found}


def _condition(run: Run, part: Relation, marks: Marks) -> str | None:
    """Return the condition on the records of a dataset, if it has one."""
    if part.schema.column("connected_account") is None:
        return None
    condition = accounts(run.report_type, run.parameters)
    return dialect.condition(condition, run.parameters.values, marks).sql("trino")


def _named(name: str, query: str) -> exp.CTE:
    return exp.CTE(
        this=sqlglot.parse_one(query, read="trino"), alias=exp.TableAlias(this=exp.to_identifier(name))
    )


def _local_time(run: Run) -> str:
    end = run.parameters.interval_end
    near = None if end is None else (run.parameters.interval_start or end, end)
    return local_time("moment", run.parameters.values.get("timezone") or "Etc/UTC", near)

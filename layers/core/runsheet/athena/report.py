"""A run of a report as one Trino statement: what `engine.run` has DuckDB do, for Athena."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp

from runsheet.athena import cells, dialect, records, values
from runsheet.athena.marks import Marks
from runsheet.athena.model import Statement
from runsheet.engine import pivot
from runsheet.engine.errors import too_large
from runsheet.engine.run import accounts
from runsheet.engine.session import identifier

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

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
    # The tree is nobody else's: to copy it first is a sixth of the time that a statement takes.
    made = _tree(tenant, run, marks).sql("trino", copy=False, pretty=pretty, identify=True, comments=False)
    sql, parameters = marks.placed(made)
    if len(sql.encode()) > MAX_SQL_BYTES:
        raise too_large()
    return Statement(sql, parameters)


def _tree(tenant: Tenant, run: Run, marks: Marks) -> exp.Expr:
    report_type = run.report_type
    sql, known, names, given = _rows(run)
    keys = dialect.parsed(f"select {report_type.order_by}").expressions
    needed = {*(_column(name, known) for name in names)}
    needed |= {column.name for key in keys for column in key.find_all(exp.Column)}
    tables = _tables(run)
    queries = {name: query for name, query in report_type.tables.items() if name not in tables}
    queries = _needed({**queries, **report_type.views}, sql)
    listed = ", ".join(f"{name} as ({query})" for name, query in (*queries.items(), (_REPORT, sql)))
    columns = ", ".join(identifier(name) for name in sorted(needed))
    report = dialect.translated(
        dialect.parsed(f"with {listed} select {columns} from {_REPORT}"),  # noqa: S608 - of the catalogue
        given=given,
        marks=marks,
        local_time=run.local_time("moment"),
        schema={
            name: {column.name: column.type for column in part.schema.columns}
            for name, part in run.relations.items()
        }
        | {name: columns for name, (columns, _) in tables.items()},
    )
    read = {table.name for table in report.find_all(exp.Table)}
    own = report.args["with_"].expressions
    ctes = [
        _named(name, values.query(columns, rows, marks.value if name == "organisations" else values.literal))
        for name, (columns, rows) in tables.items()
        if name in read
    ]
    for name, part in run.relations.items():
        if name in read:
            ctes += _records(tenant, run, part, report, marks)
    written = sqlglot.parse_one(_written(run, known, names, keys, marks), read="trino")
    written.set("with_", exp.With(expressions=[*ctes, *own]))
    return written


def _rows(run: Run) -> tuple[str, tuple[Column, ...], tuple[str, ...], dict[str, object]]:
    """Return the query of the rows, their columns, the names of the result's, and the parameters."""
    report_type, given = run.report_type, dict(run.parameters.values)
    for name, parameter in report_type.parameters.items():
        # One of the catalogue's own words.
        if parameter.kind == "choice" and given.get(name) is not None:
            given[name] = exp.Literal.string(given[name])
    if report_type.pivot is None:
        known = tuple(column for column in report_type.columns if column.type != "metadata")
        return report_type.sql, known, run.columns, given
    sql, more = pivot.gathered(report_type, run.pivoted, report_type.sql)
    known = pivot.shown(report_type, run.pivoted)
    return sql, known, tuple(column.name for column in known), given | more


def _tables(run: Run) -> dict[str, tuple[Mapping[str, str], Sequence[Sequence[object]]]]:
    """Return the columns and rows of what the statement is given: those of a pivot, and the organisations.

    What a pivot's rows refer to is small, and was made for its columns already. Trino would make it anew wherever it is
    named, in more stages than it allows, and its recursions end at ten.
    """
    tables: dict[str, tuple[Mapping[str, str], Sequence[Sequence[object]]]] = {}
    if run.report_type.pivot is not None:
        tables |= {name: run.made(name) for name in run.report_type.tables}
    if run.report_type.reads_organisations:
        columns = {"id": "VARCHAR", "name": "VARCHAR", "is_own": "BOOLEAN", "is_child": "BOOLEAN"}
        own = [(one.id, one.name, one.is_own, one.is_child) for one in run.organisations]
        tables["organisations"] = columns, own
    return tables


def _records(tenant: Tenant, run: Run, part: Relation, report: exp.Expr, marks: Marks) -> list[exp.CTE]:
    """Return the records of a dataset, and have the report read them instead of the table."""
    condition, columns = None, {column.name for column in report.find_all(exp.Column)}
    if part.schema.column("connected_account") is not None:
        condition = dialect.condition(accounts(run.report_type, run.parameters), run.parameters.values, marks)
        columns.add("connected_account")
    for table in report.find_all(exp.Table):
        if table.name == part.schema.dataset:
            table.set("this", exp.to_identifier(records.name(table.name)))
    queries = records.queries(tenant, part, columns, condition.sql("trino") if condition else None)
    return [_named(name, sqlglot.parse_one(query, read="trino")) for name, query in queries.items()]


def _named(name: str, query: exp.Expr) -> exp.CTE:
    return exp.CTE(this=query, alias=exp.TableAlias(this=exp.to_identifier(name)))


def _written(
    run: Run, known: Iterable[Column], names: Sequence[str], keys: Sequence[exp.Expr], marks: Marks
) -> str:
    """Return the query of the lines of the CSV, and behind them the control totals."""
    types = {column.name: column.type for column in known}
    separator = run.parameters.values.get("decimal_separator") or "."
    typed, texts = [], []
    for at, name in enumerate(names):
        value = f"{_REPORT}.{identifier(_column(name, known))}"
        if name not in types:
            key = name.removesuffix("]").split("[", 1)[1]
            value = f"element_at({value}, {marks.text(key).sql('trino')})"
        typed.append(f"{value} as v{at}")
        texts.append(f"{cells.cell(f'v{at}', types.get(name, 'text'), separator)} as c{at}")
    ordered = [f"k{at}" for at in range(len(keys))]
    typed += [f"{key.sql('trino')} as {name}" for key, name in zip(keys, ordered, strict=True)]
    amounts = [name for name in names if types.get(name) == "money"]
    end = ", ".join(["1", *("null" for _ in keys), "totals", *("null" for _ in texts[1:])])
    return (
        f"select {', '.join(f'c{at}' for at in range(len(texts)))} from ("  # noqa: S608 - names of the catalogue
        f"select 0 as part, {', '.join([*ordered, *texts])}"
        f" from (select {', '.join(typed)} from {_REPORT}) as typed union all"
        f" select {end} from ({cells.totals(amounts, _REPORT)}) as control"
        f") as written order by {', '.join(['part', *ordered])}"
    )


def _column(name: str, known: Iterable[Column]) -> str:
    """Return the column of the report that a column of the result is of: that of metadata has all keys."""
    return name if any(column.name == name for column in known) else name.split("[", 1)[0]


def _needed(queries: Mapping[str, str], sql: str) -> dict[str, str]:
    """Return the tables and views that the query refers to, directly or by way of others."""
    found: set[str] = set()
    for name, query in [*queries.items(), (_REPORT, sql)][::-1]:
        if name == _REPORT or name in found:
            found |= _read_by(query)
    return {name: query for name, query in queries.items() if name in found}


@lru_cache(maxsize=64)
def _read_by(query: str) -> frozenset[str]:
    """Return the tables that a query reads. Most are of the catalogue, and asked for again."""
    return frozenset(table.name for table in dialect.parsed(query).find_all(exp.Table))

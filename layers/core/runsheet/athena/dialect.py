"""DuckDB's SQL as Trino's: what sqlglot translates, and where the two differ in ways that it does not know.

What stands first needs no types and makes names that others can be resolved to; then sqlglot resolves every name
and finds the types; what stands last needs them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.pushdown_projections import pushdown_projections
from sqlglot.optimizer.qualify import qualify

from runsheet.engine.run import REFUSED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runsheet.athena.marks import Marks

_EPOCH = exp.cast(exp.Literal.string("1970-01-01 00:00:00"), "timestamp")
_AMOUNT = exp.DataType.build("DECIMAL(38, 0)", dialect="trino")
_MONEY = exp.DataType.build("ROW(minor DECIMAL(38, 0), currency VARCHAR)", dialect="trino")


def parsed(sql: str) -> exp.Expr:
    """Return the tree of a query of the catalogue."""
    return sqlglot.parse_one(sql, read="duckdb")


def translated(
    tree: exp.Expr,
    *,
    given: Mapping[str, object],
    marks: Marks,
    local_time: str,
    schema: Mapping[str, Mapping[str, str]],
) -> exp.Expr:
    """Return a query of the catalogue as one of Trino's.

    Args:
        tree: of DuckDB's SQL.
        given: the values of its parameters; those that it does not have are NULL.
        marks: takes the texts among them.
        local_time: DuckDB's SQL of the local time of `moment`.
        schema: the columns of the tables that it reads, by their types in DuckDB.
    """
    tree = _each(tree, lambda node: _bound(node, given))
    tree = _each(tree, _folded)
    tree = _each(tree, lambda node: _marked(node, given, marks))
    local = parsed(local_time)
    tree = _each(tree, lambda node: _macro(node, local))
    tree = _each(tree, _untyped)
    for number, select in enumerate(list(tree.find_all(exp.Select))):
        _unnest_beside(select, tree)
        _series_beside(select, number)
    tree = qualify(
        tree,
        dialect="duckdb",
        schema=dict(schema),
        validate_qualify_columns=False,
        quote_identifiers=False,
        identify=False,
    )
    # What no column that is asked for needs is left out: it would only make the statement longer.
    tree = pushdown_projections(tree)
    tree = annotate_types(tree, schema=dict(schema), dialect="duckdb")
    return _each(tree, _typed)


def condition(sql: str, given: Mapping[str, object], marks: Marks) -> exp.Expr:
    """Return a condition that is made of names and parameters."""
    return _each(parsed(sql), lambda node: _marked(node, given, marks))


def _each(tree: exp.Expr, change: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
    """Change every node, those that it is made of first."""
    for node in reversed(list(tree.walk(bfs=True))):
        changed = change(node)
        if changed is not node:
            if node is tree:
                tree = changed
            else:
                node.replace(changed)
    return tree


def _bound(node: exp.Expr, given: Mapping[str, object]) -> exp.Expr:
    """What is not given is NULL."""
    if isinstance(node, exp.Placeholder) and given.get(node.name) is None:
        return exp.Null()
    return node


def _folded(node: exp.Expr) -> exp.Expr:
    """A condition on a parameter that is not given is none."""
    match node:
        case exp.Is(this=exp.Null(), expression=exp.Null()):
            return exp.true()
        case exp.Is(this=exp.Placeholder(), expression=exp.Null()):
            return exp.false()
        case exp.Paren(this=exp.Boolean() | exp.Placeholder() as only):
            return only
        case (
            exp.Or(this=exp.Boolean(this=known), expression=other)
            | exp.Or(this=other, expression=exp.Boolean(this=known))
        ):
            return exp.true() if known else other
        case (
            exp.And(this=exp.Boolean(this=known), expression=other)
            | exp.And(this=other, expression=exp.Boolean(this=known))
        ):
            return other if known else exp.false()
        case exp.Where(this=exp.Boolean(this=True)) if node.parent is not None:
            node.parent.set("where", None)
    return node


def _marked(node: exp.Expr, given: Mapping[str, object], marks: Marks) -> exp.Expr:
    match node:
        case exp.ArrayContains(this=exp.Placeholder(), expression=item):
            return exp.In(this=item, expressions=marks.value(given[node.this.name]).expressions)
        case exp.Placeholder() if not isinstance(node.parent, exp.ArrayContains):
            return marks.value(given[node.name])
    return node


def _macro(node: exp.Expr, local_time: exp.Expr) -> exp.Expr:
    """Expand what the engine gives: money, local_time and refused."""
    if not isinstance(node, exp.Anonymous):
        return node
    arguments = node.expressions
    match node.name:
        case "money":
            amount = exp.cast(arguments[0], _AMOUNT)
            return exp.cast(exp.Anonymous(this="ROW", expressions=[amount, arguments[1]]), _MONEY)
        case "refused":
            code, message = arguments
            words = exp.Concat(
                expressions=[exp.Literal.string(REFUSED), code, exp.Literal.string(": "), message]
            )
            return exp.Anonymous(this="fail", expressions=[words])
        case "local_time":
            made = local_time.copy()
            for column in list(made.find_all(exp.Column)):
                if column.name == "moment":
                    made = arguments[0] if column is made else made
                    column.replace(exp.paren(arguments[0].copy()))
            return made if isinstance(made, exp.Column) else exp.paren(made)
        case _:
            return node


def _untyped(node: exp.Expr) -> exp.Expr:
    match node:
        # Trino has no `is not false`.
        case exp.Not(this=exp.Is(this=value, expression=exp.Boolean(this=known))):
            differs = exp.NEQ(this=value, expression=exp.Boolean(this=known))
            return exp.Coalesce(this=differs, expressions=[exp.true()])
        case exp.Add(this=moment, expression=exp.Anonymous(name="to_seconds", expressions=[seconds])):
            return exp.Anonymous(this="date_add", expressions=[exp.Literal.string("second"), seconds, moment])
        case exp.TimeToUnix(this=exp.Sub(this=end, expression=start)):
            # Athena's timestamps have milliseconds.
            return exp.Div(
                this=exp.cast(_between("MILLISECOND", start, end), "double"),
                expression=exp.Literal.number(1000),
            )
        case exp.Anonymous(name="date_sub", expressions=[unit, start, end]):
            return _between(unit.name.upper(), start, end)
        case exp.Median(this=value):
            return _median(value)
        # Trino always replaces all, and trims any white space.
        case exp.RegexpReplace():
            node.set("modifiers", None)
        case exp.Trim() if node.expression is None or not node.args.get("expression"):
            node.set("expression", exp.Literal.string(" "))
        case exp.Length(this=exp.ArrayFilter() as listed):
            return exp.ArraySize(this=listed)
        case exp.RegexpExtract() if isinstance(node.args.get("group"), exp.Array):
            return _groups(node)
    return node


def _groups(node: exp.RegexpExtract) -> exp.Cast:
    """Return a row of the groups of a regular expression; one that has not matched is an empty text in DuckDB."""
    names = [name.name for name in node.args["group"].expressions]
    groups = []
    for number in range(1, len(names) + 1):
        group = exp.Anonymous(
            this="regexp_extract",
            expressions=[node.this.copy(), node.expression.copy(), exp.Literal.number(number)],
        )
        groups.append(exp.Coalesce(this=group, expressions=[exp.Literal.string("")]))
    row = exp.DataType.build(f"ROW({', '.join(f'{name} VARCHAR' for name in names)})", dialect="trino")
    return exp.cast(exp.Anonymous(this="ROW", expressions=groups), row)


def _median(value: exp.Expr) -> exp.Expr:
    """Return the median, of which Trino has an approximation only: the mean of the two in the middle."""
    ordered = f"array_sort(array_agg({value.sql('trino')}) filter (where {value.sql('trino')} is not null))"
    at = [f"cast(floor((cardinality({ordered}) + {more}) / 2.0) as bigint)" for more in (1, 2)]
    return sqlglot.parse_one(
        f"(element_at({ordered}, {at[0]}) + element_at({ordered}, {at[1]})) / 2", read="trino"
    )


def _between(unit: str, start: exp.Expr, end: exp.Expr) -> exp.DateDiff:
    return exp.DateDiff(this=end, expression=start, unit=exp.var(unit))


def _unnest_beside(select: exp.Select, tree: exp.Expr) -> None:
    """Put the rows that a projection makes of a list beside the others; of structs, every field becomes a column.

    A field is called as it is where the struct was spread, and `struct_field` else.
    """
    for projection in list(select.expressions):
        made = projection.unalias()
        if not isinstance(made, exp.Explode) or not isinstance(made.this, exp.Array):
            continue
        structs = made.this.expressions
        fields = [field.name for field in structs[0].expressions]
        name = projection.alias
        columns = [f"{name}_{field}" if name else field for field in fields]
        rows = [
            exp.Anonymous(this="ROW", expressions=[field.expression for field in struct.expressions])
            for struct in structs
        ]
        table = exp.Unnest(
            expressions=[exp.Array(expressions=rows)],
            alias=exp.TableAlias(
                this=exp.to_identifier(f"{name or 'listed'}_rows"),
                columns=[exp.to_identifier(column) for column in columns],
            ),
        )
        select.append("joins", exp.Join(this=table, kind="CROSS"))
        position = select.expressions.index(projection)
        starred = any(isinstance(other, exp.Star) for other in select.expressions)
        named = [] if starred else [exp.column(column) for column in columns]
        select.set(
            "expressions", [*select.expressions[:position], *named, *select.expressions[position + 1 :]]
        )
        for column in list(tree.find_all(exp.Column)):
            if name and column.table == name and column.name in fields:
                column.replace(exp.column(f"{name}_{column.name}"))


def _series_beside(select: exp.Select, number: int) -> None:
    """Put a series of days that a projection makes beside the others."""
    for made in [made for projection in select.expressions for made in projection.find_all(exp.Explode)]:
        series = made.this
        if not isinstance(series, exp.GenerateSeries) or made.parent_select is not select:
            continue
        start, end = series.args["start"], series.args["end"]
        # Trino fails where the end comes first.
        days = exp.Case(
            ifs=[exp.If(this=exp.LTE(this=start.copy(), expression=end.copy()), true=series.copy())]
        )
        name = f"series_{number}"
        table = exp.Unnest(
            expressions=[days],
            alias=exp.TableAlias(this=exp.to_identifier(name), columns=[exp.to_identifier("day")]),
        )
        select.append("joins", exp.Join(this=table, kind="CROSS"))
        made.replace(exp.column("day", table=name))


def _typed(node: exp.Expr) -> exp.Expr:
    match node:
        # bigint overflows where DuckDB adds up in 128 bits.
        case exp.Sum(this=value) if not _is(value, exp.DType.DECIMAL):
            if value.type is None or value.type.this not in exp.DataType.INTEGER_TYPES:
                raise ValueError(f"a sum of what has no type: {node.sql()}")
            return exp.Sum(this=exp.cast(value, _AMOUNT))
        case exp.Sub(this=end, expression=start) if _is(end, exp.DType.DATE) and _is(start, exp.DType.DATE):
            return _between("DAY", start, end)
        case exp.Add() | exp.Sub() if isinstance(node.expression, exp.Interval) and _is(
            node.this, exp.DType.DATE
        ):
            node.set("this", exp.cast(node.this.copy(), "timestamp"))
            node.type = exp.DType.TIMESTAMP
        case exp.Greatest() | exp.Least():
            # DuckDB takes the others where one is NULL.
            others = [one.copy() for one in (node.this, *node.expressions)]
            return _of_type(exp.Coalesce(this=node.copy(), expressions=others), node)
    return node


def _of_type(made: exp.Expr, node: exp.Expr) -> exp.Expr:
    made.type = node.type
    return made


def _is(node: exp.Expr, kind: exp.DType) -> bool:
    return node.type is not None and node.type.this is kind

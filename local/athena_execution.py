"""Runs a statement for Athena in DuckDB, and writes its result as Athena does: for the local stack and for tests.

The statement is Trino's SQL, that sqlglot makes DuckDB's of. Where the two agree on a text but not on what it means, as
far as Runsheet's statements have it, it is translated here. DuckDB stays another engine: that Trino takes a statement
is what `tests/runsheet/athena` asks of its grammar.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.tokenizer_core import TokenType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_ROWS = 10_000
# What an ExecutionParameter may be, as far as Runsheet has them.
_PARAMETERS = (exp.Literal, exp.Null, exp.Boolean, exp.Cast, exp.Neg)


class StatementFailed(Exception):
    """The statement ends as failed; the text is the StateChangeReason."""


@dataclass(frozen=True, slots=True)
class File:
    """A Parquet file of a table.

    Attributes:
        path: where it lies.
        partition: the values of the partition's columns.
    """

    path: Path
    partition: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the Glue catalogue.

    Attributes:
        columns: those of the files by name, with their types in DuckDB.
        files: by their `s3://` addresses.
    """

    columns: Mapping[str, str]
    files: Mapping[str, File]


def execute(sql: str, parameters: Sequence[str], tables: Mapping[str, Table]) -> Iterator[bytes]:
    """Yield the result object: a CSV with a header line, every value in quotes, NULL as nothing.

    Args:
        sql: Trino's.
        parameters: the ExecutionParameters.
        tables: by name.

    Raises:
        StatementFailed: it is no statement, has other parameters, or ends as failed.
    """
    try:
        statement = _in_duckdb(sqlglot.parse_one(with_parameters(sql, parameters), read="trino"))
    except sqlglot.errors.SqlglotError as error:
        raise StatementFailed(f"SYNTAX_ERROR: {error}") from error
    with closing(duckdb.connect()) as connection:
        for name in {table.name for table in statement.find_all(exp.Table)} & tables.keys():
            _create(connection, name, tables[name])
        try:
            answer = connection.execute(statement.sql("duckdb", copy=False, identify=True))
            yield _line([column for column, *_ in answer.description])
            while rows := answer.fetchmany(_ROWS):
                yield b"".join(_line(row) for row in rows)
        except duckdb.Error as error:
            raise StatementFailed(str(error)) from error


def with_parameters(sql: str, parameters: Sequence[str]) -> str:
    """Return the statement with the parameters in the places of its `?`, as `EXECUTE … USING` has it.

    Raises:
        StatementFailed: there are more or fewer.
    """
    if not parameters and "?" not in sql:
        return sql
    marks = [token for token in Trino().tokenize(sql) if token.token_type is TokenType.PLACEHOLDER]
    if len(marks) != len(parameters):
        raise StatementFailed(
            f"Incorrect number of parameters: expected {len(marks)} but found {len(parameters)}"
        )
    made, end = [], 0
    for mark, parameter in zip(marks, parameters, strict=True):
        if not isinstance(sqlglot.parse_one(parameter, read="trino"), _PARAMETERS):
            raise StatementFailed(f"SYNTAX_ERROR: not a literal: {parameter}")
        made += [sql[end : mark.start], parameter]
        end = mark.end + 1
    return "".join([*made, sql[end:]])


def _create(connection: duckdb.DuckDBPyConnection, name: str, table: Table) -> None:
    """Make the table's view: the columns, what a file does not have as NULL, the partition's columns and `"$path"`."""
    columns = ", ".join(f"null::{kind} as {_identifier(column)}" for column, kind in table.columns.items())
    partition = {column for file in table.files.values() for column in file.partition}
    nothing = ", ".join(
        [columns, 'null::varchar as "$path"', *(f"null::varchar as {c}" for c in sorted(partition))]
    )
    parts = [f"select {nothing} where false"]
    for address, file in table.files.items():
        own = ", ".join(
            f"{_text(value)} as {_identifier(column)}" for column, value in file.partition.items()
        )
        parts.append(
            f'select *, {own}, {_text(address)} as "$path"'  # noqa: S608 - the local stack's own tables
            f" from read_parquet({_text(str(file.path))})"
        )
    connection.execute(f"create view {_identifier(name)} as {' union all by name '.join(parts)}")


def _in_duckdb(tree: exp.Expr) -> exp.Expr:
    """Return Trino's tree as one that means the same in DuckDB."""
    for node in reversed(list(tree.walk(bfs=True))):
        match node:
            case exp.Anonymous() if node.name.lower() == "fail":
                node.set("this", "error")
            # Trino counts whole units, DuckDB's date_diff how often a unit begins.
            case exp.DateDiff():
                unit = exp.Literal.string(node.text("unit").lower())
                node.replace(exp.Anonymous(this="date_sub", expressions=[unit, node.expression, node.this]))
            case exp.Unnest(expressions=[exp.Array(expressions=[exp.Struct(), *_]) as rows]):
                node.replace(_spread(rows, node.args["alias"]))
    return tree


def _spread(rows: exp.Array, alias: exp.TableAlias) -> exp.Lateral:
    """Return what gives the fields of rows as columns: Trino's unnest does so, DuckDB's makes one of structs."""
    names = [column.name for column in alias.columns]
    structs = [
        exp.Struct(
            expressions=[
                exp.PropertyEQ(
                    this=exp.to_identifier(name),
                    expression=field.expression if isinstance(field, exp.PropertyEQ) else field,
                )
                for name, field in zip(names, row.expressions, strict=True)
            ]
        )
        for row in rows.expressions
    ]
    unnested = exp.Anonymous(
        this="unnest",
        expressions=[
            exp.Array(expressions=structs),
            exp.PropertyEQ(this=exp.to_identifier("recursive"), expression=exp.true()),
        ],
    )
    return exp.Lateral(
        this=exp.Subquery(this=exp.select(unnested)), alias=exp.TableAlias(this=alias.this.copy())
    )


def _line(values: Sequence[object]) -> bytes:
    cells = ("" if value is None else '"' + str(value).replace('"', '""') + '"' for value in values)
    return (",".join(cells) + "\n").encode()


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"

"""The rows of a part of a report, typed, before they are written in any format."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import duckdb

from runsheet.engine.session import identifier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runsheet.catalog import Column

_TABLE = "result_rows"
# What the SQL gives as NULL without a type would become an integer in a table.
_STORED_AS = {"text": "varchar", "date": "date", "timestamp": "timestamp", "boolean": "boolean"}


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows as SQL.

    Attributes:
        datasets: the common table expressions that `sql` refers to, of datasets and views; empty for none.
        sql: the query of the rows, in no order unless `order_by` is empty.
        order_by: what orders them; empty if they come in order.
        given: what may be bound.
        known: the columns that the rows have.
        names: those that are written, in order; metadata as `payment_metadata[key]`.
    """

    datasets: str
    sql: str
    order_by: str
    given: Mapping[str, Any]
    known: tuple[Column, ...]
    names: tuple[str, ...]

    @property
    def ordered(self) -> str:
        """The query of the rows in order."""
        if not self.order_by:
            return self.sql
        return f"select * from ({self.sql}) as report{self.sorting}"  # noqa: S608 - of the catalogue

    @property
    def sorting(self) -> str:
        """What a query over `sql` ends with, to give its rows in order."""
        return f" order by {self.order_by}" if self.order_by else ""

    def statement(self, sql: str, more: Mapping[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
        """Return a query over the rows with what it refers to, and what to bind to it (also of `more`)."""
        whole = f"with {self.datasets} {sql}" if self.datasets else sql
        return whole, named_in(whole, {**self.given, **(more or {})})

    def stored(self, connection: duckdb.DuckDBPyConnection) -> Rows:
        """Make the rows once, in order, in a temporary table, and return those of the table.

        A report that adds up is as expensive to run as to read; its rows are few, or spill to disk.
        """
        families = {name.split("[", 1)[0] for name in self.names}
        needed = ", ".join(
            f"{identifier(column.name)}::{_STORED_AS[column.type]} as {identifier(column.name)}"
            if column.type in _STORED_AS
            else identifier(column.name.split("[", 1)[0])
            for column in self.known
            if column.name.split("[", 1)[0] in families
        )
        sql, given = self.statement(f"select {needed} from ({self.ordered}) as report")  # noqa: S608
        connection.execute(f"create or replace temp table {_TABLE} as {sql}", given)
        return replace(self, datasets="", sql=f"from {_TABLE}", order_by="")


def named_in(sql: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the statement names: DuckDB refuses to bind what is not there.

    What is not given is NULL: what a type does not take, the SQL that it has of another may still name.
    """
    (statement,) = duckdb.extract_statements(sql)
    return {name: given.get(name) for name in statement.named_parameters}

"""The header of a report type: TOML in the leading comment of its SQL file.

```
/* +++
name = "Balance summary"
...
+++ */
with transactions as (select ... from balance_transactions where created < $interval_end) select ...
```

The SQL names relations (datasets), never files, and bound `$parameters`; nothing is ever pasted into it. What
it returns is typed, and the engine writes the CSV by type: `money(minor units, currency)`, `local_time(timestamp)`
and `refused(code, message)`, which ends the run as failed, are given by the engine.

Before the rows stand the tables and views that they are about: `create table <name> as <query>;` is made once for the
whole run, `create view <name> as <query>;` is a name for a query. A type that only differs in which columns it has, or in
which records it is about, does not repeat the rest: `rows_of` and `records_of` name the types to take it from.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from runsheet.catalog.options import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

_OPENING, _CLOSING = "/* +++\n", "+++ */\n"
_MADE = re.compile(r"^create (table|view) (\w+) as\n(.*?);\n", re.MULTILINE | re.DOTALL)
_KINDS = ("table", "view")
_COMMENT = re.compile(r"--.*")
# What a type takes from the one that it has the records of, and from the one that it has the rows of.
_OF_RECORDS = ("reads", "reads_organisations")
_OF_ROWS = (
    "in_order",
    "in_parts",
    "order_by",
    "default_columns",
    "quotes",
    "athena_rows",
    "pivot",
    "columns",
)

ColumnType = Literal["text", "money", "decimal", "timestamp", "date", "boolean", "integer", "metadata"]
Kind = Literal[
    "instant",
    "date",
    "timezone",
    "currency",
    "columns",
    "choice",
    "boolean",
    "reporting_category",
    "id",
    "ids",
    "period",
]
Records = Literal["interval", "before_end", "all"]
Accounts = Literal["own", "connected"]


class _Header(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class ColumnHeader(_Header):
    """A column of the report; one of type `metadata` is asked for once per key, as `name[key]`."""

    type: ColumnType
    meaning: str = Field(min_length=1)


class ParameterHeader(_Header):
    """A parameter that a run may carry, how its text is read, and what stands for it where it is left out."""

    kind: Kind
    required: bool = False
    choices: tuple[str, ...] = ()
    default: str | bool | None = None

    @model_validator(mode="after")
    def _choices_belong_to_choice(self) -> Self:
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError("a parameter has choices if and only if its kind is choice")
        return self


_CONNECTED_ACCOUNT = ColumnHeader(type="text", meaning="Connected account that the line belongs to")


class PivotHeader(_Header):
    """How rows become columns that the data decides.

    The rows of the SQL have what they add to as columns beside those of the header. Those of equal text, dates and so
    on are one row of the report; its decimal columns, and those of the pivot, are sums.

    Attributes:
        columns: the table of the SQL that lists the pivot's columns in order: `title`, `measure` (the column of the
            rows that is summed) and further columns, each to be equal to that of the rows where it is not null.
        measures: which of its measures are shown.
        period: the parameter (day, week or month) that the rows are gathered by; a run is cut between its periods.
    """

    columns: str
    measures: tuple[str, ...] = Field(min_length=1)
    period: str


class ReportHeader(_Header):
    """What is known of a report type without running it.

    Attributes:
        name: its title in the API.
        meaning: one or two sentences for people.
        aliases: other ids that find it; it shows its own everywhere.
        requires_live: True if the contract demands a live key.
        reads: the datasets that its SQL names, and which of their records it can need, by the dataset's time
            column: those in the `interval`, those before its end (`before_end`), or `all`. Files without such
            records are not opened.
        reads_organisations: True if its SQL names `organisations`: the run's organisation and its children, with
            `id`, `name`, `is_own` and `is_child`.
        accounts: whose records a dataset with a `connected_account` gives: the organisation's own, or those of connected
            accounts. The latter have a leading column for the account, and a parameter `connected_account`; a run
            that names no account is about all of them.
        in_order: True if the SQL makes rows of one record at a time and keeps the records' order (no join, aggregate,
            window or limit). Such a report is made in consecutive parts of its records, and its rows are not
            sorted where the records are in order already. It reads one dataset, and `order_by` begins with the
            dataset's time and key.
        in_parts: True if the rows are in order but for a join that leaves records out: each part is sorted.
        bounds_only: True if the SQL does nothing with the time of its records but compare it with the bounds of the
            interval: of files whose records lie on one side of both it is not read. Each type says so of itself.
        order_by: the SQL expressions that order the rows, over the columns of the SQL; they order all rows. Those
            of a pivot begin with its period.
        default_columns: columns of a run that asks for none; None if every column is given.
        quotes: which cells are quoted: all that are not empty, or text alone.
        athena_rows: the records from which on a run goes to Athena, where one worker gets through fewer than the
            deployment's AthenaRows.
        rows_of: another report type, whose SQL is this one's too, as is what this header leaves out of its rows and
            records. `columns` may then be an array of names, of the other's columns. A view of this type takes the
            place of the other's of the same name.
        records_of: another report type, whose tables, views and `reads` take the place of those of `rows_of`.
        pivot: how rows become columns; None if they do not.
        columns: what the report can give, in the order of the file.
    """

    name: str = Field(min_length=1)
    meaning: str = Field(min_length=1)
    aliases: tuple[str, ...] = ()
    requires_live: bool = False
    reads: dict[str, Records] = Field(min_length=1)
    reads_organisations: bool = False
    accounts: Accounts = "own"
    in_order: bool = False
    in_parts: bool = False
    bounds_only: bool = False
    order_by: str = Field(min_length=1)
    default_columns: tuple[str, ...] | None = None
    quotes: Literal["all", "text"] = "all"
    athena_rows: int | None = Field(None, ge=1)
    rows_of: str | None = None
    records_of: str | None = None
    pivot: PivotHeader | None = None
    parameters: dict[str, ParameterHeader]
    columns: dict[str, ColumnHeader] = Field(min_length=1)

    @model_validator(mode="after")
    def _default_columns_exist(self) -> Self:
        plain = {name for name, column in self.columns.items() if column.type != "metadata"}
        unknown = set(self.default_columns or ()) - plain
        if unknown:
            raise ValueError(f"default_columns that are no columns: {sorted(unknown)}")
        return self

    @model_validator(mode="after")
    def _options_are_for_all(self) -> Self:
        if self.parameters.keys() & OPTIONS.keys():
            raise ValueError(f"parameters that every report type has: {sorted(OPTIONS)}")
        return self

    @model_validator(mode="after")
    def _a_day_is_local(self) -> Self:
        if "as_of" in self.parameters and "timezone" not in self.parameters:
            raise ValueError("a day begins and ends in a time zone: as_of goes with timezone")
        return self

    @model_validator(mode="after")
    def _order_can_be_kept(self) -> Self:
        if (self.in_order or self.in_parts) and len(self.reads) != 1:
            raise ValueError("only a report over one dataset can be made in parts of its records")
        if self.in_order and self.in_parts:
            raise ValueError("what is in order is in parts anyway")
        if self.bounds_only and (self.in_order or self.in_parts or self.pivot is not None):
            raise ValueError("what is made in parts of time reads the time of each record")
        return self

    @model_validator(mode="after")
    def _connected_accounts_can_be_named(self) -> Self:
        if (self.accounts == "connected") != ("connected_account" in self.parameters):
            raise ValueError("the parameter connected_account goes with the accounts that are connected")
        return self

    @model_validator(mode="after")
    def _a_pivot_has_its_period(self) -> Self:
        if self.pivot is not None and self.pivot.period not in self.parameters:
            raise ValueError(f"a pivot over a period that is no parameter: {self.pivot.period}")
        return self


@dataclass(frozen=True, slots=True)
class ReportFile:
    """The file of a report type, with what it takes from others: SQL queries, tables and views by name, in order."""

    header: ReportHeader
    tables: dict[str, str]
    views: dict[str, str]
    rows: str


def parse(text: str, find: Callable[[str], ReportFile]) -> ReportFile:
    """Read a report type's file.

    Args:
        text: of the file.
        find: gives the file of another report type by its id.

    Raises:
        ValueError: there is no header, it is not TOML, or has a key that is unknown or wrong.
    """
    if not text.startswith(_OPENING) or _CLOSING not in text:
        raise ValueError(f"a report type starts with a header between {_OPENING!r} and {_CLOSING!r}")
    head, sql = text.removeprefix(_OPENING).split(_CLOSING, 1)
    fields = tomllib.loads(head)
    made = {kind: {name: query for of, name, query in _MADE.findall(sql) if of == kind} for kind in _KINDS}
    rows = _MADE.sub("", sql).strip().removesuffix(";")
    sources = {key: find(fields[key]) for key in ("rows_of", "records_of") if key in fields}
    rows_of, records_of = sources.get("rows_of"), sources.get("records_of", sources.get("rows_of"))
    if records_of is not None:
        fields = _left_out(records_of.header, _OF_RECORDS) | fields
        made = {"table": records_of.tables | made["table"], "view": records_of.views | made["view"]}
    if rows_of is not None:
        fields = _left_out(rows_of.header, _OF_ROWS) | _with_columns_of(rows_of.header, fields)
        rows = rows if _COMMENT.sub("", rows).strip() else rows_of.rows
    return ReportFile(ReportHeader.model_validate(_with_account(fields)), made["table"], made["view"], rows)


def _left_out(header: ReportHeader, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(header, name) for name in names}


def _with_columns_of(other: ReportHeader, fields: dict[str, Any]) -> dict[str, Any]:
    names = fields.get("columns")
    if not isinstance(names, list):
        return fields
    unknown = [name for name in names if name not in other.columns]
    if unknown or len(set(names)) < len(names):
        raise ValueError(f"columns that the other type does not have, or twice: {unknown or names}")
    return fields | {"columns": {name: other.columns[name] for name in names}}


def _with_account(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a report on connected accounts with its leading column (contracts: v1, 2.1)."""
    if fields.get("accounts") != "connected":
        return fields
    default = fields.get("default_columns")
    return fields | {
        "columns": {"connected_account": _CONNECTED_ACCOUNT} | fields["columns"],
        "default_columns": default and ("connected_account", *default),
    }

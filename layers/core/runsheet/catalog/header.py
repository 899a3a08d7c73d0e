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

What the rows need to be made once for the whole run stands before them, as `create table <name> as <query>;`.
"""

from __future__ import annotations

import re
import tomllib
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from runsheet.catalog.options import OPTIONS

_OPENING, _CLOSING = "/* +++\n", "+++ */\n"
_TABLE = re.compile(r"^create table (?P<name>\w+) as\n(?P<query>.*?);\n", re.MULTILINE | re.DOTALL)

ColumnType = Literal["text", "money", "decimal", "timestamp", "date", "boolean", "integer", "metadata"]
Kind = Literal[
    "instant", "date", "timezone", "currency", "columns", "choice", "boolean", "reporting_category", "period"
]
Records = Literal["interval", "before_end", "all"]


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
        in_order: True if the SQL gives at most one row per record and keeps the records' order (no join,
            aggregate, window or limit), so that the rows of consecutive parts of the interval, one after
            another, are the rows of the whole. Such a report reads one dataset, by the interval, and
            `order_by` is the dataset's time and key.
        order_by: the SQL expressions that order the rows, over the report's columns; they order all rows. Those
            of a pivot begin with its period.
        default_columns: columns of a run that asks for none; None if every column is given.
        quotes: which cells are quoted: all that are not empty, or text alone.
        rows_of: another report type, whose SQL is this one's too.
        pivot: how rows become columns; None if they do not.
    """

    name: str = Field(min_length=1)
    meaning: str = Field(min_length=1)
    aliases: tuple[str, ...] = ()
    requires_live: bool = False
    reads: dict[str, Records] = Field(min_length=1)
    reads_organisations: bool = False
    in_order: bool = False
    order_by: str = Field(min_length=1)
    default_columns: tuple[str, ...] | None = None
    quotes: Literal["all", "text"] = "all"
    rows_of: str | None = None
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
        if self.in_order and (len(self.reads) != 1 or set(self.reads.values()) != {"interval"}):
            raise ValueError("only a report over the interval of one dataset can be in order")
        return self

    @model_validator(mode="after")
    def _a_pivot_has_its_period(self) -> Self:
        if self.pivot is not None and self.pivot.period not in self.parameters:
            raise ValueError(f"a pivot over a period that is no parameter: {self.pivot.period}")
        return self


def parse(text: str) -> tuple[ReportHeader, dict[str, str], str]:
    """Split a report type's file into its header, the queries of its tables by name, and the query of its rows.

    Raises:
        ValueError: there is no header, it is not TOML, or has a key that is unknown or wrong.
    """
    if not text.startswith(_OPENING) or _CLOSING not in text:
        raise ValueError(f"a report type starts with a header between {_OPENING!r} and {_CLOSING!r}")
    header, sql = text.removeprefix(_OPENING).split(_CLOSING, 1)
    tables = {table["name"]: table["query"] for table in _TABLE.finditer(sql)}
    rows = _TABLE.sub("", sql).strip().removesuffix(";")
    return ReportHeader.model_validate(tomllib.loads(header)), tables, rows

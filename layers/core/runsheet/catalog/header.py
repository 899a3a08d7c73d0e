"""The header of a report type: TOML in the leading comment of its SQL file.

```
/* +++
name = "Balance summary"
...
+++ */
with transactions as (select ... from balance_transactions where created < $interval_end) select ...
```

The SQL names relations (datasets), never files, and bound `$parameters`; nothing is ever pasted into it. What
it returns is typed, and the engine writes the CSV by type: `money(minor units, currency)` and
`local_time(timestamp)` are given by the engine.
"""

from __future__ import annotations

import tomllib
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

_OPENING, _CLOSING = "/* +++\n", "+++ */\n"

ColumnType = Literal["text", "money", "timestamp", "date", "boolean", "integer", "metadata"]
Kind = Literal["instant", "date", "timezone", "currency", "columns", "choice", "reporting_category"]


class _Header(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class ColumnHeader(_Header):
    """A column of the report; one of type `metadata` is asked for once per key, as `name[key]`."""

    type: ColumnType
    meaning: str = Field(min_length=1)


class ParameterHeader(_Header):
    """A parameter that a run may carry, and how its text is read."""

    kind: Kind
    required: bool = False
    choices: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _choices_belong_to_choice(self) -> Self:
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError("a parameter has choices if and only if its kind is choice")
        return self


class ReportHeader(_Header):
    """What is known of a report type without running it.

    Attributes:
        name: its title in the API.
        meaning: one or two sentences for people.
        aliases: other ids that find it; it shows its own everywhere.
        requires_live: True if the contract demands a live key.
        reads: the datasets that its SQL names.
        records: which records its SQL can need, by the dataset's time column: those in the `interval`, those
            before its end (`before_end`), or `all`. Files without such records are not opened.
        in_order: True if the SQL gives at most one row per record and keeps the records' order (no join,
            aggregate, window or limit), so that the rows of consecutive parts of the interval, one after
            another, are the rows of the whole. Such a report reads one dataset, by the interval, and
            `order_by` is the dataset's time and key.
        order_by: the SQL expressions that order the rows, over the report's columns; they order all rows.
        default_columns: columns of a run that asks for none; None if every column is given.
    """

    name: str = Field(min_length=1)
    meaning: str = Field(min_length=1)
    aliases: tuple[str, ...] = ()
    requires_live: bool = False
    reads: tuple[str, ...] = Field(min_length=1)
    records: Literal["interval", "before_end", "all"]
    in_order: bool = False
    order_by: str = Field(min_length=1)
    default_columns: tuple[str, ...] | None = None
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
    def _a_day_is_local(self) -> Self:
        if "as_of" in self.parameters and "timezone" not in self.parameters:
            raise ValueError("a day begins and ends in a time zone: as_of goes with timezone")
        return self

    @model_validator(mode="after")
    def _order_can_be_kept(self) -> Self:
        if self.in_order and (self.records != "interval" or len(self.reads) != 1):
            raise ValueError("only a report over the interval of one dataset can be in order")
        return self


def parse(text: str) -> tuple[ReportHeader, str]:
    """Split a report type's file into its header and its SQL.

    Raises:
        ValueError: there is no header, it is not TOML, or has a key that is unknown or wrong.
    """
    if not text.startswith(_OPENING) or _CLOSING not in text:
        raise ValueError(f"a report type starts with a header between {_OPENING!r} and {_CLOSING!r}")
    header, sql = text.removeprefix(_OPENING).split(_CLOSING, 1)
    return ReportHeader.model_validate(tomllib.loads(header)), sql.strip().removesuffix(";")

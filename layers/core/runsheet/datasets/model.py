"""Datasets and the files they are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from runsheet.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

Level = Literal["base", "recent"]
Format = Literal["csv", "ndjson", "parquet"]
# DuckDB's name of the one decimal type: nine places count the bytes of a gigabyte, and 18 digits fit in 64 bits.
DECIMAL = "DECIMAL(18,9)"


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    `type` is DuckDB's name of it: VARCHAR, BIGINT, DECIMAL(18,9), TIMESTAMP, DATE, BOOLEAN, MAP(VARCHAR, VARCHAR).
    """

    name: str
    type: str
    nullable: bool
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Schema:
    """What a dataset's records look like.

    Attributes:
        dataset: its name, in routes and in report SQL.
        title: its name for people.
        columns: in order.
        key: the column that identifies a record.
        time: the column that records are sorted and pruned by: a TIMESTAMP, or a DATE, which stands for its first
            instant (UTC).
        checks: SQL conditions; a record for which one is false is refused.
        currencies: the columns that hold ISO 4217 codes in lower case.
    """

    dataset: str
    title: str
    columns: tuple[Column, ...]
    key: str
    time: str
    checks: tuple[str, ...] = ()
    currencies: tuple[str, ...] = ()

    def column(self, name: str) -> Column | None:
        """Return the column of this name."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True, slots=True)
class DataFile:
    """One Parquet object of the lake.

    Attributes:
        id: `dsf_…`, ordered by creation.
        key: the object's key in the lake bucket.
        rows, bytes: what it holds; deletions count as rows.
        first, last: bounds of the time column (aware, UTC); None if it holds deletions only.
        level: `base` files hold one version of each key among all of them; `recent` ones may replace or delete any.
        version: the data version that it came with; between recent files the higher one wins.
    """

    id: str
    key: str
    rows: int
    bytes: int
    first: datetime | None
    last: datetime | None
    level: Level
    version: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What is known of a tenant's dataset as a whole.

    Attributes:
        version: the data version: the number of batches registered.
        files: how many files there are.
        first, last: bounds of the time column over all files, those of records replaced or deleted since included.
        updated: when the last batch was registered.
        complete_through: up to when the loader says that all records are there.
        visible_rows: how many records a report would see, as of `visible_rows_version`.
        digest: of the ids of the files, see `table.digest`; None where it was not noted.
        swaps: how often a compaction put files in the place of others, which changes no data version.
        loose_files, loose_bytes: what came since the last compaction; bytes of recent files only.
    """

    version: int = 0
    files: int = 0
    first: datetime | None = None
    last: datetime | None = None
    updated: datetime | None = None
    complete_through: datetime | None = None
    visible_rows: int = 0
    visible_rows_version: int = 0
    digest: int | None = None
    swaps: int = 0
    loose_files: int = 0
    loose_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The files that make up a dataset at one data version."""

    schema: Schema
    bucket: str
    files: tuple[DataFile, ...]
    version: int


@dataclass(frozen=True, slots=True)
class Availability:
    """From when to when there is data (aware, UTC): `start` lies before the first record, None without records."""

    start: datetime | None
    end: datetime
    updated: datetime | None


@dataclass(frozen=True, slots=True)
class Batch:
    """A registered batch: the receipt that repeating it gives again.

    Attributes:
        id: the loader's own, or one made for it.
        content_hash: of what was sent; the same id with another content is refused.
        row_count: records stored, of equal keys only the last.
        deleted_count: deletions stored, whether or not there was such a record.
        created: when it was registered.
    """

    id: str
    content_hash: str
    row_count: int
    deleted_count: int
    created: datetime


@dataclass(frozen=True, slots=True)
class BadRow:
    """Why a row was refused. `line` counts from 1 (None: the whole file), `column` is None for the whole row."""

    line: int | None
    column: str | None
    reason: str

    def as_dict(self) -> dict[str, Any]:
        """Return it as the API shows it."""
        return {"line": self.line, "column": self.column, "reason": self.reason}


class RecordsRefused(Exception):
    """A batch was refused as a whole: `rows` are its first bad rows, at most MAX_BAD_ROWS."""

    def __init__(self, rows: Sequence[BadRow]) -> None:
        super().__init__(rows[0].reason)
        self.rows = tuple(rows)


class BatchIdTaken(InvalidRequest):
    """The batch id stands for another content already."""

    def __init__(self, batch_id: str) -> None:
        super().__init__(
            f"The batch id '{batch_id}' was used for other content. A batch id can only be repeated with the same "
            "content; use another one.",
            param="batch_id",
            code="batch_id_in_use",
        )


MAX_BAD_ROWS = 100
# A record of text columns at their longest fits well within.
MAX_LINE_BYTES = 2 * 1024 * 1024

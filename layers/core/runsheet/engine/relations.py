"""A dataset as the SQL of one relation: the latest version of every record, merged as it is read.

Base files hold one version per key and no deletions; recent files may hold newer versions and deletions of
any key; the newest file wins. So: base without the keys of recent (an anti join), then the latest of recent.
A window over everything costs five times as much (performance.md).

A file is read as if it had the schema's columns: one that was written before a column was added has NULL there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from runsheet.engine.session import literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import duckdb

    from runsheet.datasets.model import DataFile, Schema, Snapshot

# Whether a line deletes the record of its key.
_DELETED = ("_deleted", "BOOLEAN")
# Which recent file a gathered version is from.
_INDEX = ("_index", "BIGINT")
_KEY = re.compile(r"lake/[0-9A-Za-z_./-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Source:
    """A Parquet file of a dataset.

    Attributes:
        path: its exact path or `s3://` address.
        rows: how many records it has.
        first: time of its first record, as stored (UTC); None if it has none.
        last: time of its last one.
        index: position among the recent files by version, the order in which they win.
    """

    path: str
    rows: int
    first: datetime | None
    last: datetime | None
    index: int = 0

    def overlaps(self, start: datetime | None, end: datetime | None) -> bool:
        """Return whether it may have records in [start, end); None is no bound."""
        if self.first is None or self.last is None:
            return False
        return (end is None or self.first < end) and (start is None or self.last >= start)

    def side(self, bounds: Sequence[datetime]) -> tuple[bool, ...] | None:
        """Return for each bound whether all its records are at it or after it, not before; None if one lies between them."""
        if self.first is None or self.last is None:
            return None
        after = tuple(self.first >= bound for bound in bounds)
        return after if after == tuple(self.last >= bound for bound in bounds) else None


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is known of recent files once they were read (`engine.gathering`).

    Attributes:
        held: path of every version, deletions too, with `_index`, the position of its file.
        by_time: whether these are by time, to be read part by part.
        replaced: whether there is a table of the base's records that they replace or delete.
        apart: paths of base files of which they replace and delete nothing.
    """

    held: str
    by_time: bool
    replaced: bool
    apart: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Relation:
    """The files of a dataset that a run reads; base by time, recent by version; and recent ones as they were gathered."""

    schema: Schema
    base: tuple[Source, ...]
    recent: tuple[Source, ...]
    gathered: Gathered | None = None

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that it reads."""
        return tuple(source.path for source in (*self.base, *self.recent))

    def within(self, start: datetime | None, end: datetime | None) -> Relation:
        """Return the relation for records from `start` to `end` (naive UTC): base files outside are left out.

        Recent files stay: one outside may hold a deletion, or a version that moved a record out.
        """
        return replace(self, base=tuple(source for source in self.base if source.overlaps(start, end)))

    def is_in_order(self) -> bool:
        """Return whether reading the base files one after another gives every record by time and key.

        Each file is sorted by both, so it takes files that follow each other without sharing an instant, and
        no recent file, because the rows of a join come in any order.
        """
        if self.recent:
            return False
        times = [(source.first, source.last) for source in self.base if source.first and source.last]
        return all(last < first for (_, last), (first, _) in pairwise(times))

    def prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Note once which recent file has the latest version of each key that they hold."""
        if self.recent and self.gathered is None:
            self.note_latest(connection, self.files(self.recent), "file_index")

    def sql(
        self,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        with_recent: bool = True,
        sides_of: Sequence[datetime] = (),
    ) -> str:
        """Return the query of the dataset's columns; of files without records from `start` to `end`, nothing.

        The bounds only leave files out, they filter no record. Without recent records, those of base files that recent
        ones replace or delete are left out all the same. `prepare` was called before.

        Args:
            start: naive UTC; None is no bound.
            end: the same.
            with_recent: whether the records of recent files are among them.
            sides_of: bounds that the time is compared with, and nothing else is done with it: a file whose records all lie
                on one side of each has any time there for all of them, which then is neither read nor compared.
        """
        base = [source for source in self.base if source.overlaps(start, end)]
        recent = [source for source in self.recent if source.overlaps(start, end)]
        parts = []
        if base:
            # Not `exists`: DuckDB looks up a correlated subquery by way of all distinct keys of the base. And no anti join:
            # from about 100 recent files on it takes the base for the smaller side, and holds all of its keys in memory.
            kept = f" where base.{self.schema.key} not in ({self._replaced(start, end)})"
            for (side, is_kept), sources in self._alike(base, sides_of).items():
                named = self._columns if side is None else self._columns_at(sources[0])
                parts.append(f"select {named} from {self.files(sources)} as base{'' if is_kept else kept}")  # noqa: S608
        if recent and with_recent:
            parts.append(self._latest_of(recent, start, end))
        return "\nunion all\n".join(parts) or self._nothing()

    @property
    def latest(self) -> str:
        """The table of the keys of recent files, with the position of the file of the latest version and its time."""
        return f"latest_{self.schema.dataset}"

    @property
    def replaced(self) -> str:
        """The table of the base's records that recent files replace or delete, by their time, where it was made."""
        return f"replaced_{self.schema.dataset}"

    def note_latest(self, connection: duckdb.DuckDBPyConnection, versions: str, index: str) -> None:
        """Make the table `latest` from a query's versions of records, by their position."""
        connection.execute(
            f"create table {self.latest} as select {self.schema.key} as key, max({index}) as file_index,"  # noqa: S608
            f" arg_max({self.schema.time}, {index})::timestamp as moment from {versions} group by key order by moment"
        )

    def files(self, sources: Iterable[Source]) -> str:
        """Return what a query reads files by: each as if it had the schema's columns, and `_deleted`."""
        return self._read(source.path for source in sources)

    def _alike(
        self, base: Sequence[Source], bounds: Sequence[datetime]
    ) -> dict[tuple[tuple[bool, ...] | None, bool], list[Source]]:
        """Return base files by their side of the bounds, if there are any, and by whether all their records are latest."""
        apart = self.gathered.apart if self.gathered is not None else frozenset[str]()
        alike: dict[tuple[tuple[bool, ...] | None, bool], list[Source]] = {}
        for source in base:
            side = source.side(bounds) if bounds else None
            alike.setdefault((side, not self.recent or source.path in apart), []).append(source)
        return alike

    def _replaced(self, start: datetime | None, end: datetime | None) -> str:
        """Return the query of keys whose records of base files are not the latest; of those out of bounds none is asked."""
        if self.gathered is None or not self.gathered.replaced:
            return f"select key from {self.latest}"  # noqa: S608
        return f"select key from {self.replaced}{_within(start, end)}"  # noqa: S608

    def _latest_of(self, recent: Sequence[Source], start: datetime | None, end: datetime | None) -> str:
        latest = self.latest
        if self.gathered is None:
            indexes = ", ".join(str(source.index) for source in recent)
            versions = (
                f"(select *, [{indexes}][(file_index + 1)::bigint] as _index from {self.files(recent)})"  # noqa: S608
            )
        else:
            versions = self._read([self.gathered.held], _INDEX)
            if self.gathered.by_time:
                latest = f"(select * from {latest}{_within(start, end)})"  # noqa: S608
        return (
            f"select {self._columns} from {versions} as recent"  # noqa: S608
            f" semi join {latest} as latest on latest.key = recent.{self.schema.key}"
            " and latest.file_index = recent._index where _deleted is not true"
        )

    @property
    def _columns(self) -> str:
        return ", ".join(column.name for column in self.schema.columns)

    def _read(self, files: Iterable[str], *more: tuple[str, str]) -> str:
        # DuckDB else takes the first file's columns for those of all; union_by_name knows no column that is in no file.
        columns = [*((column.name, column.type) for column in self.schema.columns), _DELETED, *more]
        schema = ", ".join(
            f"{literal(name)}: {{'name': {literal(name)}, 'type': {literal(kind)}, 'default_value': null}}"
            for name, kind in columns
        )
        paths = ", ".join(literal(path) for path in files)
        return f"read_parquet([{paths}], schema = map {{{schema}}})"

    def _columns_at(self, source: Source) -> str:
        """Return the columns, all with the time of the first record of a file."""
        time = self.schema.time
        return ", ".join(
            f"timestamp '{source.first}'::{column.type} as {time}" if column.name == time else column.name
            for column in self.schema.columns
        )

    def _nothing(self) -> str:
        columns = ", ".join(f"null::{column.type} as {column.name}" for column in self.schema.columns)
        return f"select {columns} where false"


def relation(snapshot: Snapshot) -> Relation:
    """Return the relation of a snapshot's files.

    Raises:
        ValueError: a file's key is not one that we make: DuckDB would take `*` or `?` in it for a pattern.
    """
    base = [file for file in snapshot.files if file.level == "base"]
    recent = sorted(
        (file for file in snapshot.files if file.level == "recent"), key=lambda file: file.version
    )
    sources = sorted((_source(snapshot.bucket, file, 0) for file in base), key=_begins)
    return Relation(
        schema=snapshot.schema,
        base=tuple(sources),
        recent=tuple(_source(snapshot.bucket, file, index) for index, file in enumerate(recent)),
    )


def naive(moment: datetime) -> datetime:
    """Return an instant as it is stored: UTC without saying so."""
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def _within(start: datetime | None, end: datetime | None) -> str:
    """Return the condition on tables of keys by the time of their records; both are naive UTC, None is no bound."""
    bounds = [f"moment {sign} timestamp '{at}'" for sign, at in ((">=", start), ("<", end)) if at is not None]
    return f" where {' and '.join(bounds)}" if bounds else ""


def _source(bucket: str, file: DataFile, index: int) -> Source:
    if not _KEY.fullmatch(file.key) or ".." in file.key:
        raise ValueError(f"not the key of a data file: {file.key!r}")
    return Source(
        path=f"s3://{bucket}/{file.key}",
        rows=file.rows,
        first=None if file.first is None else naive(file.first),
        last=None if file.last is None else naive(file.last),
        index=index,
    )


def _begins(source: Source) -> tuple[datetime, datetime]:
    return source.first or datetime.min, source.last or datetime.min  # noqa: DTZ901 - as stored, see `naive`

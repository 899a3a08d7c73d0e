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
    from collections.abc import Container, Iterable, Sequence

    import duckdb

    from runsheet.datasets.model import DataFile, Schema, Snapshot

# Whether a line deletes the record of its key.
_DELETED = ("_deleted", "BOOLEAN")
# What a run writes for itself is read within seconds: to compress it costs more than it saves.
_ON_DISK = "format parquet, compression uncompressed, use_tmp_file false"
# So small that a part of the time reads little more than its own.
_ROWS_IN_A_GROUP = 20_480
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
    """What recent files hold, in two files on the disk: each part of a run would else read all of them again.

    Attributes:
        held: path of every version, deletions too, with `_index`, the position of its file.
        latest: path of those versions that are the latest of their keys and no deletions, by time.
    """

    held: str
    latest: str


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
        if self.recent:
            self._note_latest(connection, "file_index", self._files(self.recent))

    def gather(
        self, connection: duckdb.DuckDBPyConnection, files: Gathered, named: Container[str]
    ) -> Relation:
        """Read recent files once, in place of `prepare`, and return the relation that reads them from the disk from now on.

        Args:
            connection: a session that may write to both of `files`.
            files: where to.
            named: the columns that are needed beside key and time; the others are read as NULL.
        """
        if not self.recent:
            return self
        key, time = self.schema.key, self.schema.time
        needed = [
            column.name
            for column in self.schema.columns
            if column.name in {key, time} or column.name in named
        ]
        columns = ", ".join(needed)
        held = f"read_parquet({literal(files.held)})"
        connection.execute(
            f"copy (select {columns}, _deleted, file_index::bigint as _index from {self._files(self.recent)})"  # noqa: S608
            f" to {literal(files.held)} ({_ON_DISK})"
        )
        self._note_latest(connection, "_index", held)
        connection.execute(
            f"copy (select {columns} from {held} as held semi join {self._latest} as latest"  # noqa: S608
            f" on latest.key = held.{key} and latest.file_index = held._index where _deleted is not true"
            f" order by {time}, {key}) to {literal(files.latest)} ({_ON_DISK}, row_group_size {_ROWS_IN_A_GROUP})"
        )
        return replace(self, gathered=files)

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
        columns = ", ".join(column.name for column in self.schema.columns)
        base = [source for source in self.base if source.overlaps(start, end)]
        recent = [source for source in self.recent if source.overlaps(start, end)]
        key, latest = self.schema.key, self._latest
        parts = []
        if base:
            # Not `exists`: DuckDB looks up a correlated subquery by way of all distinct keys of the base. And no anti join:
            # from about 100 recent files on it takes the base for the smaller side, and holds all of its keys in memory.
            kept = f" where base.{key} not in (select key from {latest})" if self.recent else ""  # noqa: S608
            for side, sources in _by_side(base, sides_of).items():
                named = columns if side is None else self._columns_at(sources[0])
                parts.append(f"select {named} from {self._files(sources)} as base{kept}")  # noqa: S608
        if recent and with_recent and self.gathered is not None:
            parts.append(f"select {columns} from {self._read([self.gathered.latest])} as recent")  # noqa: S608
        elif recent and with_recent:
            indexes = ", ".join(str(source.index) for source in recent)
            parts.append(
                f"select {columns} from (select *, [{indexes}][(file_index + 1)::bigint] as _index"  # noqa: S608
                f" from {self._files(recent)} where _deleted is not true) as recent"
                f" semi join {latest} on {latest}.key = recent.{key} and {latest}.file_index = recent._index"
            )
        return "\nunion all\n".join(parts) or self._nothing()

    def touched(
        self, connection: duckdb.DuckDBPyConnection, parts: Sequence[tuple[datetime, datetime]]
    ) -> dict[int, list[Source]]:
        """Return the recent files, in the order in which they win, that the records of each of consecutive parts depend on.

        These hold a version of a record that any file has in the part, or its deletion: also where the newest
        version belongs into another part, or another file says so. What is not in the answer is as without recent files.

        Args:
            connection: a session where they were gathered.
            parts: naive UTC.
        """
        if self.gathered is None or not parts:
            return {}
        key, time, latest = self.schema.key, self.schema.time, self._latest
        of_key = f"select {key} as key, {time}::timestamp as moment"
        recent = f"read_parquet({literal(self.gathered.held)})"
        held = f"{of_key} from {recent} where {time} is not null"
        if near := self._with_keys_near(connection):
            base = f"{self._files(near)} as base semi join {latest} on {latest}.key = base.{key}"
            held += f" union all {of_key} from {base}"
        found = connection.execute(
            f"""with parts as (select unnest($numbers::bigint[]) as number, unnest($starts::timestamp[]) as first),
            held as ({held}),
            hit as (
                select distinct key, number from held asof join parts on held.moment >= parts.first
                where held.moment < $end
            )
            select distinct number, _index
            from hit join (select {key} as key, _index from {recent}) as recent using (key)
            order by all""",  # noqa: S608 - names of the catalogue
            {
                "numbers": list(range(len(parts))),
                "starts": [first for first, _ in parts],
                "end": parts[-1][1],
            },
        ).fetchall()
        touched: dict[int, list[Source]] = {}
        for number, index in found:
            touched.setdefault(number, []).append(self.recent[index])
        return touched

    def _with_keys_near(self, connection: duckdb.DuckDBPyConnection) -> list[Source]:
        """Return the base files that may have a key of a recent file, by the least and the greatest key in their footers.

        Keys that follow time, as many do, leave a few files of many; to read the keys of all takes a tenth of a report.
        """
        if not self.base:
            return []
        paths = ", ".join(literal(source.path) for source in self.base)
        found = connection.execute(
            f"""select distinct file_name
            from (
                select file_name, stats_min_value as least, stats_max_value as greatest
                from parquet_metadata([{paths}]) where path_in_schema = $key
            ) as held
            asof left join {self._latest} as latest on held.least <= latest.key
            where held.least is null or held.greatest is null or latest.key <= held.greatest""",  # noqa: S608 - names of the catalogue
            {"key": self.schema.key},
        ).fetchall()
        near = {path for (path,) in found}
        return [source for source in self.base if source.path in near]

    @property
    def _latest(self) -> str:
        return f"latest_{self.schema.dataset}"

    def _note_latest(self, connection: duckdb.DuckDBPyConnection, index: str, versions: str) -> None:
        key = self.schema.key
        connection.execute(
            f"create table {self._latest} as select {key} as key, max({index}) as file_index"  # noqa: S608
            f" from {versions} group by {key}"
        )

    def _files(self, sources: Iterable[Source]) -> str:
        return self._read(source.path for source in sources)

    def _read(self, files: Iterable[str]) -> str:
        # DuckDB else takes the first file's columns for those of all; union_by_name knows no column that is in no file.
        columns = [*((column.name, column.type) for column in self.schema.columns), _DELETED]
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


def _by_side(
    base: Sequence[Source], bounds: Sequence[datetime]
) -> dict[tuple[bool, ...] | None, list[Source]]:
    by_side: dict[tuple[bool, ...] | None, list[Source]] = {}
    for source in base:
        by_side.setdefault(source.side(bounds) if bounds else None, []).append(source)
    return by_side


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

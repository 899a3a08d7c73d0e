"""Base files written anew, without what newer versions and deletions hide, by the engine."""

# ruff: noqa: S608 - identifiers are quoted, texts are literals; DuckDB binds no names of columns and files

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from runsheet.dataset_compactions.planning import MOST_ADDED, Arrivals
from runsheet.datasets import writing
from runsheet.engine.credentials import lake_credentials
from runsheet.engine.relations import naive, relation
from runsheet.engine.session import attach_lake, connect, identifier, literal, lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    import duckdb

    from runsheet.dataset_compactions.planning import Span, Step
    from runsheet.datasets.model import Schema, Snapshot
    from runsheet.datasets.writing import Written
    from runsheet.engine.relations import Relation, Source
    from runsheet.tenancy import Tenant


def most_rows(schema: Schema) -> int:
    """Return how many records a file has at the most: as many as an upload's."""
    return writing.CELLS_IN_A_SLICE // (len(schema.columns) + 1)


class Merge:
    """A locked session over the files of one snapshot."""

    def __init__(
        self,
        tenant: Tenant,
        snapshot: Snapshot,
        connection: duckdb.DuckDBPyConnection,
        merged: Relation,
        directory: Path,
    ) -> None:
        """See `opened`."""
        self._tenant = tenant
        self._schema = snapshot.schema
        self._connection = connection
        self._merged = merged
        self._file = directory / "file.parquet"
        listed = ", ".join(literal(path) for path in merged.paths)
        found = connection.execute(f"select distinct name from parquet_schema([{listed}])").fetchall()
        self._stored = {name for (name,) in found}

    def arrivals(self, spans: Sequence[Span]) -> Arrivals:
        """Return where the records of the recent files belong."""
        if not self._merged.recent:
            return Arrivals()
        inside, before = [0] * len(spans), [0] * (len(spans) + 1)
        for number, behind, count in self._places(spans):
            if number is None:
                before[0] += count
            elif behind:
                before[number + 1] += count
            else:
                inside[number] += count
        return Arrivals(self._held(), inside, before)

    def write(self, step: Step, file_ids: Sequence[str], *, check: Callable[[], None]) -> list[Written]:
        """Write what a step makes to the lake and return the objects; one without a record is not made.

        Args:
            step: what to rewrite.
            file_ids: of the files to make, as many as `pieces` says.
            check: called between two files; if it raises, no more are made.
        """
        removed = {file.id for file in step.removed}
        sources = tuple(source for source in self._merged.base if _file_id(source) in removed)
        query = replace(self._merged, base=sources).sql(step.start, step.end, with_recent=step.with_recent)
        time = identifier(self._schema.time)
        within = [f"{time} >= {_instant(step.start)}"] if step.start is not None else []
        within += [f"{time} < {_instant(step.end)}"] if step.end is not None else []
        self._connection.execute(
            f"create or replace temp view merged as from ({query}) where {' and '.join(within) or 'true'}"
        )
        written = []
        for file_id, condition in zip(file_ids, self._conditions(time, len(file_ids)), strict=False):
            check()
            rows, first, last = self._copy(condition)
            if rows:
                written.append(
                    writing.put(self._tenant, self._schema, file_id, self._file, rows, (first, last))
                )
            self._file.unlink()
        return written

    def pieces(self, step: Step) -> int:
        """Return in how many files at the most the records of a step are written."""
        return min(max(-(-step.rows // most_rows(self._schema)), 1), MOST_ADDED)

    def _copy(self, condition: str) -> tuple[int, int | None, int | None]:
        # As in the files of an ingest: a column that no record has is not written.
        columns = ", ".join(
            identifier(column.name)
            for column in self._schema.columns
            if column.name in self._stored or not column.nullable
        )
        time, key = identifier(self._schema.time), identifier(self._schema.key)
        path = literal(str(self._file))
        self._connection.execute(
            f"copy (select {columns}, false as _deleted from merged where {condition} order by {time}, {key}) "
            f"to {path} ({writing.LAKE_FILE})"
        )
        found = self._connection.execute(
            f"select count(*), epoch_us(min({time})), epoch_us(max({time})) from read_parquet({path})"
        ).fetchone()
        return found or (0, None, None)

    def _conditions(self, time: str, count: int) -> Iterator[str]:
        """Yield conditions that part the records by time into about equal pieces, `count` at the most."""
        if count == 1:
            yield "true"
            return
        shares = ", ".join(str(number / count) for number in range(1, count))
        [bounds] = self._connection.execute(
            f"select approx_quantile(epoch_us({time}), [{shares}]) from merged"
        ).fetchone() or ([],)
        edges = [None, *sorted(set(bounds or [])), None]
        for lower, upper in pairwise(edges):
            within = [f"{time} >= make_timestamp({lower})"] * (lower is not None)
            within += [f"{time} < make_timestamp({upper})"] * (upper is not None)
            yield " and ".join(within) or "true"

    def _held(self) -> set[str]:
        """Return the ids of the base files that hold keys of the recent ones."""
        if not self._merged.base:
            return set()
        key, latest = identifier(self._schema.key), f"latest_{self._schema.dataset}"
        listed = ", ".join(literal(source.path) for source in self._merged.base)
        found = self._connection.execute(
            f"select distinct file_index from read_parquet([{listed}]) as base "
            f"semi join {latest} on {latest}.key = base.{key}"
        ).fetchall()
        return {_file_id(self._merged.base[index]) for (index,) in found}

    def _places(self, spans: Sequence[Span]) -> list[tuple[int | None, bool, int]]:
        """Return how many recent records lie at or behind the beginning of each span, and whether behind its end."""
        arrived = replace(self._merged, base=()).sql()
        rows = ", ".join(
            f"({number}, {_instant(span.first)}, {_instant(span.last)})" for number, span in enumerate(spans)
        )
        time = f"{identifier(self._schema.time)}::timestamp"
        if not rows:
            counted = self._connection.execute(f"select count(*) from ({arrived})").fetchone() or (0,)
            return [(None, False, counted[0])]
        return self._connection.execute(
            f"select spans.number, coalesce(arrived.moment > spans.last, false) as behind, count(*) "
            f"from (select {time} as moment from ({arrived})) as arrived "
            f"asof left join (values {rows}) as spans(number, first, last) on arrived.moment >= spans.first "
            "group by all"
        ).fetchall()


@contextmanager
def opened(tenant: Tenant, snapshot: Snapshot) -> Iterator[Merge]:
    """Open a session over the files of a snapshot; it can read no other and reaches no other organisation's."""
    merged = relation(snapshot)
    with (
        tempfile.TemporaryDirectory(prefix="compaction-") as name,
        connect(directory=Path(name)) as connection,
    ):
        # What is written is sorted by itself; to keep the order of what is read takes memory for nothing.
        connection.execute("set global preserve_insertion_order = false")
        attach_lake(connection, lake_credentials(tenant))
        lock(connection, [*merged.paths, str(Path(name) / "file.parquet")])
        merged.prepare(connection)
        yield Merge(tenant, snapshot, connection, merged, Path(name))


def _file_id(source: Source) -> str:
    return source.path.rpartition("/")[2].removesuffix(".parquet")


def _instant(moment: datetime) -> str:
    return f"timestamp '{naive(moment).isoformat(sep=' ')}'"

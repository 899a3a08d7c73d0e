"""Staged records, written to the lake as Parquet objects: sorted by time and key, in slices that fit in memory."""

# ruff: noqa: S608 - identifiers are quoted, texts are literals; DuckDB binds no names of columns and files

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from runsheet import ids
from runsheet.datasets import table
from runsheet.datasets.staging import watched
from runsheet.engine.credentials import lake_credentials
from runsheet.engine.session import PARQUET, identifier, literal
from runsheet.runtime import clients, clock
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    import duckdb

    from runsheet.datasets.model import Schema
    from runsheet.datasets.staging import Staged
    from runsheet.tenancy import Tenant

# A cell takes 16 bytes and its text while it is sorted: about a gigabyte, the rest spills.
CELLS_IN_A_SLICE = 40_000_000
ROWS_IN_A_GROUP = 122_880
MAX_SLICES = table.MAX_FILES_IN_A_BATCH
# DuckDB begins a dictionary for every column and gives it up at a fifth of the group: a fifth of the time to write ids.
LAKE_FILE = f"{PARQUET}, row_group_size {ROWS_IN_A_GROUP}, dictionary_size_limit 1000"


@dataclass(frozen=True, slots=True)
class Layout:
    """What a written Parquet file holds: its records, and the first and the last time in microseconds since the epoch."""

    rows: int
    first: int | None
    last: int | None


@dataclass(frozen=True, slots=True)
class Written:
    """An object that was put into the lake and is not registered yet; what its fields are, DataFile says."""

    id: str
    key: str
    rows: int
    bytes: int
    first: datetime | None
    last: datetime | None


def write(
    connection: duckdb.DuckDBPyConnection,
    tenant: Tenant,
    schema: Schema,
    staged: Staged,
    *,
    slices: Sequence[Path],
    on_progress: Callable[[float], None],
) -> list[Written]:
    """Write the view `records` to the lake, slice by slice, and return the objects.

    An object that is never registered, because the worker died, is seen by nobody.

    Args:
        connection: that has the view, and may write to `slices`.
        tenant: whose records they are.
        schema: of the dataset.
        staged: what the view holds.
        slices: where to write, MAX_SLICES paths; each file is removed once it is in the lake.
        on_progress: told how far (0 to 1) it is.
    """
    conditions = list(_slices(connection, schema, staged))
    # What a file lacks is read as NULL. To write that is most of the work where most columns are absent.
    columns = ", ".join(
        f"{identifier(column.name) if column.name in staged.columns else 'null'}::{column.type} "
        f"as {identifier(column.name)}"
        for column in schema.columns
        if column.name in staged.columns or not column.nullable
    )
    time, key = identifier(schema.time), identifier(schema.key)
    written = []
    for number, (condition, path) in enumerate(zip(conditions, slices, strict=False)):
        # Sorted before the columns that the input lacks are added: they would be carried through the sort.
        copy = (
            f"copy (select {columns}, _deleted from (from records where {condition} order by {time}, {key})) "
            f"to {literal(str(path))} ({LAKE_FILE})"
        )
        with watched(connection, lambda share, done=number: on_progress((done + share) / len(conditions))):  # type: ignore[misc]
            connection.execute(copy)
        written += put_new(tenant, schema, path, layout(connection, schema, path))
        path.unlink()
        on_progress((number + 1) / len(conditions))
    return written


def layout(connection: duckdb.DuckDBPyConnection, schema: Schema, path: Path) -> Layout:
    """Return what the Parquet file at `path` holds."""
    time = identifier(schema.time)
    found = connection.execute(
        f"select count(*), epoch_us(min({time})), epoch_us(max({time})) from read_parquet({literal(str(path))})"
    ).fetchone()
    return Layout(*(found or (0, None, None)))


def put_new(tenant: Tenant, schema: Schema, path: Path, held: Layout) -> list[Written]:
    """Put a Parquet file into the lake under a new id, and return it; one without a record is not put."""
    if not held.rows:
        return []
    file_id = ids.new_id("dsf", clock.now())
    return [put(tenant, schema, file_id, path, held.rows, (held.first, held.last))]


def _slices(connection: duckdb.DuckDBPyConnection, schema: Schema, staged: Staged) -> Iterator[str]:
    """Yield conditions that part the records by time into about equal slices; deletions have no time."""
    time = identifier(schema.time)
    cells = staged.rows * (len(staged.columns) + 1)
    count = min(max(-(-cells // CELLS_IN_A_SLICE), 1), MAX_SLICES)
    if count == 1:
        yield "true"
        return
    shares = ", ".join(str(number / count) for number in range(1, count))
    [bounds] = connection.execute(
        f"select approx_quantile(epoch_us({time}), [{shares}]) from records"
    ).fetchone() or ([],)
    # Without a time there are only deletions; equal times make equal bounds, and one slice of them.
    inner = sorted(set(bounds or []))
    edges = [None, *(f"make_timestamp({bound})" for bound in inner), None]
    for lower, upper in pairwise(edges):
        within = [f"{time} >= {lower}"] * (lower is not None) + [f"{time} < {upper}"] * (upper is not None)
        yield " and ".join(within) if lower else f"({' and '.join(within) or 'true'} or {time} is null)"


def key_of(tenant: Tenant, schema: Schema, file_id: str) -> str:
    """Return the key of the object of a data file."""
    return f"lake/{schema.dataset}/{tenant.organisation_id}/{tenant.mode}/{file_id}.parquet"


def put(
    tenant: Tenant,
    schema: Schema,
    file_id: str,
    path: Path,
    rows: int,
    times: tuple[int | None, int | None],
) -> Written:
    """Put a Parquet file into the lake.

    Args:
        tenant: whose records they are.
        schema: of the dataset.
        file_id: of the data file to be.
        path: of the file.
        rows: how many it has.
        times: the first and the last time, in microseconds since the epoch.
    """
    credentials = lake_credentials(tenant, write=True)
    client = clients.s3_as(
        credentials.access_key_id,
        credentials.secret_access_key,
        credentials.session_token,
        credentials.region,
    )
    key = key_of(tenant, schema, file_id)
    size = path.stat().st_size
    clients.upload_file(client, path, settings().lake_bucket, key)
    first, last = (None if time is None else table.moment(time) for time in times)
    return Written(file_id, key, rows, size, first, last)

"""Taking a batch in: judge the file, write it to the lake, register it. All of it becomes visible, or nothing does."""

# ruff: noqa: S608 - identifiers are quoted, texts are literals; DuckDB binds no names of columns and files

from __future__ import annotations

import hashlib
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runsheet.datasets import one_pass, registration, schema, staging, writing
from runsheet.datasets.model import Batch
from runsheet.engine.session import PARQUET, connect, identifier, literal, lock
from runsheet.runtime import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import duckdb

    from runsheet.datasets.model import DataFile, Format, Schema
    from runsheet.datasets.writing import Written
    from runsheet.tenancy import Tenant

_HASHED_AT_ONCE = 1024 * 1024
# Shares of the work, as a file of a few million rows takes them.
_STAGED, _SORTED, _WRITTEN = 0.4, 0.85, 0.95


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file to take in.

    Attributes:
        path: where it is; on the local disk, so that what was hashed is what is read.
        form: csv, ndjson or parquet.
        batch_id: identifies the batch, so that repeating it changes nothing.
        content_hash: of what the loader sent.
        is_small: not worth the look whether its keys are all new: it waits among the recent files.
    """

    path: Path
    form: Format
    batch_id: str
    content_hash: str
    is_small: bool = False


def ingest(
    tenant: Tenant, dataset: str, incoming: Incoming, *, on_progress: Callable[[float], None] = lambda _: None
) -> Batch:
    """Take a file in and return the receipt; the records are visible when this returns.

    Args:
        tenant: whose records they are.
        dataset: where they belong.
        incoming: the file.
        on_progress: told about once a second how far (0 to 1) it is.

    Raises:
        NotFound: there is no such dataset.
        RecordsRefused: something in it is wrong; nothing was stored.
        BatchIdTaken: the batch id was used for other content.
        Unavailable: too many batches are registered at once.
    """
    described = schema.schema(dataset)
    receipt = registration.repeated(tenant, dataset, incoming.batch_id, incoming.content_hash)
    if receipt is not None:
        return receipt
    with tempfile.TemporaryDirectory(prefix="ingest-") as name:
        directory = Path(name)
        made = _in_one_pass(tenant, described, incoming, directory, on_progress)
        if made is None:
            made = _by_way_of_a_stage(tenant, described, incoming, directory, on_progress)
        batch = Batch(
            id=incoming.batch_id,
            content_hash=incoming.content_hash,
            row_count=made.rows - made.deletions,
            deleted_count=made.deletions,
            created=clock.now(),
        )

        def overlaps(files: Sequence[DataFile]) -> bool:
            if made.keys is None:
                return bool(made.deletions or files)
            return registration.keys_exist(tenant, dataset, made.keys, files)

        return registration.register(tenant, dataset, batch, made.written, overlaps=overlaps)


@dataclass(frozen=True, slots=True)
class _Made:
    """What became of a file: objects of the lake, and a file that has its keys where those may all be new."""

    written: list[Written]
    rows: int
    deletions: int
    keys: Path | None


def _in_one_pass(
    tenant: Tenant,
    described: Schema,
    incoming: Incoming,
    directory: Path,
    on_progress: Callable[[float], None],
) -> _Made | None:
    if incoming.form != "csv":
        return None
    file = directory / "sorted.parquet"
    with _session(directory, [incoming.path, file], memory_bytes=one_pass.MEMORY_BYTES) as connection:
        held = one_pass.write(
            connection, described, incoming.path, file, on_progress=lambda share: on_progress(share * _SORTED)
        )
    if held is None:
        file.unlink(missing_ok=True)
        return None
    written = writing.put_new(tenant, described, file, held)
    return _Made(written, held.rows, 0, None if incoming.is_small else file)


def _by_way_of_a_stage(
    tenant: Tenant,
    described: Schema,
    incoming: Incoming,
    directory: Path,
    on_progress: Callable[[float], None],
) -> _Made:
    keys, staged_file = directory / "keys.parquet", directory / "staged.parquet"
    slices = [directory / f"slice-{number}.parquet" for number in range(writing.MAX_SLICES)]
    with _session(directory, [incoming.path, staged_file, keys, *slices]) as connection:
        with staging.watched(connection, lambda share: on_progress(share * _STAGED)):
            staged = staging.stage(connection, described, incoming.path, incoming.form, staged=staged_file)
            looked_at = not staged.deletions and not incoming.is_small
            if looked_at:
                _write_keys(connection, described, keys)
        written = writing.write(
            connection,
            tenant,
            described,
            staged,
            slices=slices,
            on_progress=lambda share: on_progress(_STAGED + share * (_WRITTEN - _STAGED)),
        )
    return _Made(written, staged.rows, staged.deletions, keys if looked_at else None)


@contextmanager
def _session(
    directory: Path, paths: Iterable[Path], *, memory_bytes: int | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the session that reads a stranger's file: without credentials, without S3, for `paths` alone."""
    with connect(directory=directory, memory_bytes=memory_bytes, remote=False) as connection:
        connection.execute("set global timezone = 'UTC'")
        # A list of allowed values is compared, not joined: a join has no progress to tell.
        connection.execute("set disabled_optimizers = 'in_clause'")
        connection.execute("set enable_progress_bar = true")
        connection.execute("set enable_progress_bar_print = false")
        lock(connection, [str(path) for path in paths])
        yield connection


def content_hash(path: Path, form: Format) -> str:
    """Return the hash that tells one batch's content from another's."""
    digest = hashlib.sha256(form.encode() + b"\n")
    with path.open("rb") as file:
        while block := file.read(_HASHED_AT_ONCE):
            digest.update(block)
    return digest.hexdigest()


def _write_keys(connection: duckdb.DuckDBPyConnection, described: Schema, path: Path) -> None:
    connection.execute(
        f"copy (select {identifier(described.key)} from records) to {literal(str(path))} ({PARQUET})"
    )

"""A file, judged as a whole and laid out as a relation of records, or refused with its first bad rows."""

# ruff: noqa: S608 - identifiers are quoted, texts are literals; DuckDB binds no names of columns and files

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from runsheet.datasets import casting, faults, reading
from runsheet.datasets.model import MAX_BAD_ROWS, BadRow, RecordsRefused
from runsheet.engine.session import PARQUET, identifier, literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from runsheet.datasets.model import Format, Schema

_PROGRESS_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Staged:
    """Judged records: the view `records` of the connection, with `columns` and `_deleted`; each key there once.

    Attributes:
        columns: the schema's columns that the input has.
        rows: how many records and deletions there are.
        deletions: how many of them are deletions.
    """

    columns: tuple[str, ...]
    rows: int
    deletions: int


def stage(
    connection: duckdb.DuckDBPyConnection, schema: Schema, path: Path, form: Format, *, staged: Path
) -> Staged:
    """Judge the file at `path` and make the view `records` of it.

    A CSV or NDJSON file is parsed once, into the Parquet file `staged`, whose row numbers keep the order of the input;
    a Parquet file is read where it is.

    Raises:
        RecordsRefused: something in it is wrong: nothing of it is taken.
    """
    source = reading.opened(connection, schema, path, form)
    judged, possible = casting.judged(
        schema, source.fields, source.relation, number=source.number or "null", blank=source.blank
    )
    if source.number is None:
        copy = f"copy ({judged}) to {literal(str(staged))} ({PARQUET})"
        _read(connection, copy, source)
        judged = (
            "select * exclude (_number), file_row_number as _number "
            f"from read_parquet({literal(str(staged))}, file_row_number = true)"
        )
    connection.execute(f"create view judged as {judged}")
    counts = "select count(*), count(*) filter (_deleted), count(_fault) from judged where not _blank"
    rows, deletions, bad = _read(connection, counts, source)[0]
    if bad:
        raise _refused(connection, source, possible)
    rows, deletions = _latest(connection, schema, rows, deletions)
    columns = tuple(field.name for field in source.fields if field.name != reading.DELETED.name)
    return Staged(columns, rows, deletions)


@contextmanager
def watched(connection: duckdb.DuckDBPyConnection, on_progress: Callable[[float], None]) -> Iterator[None]:
    """Tell `on_progress` once a second how far (0 to 1) the query that the body runs is."""
    done = threading.Event()

    def tell() -> None:
        while not done.wait(_PROGRESS_SECONDS):
            on_progress(min(max(connection.query_progress(), 0.0), 100.0) / 100)

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _read(connection: duckdb.DuckDBPyConnection, sql: str, source: reading.Source) -> list[tuple[int, ...]]:
    try:
        return connection.execute(sql).fetchall()
    except (duckdb.Error, UnicodeDecodeError) as error:
        if not reading.is_inputs_fault(error):
            raise
        raise source.diagnose(error) from None


def _refused(
    connection: duckdb.DuckDBPyConnection, source: reading.Source, possible: list[tuple[str, str]]
) -> RecordsRefused:
    found = connection.execute(
        "select _number + 1, _fault, _shown from judged where _fault is not null "
        f"order by _number limit {MAX_BAD_ROWS}"
    ).fetchall()
    lines = source.locate([number for number, _, _ in found])
    rows = []
    for line, (_, fault, shown) in zip(lines, found, strict=True):
        column, reason = possible[fault]
        rows.append(
            BadRow(line, column, reason if shown is None else f"{reason}; it is '{faults.safe(shown)}'")
        )
    return RecordsRefused(rows)


def _latest(
    connection: duckdb.DuckDBPyConnection, schema: Schema, rows: int, deletions: int
) -> tuple[int, int]:
    """Make the view `records`, in which of several rows with one key the last one stands."""
    key = identifier(schema.key)
    connection.execute(
        f"create temp table repeated as select {key} as key, max(_number) as last from judged where not _blank "
        "group by all having count(*) > 1"
    )
    [repeated] = connection.execute("select count(*) from repeated").fetchone() or (0,)
    if not repeated:
        connection.execute("create view records as from judged where not _blank")
        return rows, deletions
    connection.execute(
        "create view records as select judged.* from judged where not _blank and not exists "
        f"(select 1 from repeated where repeated.key = judged.{key} and judged._number < repeated.last)"
    )
    counted = connection.execute("select count(*), count(*) filter (_deleted) from records").fetchone()
    rows, deletions = counted or (0, 0)
    return rows, deletions

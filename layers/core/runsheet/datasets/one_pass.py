"""A good CSV file, taken in one pass: read, judged, sorted and written by one statement, with nothing laid down between.

It ends at the first sign of anything else: a bad row, a deletion, a key that is there twice. Such a file is left to
`staging`, which knows where in the file a row is; the judgement is the same.
"""

# ruff: noqa: S608 - identifiers are quoted, texts are literals; DuckDB binds no names of columns and files

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from runsheet.datasets import casting, reading
from runsheet.datasets.staging import watched
from runsheet.datasets.writing import LAKE_FILE, Layout, layout
from runsheet.engine.session import identifier, literal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runsheet.datasets.model import Schema

# What is sorted lies in the spill directory, half as large again as the file: with it and the result, well within /tmp.
# It is also the size of one file of the lake, about 10 M records of 10 columns.
MAX_BYTES = 1536 * 1024 * 1024
# More would only be filled before the sort spills: a limit of 1 GB saves a tenth of its processor time. With 256 MB the
# process came to 540 at its peak in one of three runs, with these to 471 (benchmarks/ingest.py; aim: 512).
MEMORY_BYTES = 224 * 1024 * 1024
_NOT_AS_IT_SHOULD_BE = "a row for the long way"


def write(
    connection: duckdb.DuckDBPyConnection,
    schema: Schema,
    path: Path,
    target: Path,
    *,
    on_progress: Callable[[float], None],
) -> Layout | None:
    """Write the records of a CSV file to the Parquet file `target`, sorted by time and key; None if it is not for here.

    Args:
        connection: that may read `path`, and read and write `target`.
        schema: of the dataset.
        path: of the CSV file.
        target: where to write; what is there after None is of no use.
        on_progress: told how far (0 to 1) it is.

    Raises:
        RecordsRefused: the file as a whole is wrong.
    """
    source = reading.opened(connection, schema, path, "csv")
    names = {field.name for field in source.fields}
    if path.stat().st_size > MAX_BYTES or reading.DELETED.name in names:
        return None
    judged, _ = casting.judged(schema, source.fields, source.relation, number="null", blank=source.blank)
    columns = ", ".join(identifier(column.name) for column in schema.columns if column.name in names)
    time, key = identifier(schema.time), identifier(schema.key)
    good = f"case when _fault is null then true else error('{_NOT_AS_IT_SHOULD_BE}') end"
    copy = (
        f"copy (select {columns}, false as _deleted from ({judged}) where {good} order by {time}, {key}) "
        f"to {literal(str(target))} ({LAKE_FILE})"
    )
    try:
        with watched(connection, on_progress):
            connection.execute(copy)
    except duckdb.OutOfMemoryException:
        return None
    except (duckdb.Error, UnicodeDecodeError) as error:
        if not reading.is_inputs_fault(error):
            raise
        return None
    # Of hashes, a quarter of the memory of the keys; that two of many millions are equal by chance is one in a million.
    rows, keys = connection.execute(
        f"select count(*), count(distinct hash({key})) from read_parquet({literal(str(target))})"
    ).fetchone() or (0, 0)
    return layout(connection, schema, target) if rows == keys else None

"""What a loader may send, opened as a relation of raw fields: CSV, NDJSON and Parquet files.

Nothing is guessed: the dialect is fixed (UTF-8, a header row, commas, double quotes) and DuckDB reads every cell as
text. What is wrong with a whole file is found here; what is wrong with a row is `casting`'s.
"""

# ruff: noqa: S608 - identifiers are quoted, texts are literals; DuckDB binds no names of columns and files

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from runsheet.datasets import casting, faults, json_numbers
from runsheet.datasets.model import (
    DECIMAL,
    MAX_BAD_ROWS,
    MAX_LINE_BYTES,
    BadRow,
    Column,
    RecordsRefused,
)
from runsheet.engine.session import identifier, literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from runsheet.datasets.casting import Field
    from runsheet.datasets.model import Format, Schema

DELETED = Column("deleted", "BOOLEAN", nullable=True)
# A column for each of many metadata keys fits; far more would take all memory before the first row is read.
MAX_COLUMNS = 2_000
# Several lines at their longest. By itself DuckDB takes a buffer of 16 of them, and holds two for each thread: 100 MB more.
_BUFFER_BYTES = 8 * 1024 * 1024
# Less than the buffer by more than a line.
_LOOK_EVERY = 4 * 1024 * 1024
_INPUTS_FAULTS = (
    duckdb.InvalidInputException,
    duckdb.ConversionException,
    duckdb.IOException,
    duckdb.SerializationException,
    duckdb.NotImplementedException,
)
_MAP_KEY = re.compile(r"(?P<column>[a-z0-9_]+)\[(?P<key>.+)\]", re.DOTALL)
_LINES = (
    "read_csv({path}, auto_detect = false, header = false, delim = '\x1f', quote = '', escape = '', "
    f"max_line_size = {MAX_LINE_BYTES}, buffer_size = {_BUFFER_BYTES}, columns = {{{{'line': 'VARCHAR'}}}})"
)


@dataclass(frozen=True, slots=True)
class Source:
    """An input that can be read.

    Attributes:
        relation: SQL of the raw rows, in the input's order.
        fields: what its columns are.
        number: SQL of the row's number (from 0); None where only the order of the rows tells it.
        blank: SQL condition of the rows that are none (blank lines).
        locate: from numbers of rows (from 1, ascending) to their lines in the file.
        diagnose: from DuckDB's refusal to read on to the lines at fault.
    """

    relation: str
    fields: tuple[Field, ...]
    number: str | None
    blank: str
    locate: Callable[[Sequence[int]], Sequence[int]]
    diagnose: Callable[[Exception], RecordsRefused]


def opened(connection: duckdb.DuckDBPyConnection, schema: Schema, path: Path, form: Format) -> Source:
    """Open a file on a locked connection.

    Raises:
        RecordsRefused: it is empty, not of that format, or its columns are not the schema's.
    """
    if path.stat().st_size == 0 and form != "ndjson":
        raise RecordsRefused([BadRow(None, None, "The file is empty.")])
    match form:
        case "csv":
            return _csv(schema, path)
        case "ndjson":
            return _ndjson(connection, schema, path)
        case "parquet":
            return _parquet(connection, schema, path)


def is_inputs_fault(error: Exception) -> bool:
    """Return whether DuckDB stumbled over the input rather than over its own memory, disk or our mistakes.

    A damaged Parquet file makes it raise its bare error class, or a message that is not UTF-8 itself.
    """
    of_input = isinstance(error, (*_INPUTS_FAULTS, UnicodeDecodeError)) or type(error) is duckdb.Error
    return of_input and "No space left" not in str(error)


def _csv(schema: Schema, path: Path) -> Source:
    header = _csv_header(path)
    columns: dict[str, list[tuple[str | None, str]]] = {}
    wrong = []
    for number, name in enumerate(header):
        keyed = _MAP_KEY.fullmatch(name)
        column = schema.column(keyed["column"]) if keyed else None
        if keyed and column is not None and column.type.startswith("MAP"):
            columns.setdefault(keyed["column"], []).append((keyed["key"], f"c{number}"))
        elif header.index(name) == number:
            columns.setdefault(name, []).append((None, f"c{number}"))
        else:
            wrong.append(BadRow(1, faults.safe(name), "stands in the header more than once"))
    wrong += [
        BadRow(1, name, "stands in the header more than once, or both whole and by key")
        for name, cells in columns.items()
        if len({key for key, _ in cells}) < len(cells)
        or (len(cells) > 1 and any(key is None for key, _ in cells))
    ]
    wrong += _wrong_columns(schema, columns.keys(), line=1)
    if wrong:
        raise RecordsRefused(wrong[:MAX_BAD_ROWS])
    _refuse_endless_lines(path, lambda error: faults.in_csv(path, len(header), error))
    declared = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(len(header)))
    relation = (
        f"select * from read_csv({literal(str(path))}, auto_detect = false, header = true, delim = ',', quote = '\"', "
        f"escape = '\"', strict_mode = true, max_line_size = {MAX_LINE_BYTES}, buffer_size = {_BUFFER_BYTES}, "
        f"columns = {{{declared}}})"
    )
    fields = tuple(
        _csv_field(column, columns[column.name]) for column in _known(schema) if column.name in columns
    )
    return Source(
        relation,
        _with_required(schema, fields),
        None,
        "false",
        lambda rows: faults.csv_lines(path, rows),
        lambda error: faults.in_csv(path, len(header), error),
    )


def _refuse_endless_lines(path: Path, diagnose: Callable[[Exception], RecordsRefused]) -> None:
    """Look at the line at every 4 MB: of a last line longer than its buffer DuckDB makes no row and no error (1.5.5)."""
    with path.open("rb") as file:
        for offset in range(0, path.stat().st_size, _LOOK_EVERY):
            file.seek(offset)
            line = file.readline(MAX_LINE_BYTES + 1)
            if len(line) > MAX_LINE_BYTES and b"\r" not in line:
                raise diagnose(duckdb.InvalidInputException("maximum line size exceeded"))


def _csv_header(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        try:
            header = next(csv.reader(iter(lambda: file.readline(MAX_LINE_BYTES), ""), strict=True), [])
        except csv.Error:
            raise RecordsRefused([BadRow(1, None, "The header row cannot be read as CSV.")]) from None
    if any(faults.is_broken(name) for name in header):
        raise RecordsRefused([BadRow(1, None, "The file is not UTF-8.")])
    if not header or any("\0" in name for name in header):
        raise RecordsRefused(
            [BadRow(1, None, "The first line must be a header row with the names of the columns.")]
        )
    if len(header) > MAX_COLUMNS:
        raise RecordsRefused(
            [BadRow(1, None, f"The header has {len(header)} columns; at most {MAX_COLUMNS} are read.")]
        )
    return header


def _csv_field(column: Column, cells: list[tuple[str | None, str]]) -> Field:
    keyed = [(key, cell) for key, cell in cells if key is not None]
    return casting.from_keys(column, keyed) if keyed else casting.from_text(column, cells[0][1])


def _ndjson(connection: duckdb.DuckDBPyConnection, schema: Schema, path: Path) -> Source:
    known_names = {column.name for column in _known(schema)}
    _refuse_endless_lines(path, lambda error: faults.in_ndjson(path, known_names, error))
    lines = f"select line from {_LINES.format(path=literal(str(path)))}"
    blank = "(line is null or trim(line) = '')"
    shape = f"case when {blank} then [] when json_valid(line) and starts_with(ltrim(line), '{{') then json_keys(line) end"
    # Few shapes stand for many lines: what costs more than a key is looked at once for each.
    keys = (
        "select distinct unnest(case when len(list_distinct(shape)) = len(shape) then shape else [null] end) "
        f"from (select distinct {shape} as shape from ({lines})) limit 10000"
    )
    try:
        found = {key for (key,) in connection.execute(keys).fetchall()}
    except (duckdb.Error, UnicodeDecodeError) as error:
        if not is_inputs_fault(error):
            raise
        raise faults.in_ndjson(path, known_names, error) from None
    known = [column for column in _known(schema) if column.name in found]
    if found - {column.name for column in known}:
        raise faults.in_ndjson(path, known_names, None)
    structure = "{" + ", ".join(f'"{column.name}": "JSON"' for column in known) + "}"
    fields = tuple(
        casting.from_json(column, f"record.{identifier(column.name)}", f"_number_{column.name}")
        for column in known
    )
    # Cut out here, once: in the cast, it would be for each time that it stands there.
    numbers = "".join(
        f", {json_numbers.number('line', column.name)} as _number_{column.name}"
        for column in known
        if column.type == DECIMAL
    )
    record = f"from_json(line, {literal(structure)})" if known else "null"
    return Source(
        f"select line, case when not {blank} then {record} end as record{numbers} from ({lines})",
        _with_required(schema, fields),
        None,
        blank,
        lambda rows: rows,
        lambda error: faults.in_ndjson(path, known_names, error),
    )


def _parquet(connection: duckdb.DuckDBPyConnection, schema: Schema, path: Path) -> Source:
    relation = f"from read_parquet({literal(str(path))}, hive_partitioning = false"
    try:
        stored = {name: kind for name, kind, *_ in connection.execute(f"describe {relation})").fetchall()}
    except (duckdb.Error, UnicodeDecodeError) as error:
        if not is_inputs_fault(error):
            raise
        raise _unreadable_parquet(error) from None
    wrong = _wrong_columns(schema, stored.keys(), line=None)
    fields = []
    for column in (column for column in _known(schema) if column.name in stored):
        field = casting.from_parquet(column, identifier(column.name), stored[column.name])
        if field is None:
            wrong.append(BadRow(None, column.name, _misfit(column, stored[column.name])))
        else:
            fields.append(field)
    if wrong:
        raise RecordsRefused(wrong[:MAX_BAD_ROWS])
    return Source(
        f"{relation}, file_row_number = true)",
        _with_required(schema, tuple(fields)),
        "file_row_number",
        "false",
        lambda rows: rows,
        _unreadable_parquet,
    )


def _misfit(column: Column, stored: str) -> str:
    reason = f"is a {stored[:60]} column; it must be {column.type} or a type that fits in it"
    inexact = column.type == DECIMAL and stored in {"DOUBLE", "FLOAT"}
    return f"{reason}: a double is not exact" if inexact else reason


def _unreadable_parquet(_error: Exception) -> RecordsRefused:
    return RecordsRefused(
        [BadRow(None, None, "The file cannot be read as Parquet: it is of another format, cut or damaged.")]
    )


def _known(schema: Schema) -> tuple[Column, ...]:
    return (*schema.columns, DELETED)


def _wrong_columns(schema: Schema, names: object, *, line: int | None) -> list[BadRow]:
    given = set(names)  # type: ignore[call-overload]
    known = {column.name for column in _known(schema)}
    wrong = [
        BadRow(line, faults.safe(name), "is not a column of this dataset") for name in sorted(given - known)
    ]
    # A file of deletions may have the key alone; the rows of another that lack a value are found one by one.
    needed = {schema.key} if DELETED.name in given else {c.name for c in schema.columns if not c.nullable}
    return wrong + [
        BadRow(line, column.name, "is required, and not in the file")
        for column in schema.columns
        if column.name in needed - given
    ]


def _with_required(schema: Schema, fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """Add the required columns that are not there: each of their rows is a fault, unless it is a deletion."""
    names = {field.name for field in fields}
    return fields + tuple(
        casting.absent(column)
        for column in schema.columns
        if not column.nullable and column.name not in names
    )

"""Rows of a result as JSON, a page at a time, by reads of an extent of its object: no page costs more than another."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
import struct
from typing import TYPE_CHECKING, Any

from runsheet import catalog
from runsheet.catalog import titles
from runsheet.errors import InvalidRequest, NotFound, missing
from runsheet.report_runs import service
from runsheet.report_runs.extent import MAX_RECORD_BYTES, Extent
from runsheet.report_runs.model import PreviewQuery, ReportRunPreview
from runsheet.runtime import clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from runsheet.files.model import File
    from runsheet.report_runs.model import ReportRun
    from runsheet.tenancy import Tenant

# A header of 500 columns fits into the last; most do into the first.
_HEADER_BYTES = 16_384
_LEAST_BYTES, _MOST_BYTES = 16_384, 1_000_000
# What a page may come to as JSON: a function answers with less than 6 MB. A character may take six there, from two bytes on.
_MAX_ANSWER_BYTES, _GROWTH = 4_000_000, 3
_CURSOR = struct.Struct(">BQQ8s")
_VERSION = 1
_INTEGER = re.compile(r"-?[0-9]+", re.ASCII)


def preview(tenant: Tenant, run_id: str, query: PreviewQuery) -> ReportRunPreview:
    """Return a page of the rows of a run's result.

    It has fewer rows than were asked for where they are long; `has_more` alone tells the end.

    Raises:
        NotFound: no such run of this tenant, or its file has expired.
        InvalidRequest: the run has no result, or one that cannot be read in extents; the cursor is none of this result.
    """
    run = service.retrieve(tenant, run_id)
    file = _previewed(run)
    csv.field_size_limit(MAX_RECORD_BYTES)
    if file.type == "jsonl":
        return _of_lines(run, file, query)
    head = Extent(file, 0)
    header = head.record(_HEADER_BYTES)
    columns = titles.distinct(next(csv.reader([header.decode()])))
    offset, row = _position(file, query.cursor) if query.cursor else (len(header), 0)
    if offset < len(header):
        raise _no_cursor()
    rows = head if offset == len(header) else _rows_from(file, offset)
    read = [_reader(one) for one in _types(run, columns)]
    expected = _expected_bytes(file, query.limit)
    fixed = sum(len(title.encode()) for title in columns) * _GROWTH + 8 * len(columns)

    def following() -> tuple[dict[str, Any], int, int]:
        record = rows.record(expected)
        # The only cell of a row, if it is empty, is an empty line.
        cells = next(csv.reader(io.StringIO(record.decode(), newline=""))) or [""]
        row = {title: convert(cell) for title, convert, cell in zip(columns, read, cells, strict=True)}
        return row, len(record), len(record) * _GROWTH + fixed

    return _page(run, file, query, columns, (offset, row), following)


def _of_lines(run: ReportRun, file: File, query: PreviewQuery) -> ReportRunPreview:
    head = Extent(file, 0)
    first = head.record(_HEADER_BYTES, quotes=False)
    columns = list(json.loads(first)) if first else []
    offset, row = _position(file, query.cursor) if query.cursor else (0, 0)
    rows = _rows_from(file, offset) if offset else Extent(file, 0)
    expected = _expected_bytes(file, query.limit)

    def following() -> tuple[dict[str, Any], int, int]:
        line = rows.record(expected, quotes=False)
        return json.loads(line), len(line), len(line) * _GROWTH

    return _page(run, file, query, columns, (offset, row), following)


def _page(
    run: ReportRun,
    file: File,
    query: PreviewQuery,
    columns: list[str],
    begin: tuple[int, int],
    following: Callable[[], tuple[dict[str, Any], int, int]],
) -> ReportRunPreview:
    """Return a page from a byte and a row on, of rows that come with their bytes in the file and, about, in the answer."""
    offset, row = begin
    data: list[dict[str, Any]] = []
    taken = 0
    while len(data) < query.limit and offset < file.size:
        found, length, answered = following()
        taken += answered
        if data and taken > _MAX_ANSWER_BYTES:
            break
        data.append(found)
        offset += length
    more = offset < file.size
    return ReportRunPreview(
        url=f"/v1/reporting/report_runs/{run.id}/preview",
        columns=columns,
        first_row=row + 1,
        data=data,
        has_more=more,
        next_cursor=_cursor(file, offset, row + len(data)) if more else None,
    )


def _previewed(run: ReportRun) -> File:
    if run.file is None:
        raise InvalidRequest(
            f"The report_run '{run.id}' has no result to preview: it has a status of {run.status}.",
            param="id",
            code="report_run_without_result",
        )
    if run.file.expires_at <= clock.seconds():
        raise missing("file", run.file.id)
    if run.file.type not in {"csv", "jsonl"}:
        raise InvalidRequest(
            f"The result of the report_run '{run.id}' is a {run.file.type} file, of which there is no preview: download it."
            " Results of the formats csv and jsonl that are not compressed have one.",
            param="id",
            code="report_run_without_preview",
        )
    return run.file


def _expected_bytes(file: File, limit: int) -> int:
    average = file.size / max(file.row_count, 1)
    return min(max(int(average * limit * 1.25), _LEAST_BYTES), _MOST_BYTES)


def _rows_from(file: File, offset: int) -> Extent:
    """Return what is read from a row on. The byte before it ends another: whatever a cursor says, no row is cut."""
    extent = Extent(file, offset - 1)
    if extent.take(1, _LEAST_BYTES) != b"\n":
        raise _no_cursor()
    return extent


def _types(run: ReportRun, columns: list[str]) -> list[str]:
    try:
        report_type = catalog.report_type(run.report_type)
    except NotFound:  # its file left the catalogue since
        return ["text"] * len(columns)
    known = {column.name: column.type for column in report_type.columns}
    return [known.get(title, "text") + ("_utc" if title.endswith("_utc") else "") for title in columns]


def _reader(kind: str) -> Callable[[str], Any]:
    match kind:
        case "integer":
            return lambda cell: int(cell) if _INTEGER.fullmatch(cell) else cell or None
        case "boolean":
            return lambda cell: cell == "true" if cell else None
        case "timestamp":
            return lambda cell: cell.replace(" ", "T", 1) or None
        case "timestamp_utc":
            return lambda cell: cell.replace(" ", "T", 1) + "Z" if cell else None
        case _:
            return lambda cell: cell or None


def _cursor(file: File, offset: int, row: int) -> str:
    return (
        base64.urlsafe_b64encode(_CURSOR.pack(_VERSION, offset, row, _mark(file, offset, row)))
        .decode()
        .rstrip("=")
    )


def _position(file: File, cursor: str) -> tuple[int, int]:
    """Return the byte and the row that a cursor of this result stands for."""
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        version, offset, row, mark = _CURSOR.unpack(packed)
    except (ValueError, struct.error):
        raise _no_cursor() from None
    if version != _VERSION or mark != _mark(file, offset, row) or not 0 < offset < file.size:
        raise _no_cursor()
    return offset, row


def _mark(file: File, offset: int, row: int) -> bytes:
    # Whoever makes one up reads rows of a file of their own from a place of their choice.
    return hashlib.sha256(f"{file.mark} {offset} {row}".encode()).digest()[:8]


def _no_cursor() -> InvalidRequest:
    return InvalidRequest(
        "Invalid cursor: must be the next_cursor of another page of the same result", param="cursor"
    )

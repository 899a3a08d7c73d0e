"""Where a refused file is at fault: read once more, by Python, which knows the physical line of every record.

Only a refused file comes here. DuckDB reads fast and counts records; a loader needs the line that an editor shows.
"""

from __future__ import annotations

import csv
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from runsheet.datasets.model import MAX_BAD_ROWS, MAX_LINE_BYTES, BadRow, RecordsRefused

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

_NOT_UTF_8 = "is not UTF-8"


def safe(text: str, limit: int = 60) -> str:
    """Return text of a loader's file so that it can stand in an answer or a log: short, and printable only."""
    short = text[:limit] + ("…" if len(text) > limit else "")
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in short
    )


def csv_lines(path: Path, rows: Sequence[int]) -> list[int]:
    """Return the lines on which the records `rows` (from 1, without the header, ascending) begin."""
    wanted = iter(rows)
    lines: list[int] = []
    row = next(wanted, None)
    # A file that Python splits otherwise than DuckDB did: the number of the record is the best there is.
    with suppress(csv.Error):
        for number, (line, _) in enumerate(_records(path)):
            if number == row:
                lines.append(line)
                row = next(wanted, None)
            if row is None:
                break
    return lines + list(rows[len(lines) :])


def in_csv(path: Path, columns: int, error: Exception) -> RecordsRefused:
    """Return what makes a CSV file unreadable, for its first bad lines."""
    found: list[BadRow] = []
    line = 0
    try:
        for line, record in _records(path):
            if any(is_broken(cell) for cell in record):
                found.append(BadRow(line, None, _NOT_UTF_8))
            elif len(record) != columns:
                found.append(BadRow(line, None, f"has {len(record)} values; the header has {columns}"))
            if len(found) == MAX_BAD_ROWS:
                break
    except csv.Error as broken:
        found.append(
            BadRow(
                line + 1, None, f"cannot be read as CSV in this line or a later one: {safe(str(broken), 100)}"
            )
        )
    if not found:
        reason = "The file cannot be read as CSV"
        if "maximum line size" in str(error).lower():
            reason += ": a line is too long"
        elif "state machine" in str(error) or "newline" in str(error).lower():
            reason += ": its line breaks are not all the same"
        found.append(BadRow(None, None, reason + "."))
    return RecordsRefused(found)


def in_ndjson(path: Path, known: Collection[str], error: Exception | None) -> RecordsRefused:
    """Return what makes an NDJSON file unreadable, for its first bad lines."""
    found: list[BadRow] = []
    for number, line in enumerate(_lines(path), start=1):
        if line.strip():
            found += [BadRow(number, column, reason) for column, reason in _json_faults(line, known)]
        if len(found) >= MAX_BAD_ROWS:
            break
    if not found:
        too_long = error is not None and "maximum line size" in str(error).lower()
        found = [
            BadRow(None, None, "A line is too long." if too_long else "The file cannot be read as NDJSON.")
        ]
    return RecordsRefused(found[:MAX_BAD_ROWS])


def _lines(path: Path) -> Iterator[bytes]:
    """Yield every line, cut behind MAX_LINE_BYTES: a file of gigabytes without a newline must fit in memory."""
    with path.open("rb") as file:
        while line := file.readline(MAX_LINE_BYTES + 1):
            yield line
            while len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
                line = file.readline(MAX_LINE_BYTES + 1) or b"\n"


def _json_faults(line: bytes, known: Collection[str]) -> Iterator[tuple[str | None, str]]:
    if len(line) > MAX_LINE_BYTES:
        yield None, "is too long"
        return
    try:
        record = json.loads(line.decode("utf-8-sig"), object_pairs_hook=_Pairs)
    except UnicodeDecodeError:
        yield None, _NOT_UTF_8
        return
    except (ValueError, RecursionError):
        yield None, "is not valid JSON"
        return
    if not isinstance(record, _Pairs):
        yield None, "must be a JSON object"
        return
    names = [name for name, _ in record]
    try:
        json.dumps(record, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        yield None, "holds half of a surrogate pair"
        return
    except RecursionError:
        yield None, "is nested too deep"
        return
    for name in sorted(set(names)):
        if name not in known:
            yield safe(name), "is not a column of this dataset"
        elif names.count(name) > 1:
            yield name, "is there more than once"


class _Pairs(list[tuple[str, Any]]):
    """A JSON object with all of its pairs."""


def _records(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield every record, the header first, with the line that it begins on; blank lines are none.

    Raises:
        csv.Error: a record is none, or is so long that DuckDB has refused it: a quote that is never closed would
            take the rest of the file, gigabytes of it, for one.
    """
    csv.field_size_limit(MAX_LINE_BYTES)
    taken = 0

    def lines() -> Iterator[str]:
        nonlocal taken
        while line := file.readline(MAX_LINE_BYTES + 1):
            taken += len(line)
            if taken > MAX_LINE_BYTES:
                raise csv.Error("a line is too long")
            yield line

    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        reader = csv.reader(lines(), strict=True)
        begins = 1
        for record in reader:
            taken = 0
            if record:
                yield begins, record
            begins = reader.line_num + 1


def is_broken(cell: str) -> bool:
    """Return whether text that was read with `surrogateescape` was not UTF-8."""
    return not cell.isascii() and any("\udc80" <= character <= "\udcff" for character in cell)

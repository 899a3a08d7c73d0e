"""Where a refused file is at fault: read once more, by Python, which knows the physical line of every record.

Only a refused file comes here. DuckDB reads fast and counts records; a loader needs the line that an editor shows.
"""

from __future__ import annotations

import csv
import json
import sys
from typing import TYPE_CHECKING, Any

from runsheet.datasets.model import MAX_BAD_ROWS, BadRow, RecordsRefused

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
    for number, (line, _) in enumerate(_records(path)):
        if number == row:
            lines.append(line)
            row = next(wanted, None)
        if row is None:
            break
    # A file that Python splits otherwise than DuckDB did: the number of the record is the best there is.
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
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
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


def _json_faults(line: bytes, known: Collection[str]) -> Iterator[tuple[str | None, str]]:
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
    for name in sorted(set(names)):
        if name not in known:
            yield safe(name), "is not a column of this dataset"
        elif names.count(name) > 1:
            yield name, "is there more than once"


class _Pairs(list[tuple[str, Any]]):
    """A JSON object with all of its pairs."""


def _records(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield every record, the header first, with the line that it begins on; blank lines are none."""
    csv.field_size_limit(sys.maxsize)
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        reader = csv.reader(file, strict=True)
        begins = 1
        for record in reader:
            if record:
                yield begins, record
            begins = reader.line_num + 1


def is_broken(cell: str) -> bool:
    """Return whether text that was read with `surrogateescape` was not UTF-8."""
    return not cell.isascii() and any("\udc80" <= character <= "\udcff" for character in cell)

"""What Athena writes: the lines of a report's CSV, and behind them the control totals (`athena.report`)."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runsheet.catalog import ReportType


def totals(line: bytes) -> tuple[int, Mapping[tuple[str | None, str], int]]:
    """Return the control totals as `engine.totals` has them: how many rows, and the sums by currency and column.

    Args:
        line: the last one of a result, with or without its end.

    Raises:
        ValueError: it is another line.
    """
    [[text, *others]] = csv.reader(io.StringIO(line.decode(), newline=""))
    if any(others):
        raise ValueError("not the line of the control totals")
    rows, sums = 0, Counter[tuple[str | None, str]]()
    for count, *amounts in json.loads(text or "null") or ():
        rows += int(count)
        for name, currency, total in zip(amounts[::3], amounts[1::3], amounts[2::3], strict=True):
            if total is not None:
                sums[currency, name] += int(total)
    return rows, sums


def cells_of(report_type: ReportType, lines: bytes) -> bytes:
    """Return lines of a result, whose cells are all quoted, with the quotes that the report type has.

    Args:
        report_type: whose result it is.
        lines: one or more, whole.
    """
    if report_type.quotes == "all":
        return lines
    own = [column.type == "text" for column in report_type.columns]
    rows = csv.reader(io.StringIO(lines.decode(), newline=""))
    return "".join(_line(row, own) for row in rows).encode()


def _line(row: list[str], quoted: Iterable[bool]) -> str:
    # What a pivot adds are numbers.
    marks = [*quoted, *(False for _ in row)]
    cells = [
        '"' + cell.replace('"', '""') + '"' if cell and mark else cell
        for cell, mark in zip(row, marks, strict=False)
    ]
    return ",".join(cells) + "\n"

"""What of a CSV stands in the mail: an aging's totals, or the whole of a small table."""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from runsheet.mail.model import Bar, Summary, Total

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_ROWS = 20
MAX_COLUMNS = 8
_MAX_CELL = 300
_BUCKETS = {
    "current": "Current",
    "days_1_30": "1 to 30 days",
    "days_31_60": "31 to 60 days",
    "days_61_90": "61 to 90 days",
    "days_91_plus": "91 or more days",
}
# A line of ours: every cell that is not empty is quoted, and a quote in it is doubled.
_LINE = re.compile(r'(?:"(?:[^"]|"")+")?(?:,(?:"(?:[^"]|"")+")?)*')
_AGING = frozenset({"row_type", "currency", "total", *_BUCKETS})


def of_csv(text: str) -> Summary | None:
    """Return the summary of a whole CSV; None if it is neither an aging nor small."""
    lines = csv.reader(io.StringIO(text, newline=""))
    first: list[tuple[str, ...]] = []
    found: list[dict[str, str]] = []
    try:
        header = next(lines, [])
        # Only these are kept: a CSV of 7 MB would take a hundred as lists.
        for row in lines:
            if len(first) <= MAX_ROWS:
                first.append(tuple(row))
            record = dict(zip(header, row, strict=False))
            if record.get("row_type") == "total":
                found.append(record)
    except csv.Error:  # a cell of more than 128 kB
        return None
    totals = _totals(found)
    if totals:
        return Summary(totals=totals)
    longest = max((len(cell) for row in first for cell in row), default=0)
    if first and len(first) <= MAX_ROWS and len(header) <= MAX_COLUMNS and longest <= _MAX_CELL:
        return Summary(header=tuple(header), rows=tuple(first))
    return None


def of_ends(head: str, tail: str) -> Summary | None:
    """Return the totals of a CSV that is too large to be read whole, from its first lines and its last.

    Only an unbroken run of totals at the very end counts: what stands before may begin inside a quoted cell, and a
    customer's name may look like anything, line breaks included. In a cell every quote is doubled, so no part of one
    is a line as `_LINE` has it, but one of quotes alone.
    """
    header = _cells(head.partition("\n")[0])
    found: list[dict[str, str]] = []
    for line in reversed(tail.removesuffix("\n").split("\n")):
        cells = _cells(line) if _LINE.fullmatch(line) else []
        record = dict(zip(header, cells, strict=False))
        if len(cells) != len(header) or record.get("row_type") != "total":
            break
        found.append(record)
    totals = _totals(reversed(found))
    return Summary(totals=totals) if totals else None


def _cells(line: str) -> list[str]:
    try:
        return next(csv.reader([line]), [])
    except csv.Error:
        return []


def _totals(records: Iterable[Mapping[str, str]]) -> tuple[Total, ...]:
    totals = []
    for record in records:
        if record.get("row_type") != "total" or not record.keys() >= _AGING:
            continue
        amounts = {bucket: _amount(record[bucket]) for bucket in _BUCKETS}
        longest = max(abs(amount) for amount in amounts.values())
        bars = tuple(
            # Credits are negative and have no bar: it would look like money that is owed.
            Bar(label, record[bucket], float(max(amounts[bucket], Decimal(0)) / longest) if longest else 0.0)
            for bucket, label in _BUCKETS.items()
        )
        totals.append(Total(record["currency"].upper(), record["total"], bars))
    return tuple(totals)


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return Decimal(0)
    return amount if amount.is_finite() else Decimal(0)

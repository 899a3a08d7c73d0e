"""Every case of every report type in every format: the same rows and values as its CSV, typed."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

from runsheet import catalog
from runsheet.catalog import titles
from runsheet.engine import cells, run
from tests.reports import cases

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FOLDERS = cases.folders()
# Every case in one part; of every report type one in many parts, which are joined by another way.
OF_EACH_TYPE = {folder.parent.name: folder for folder in reversed(FOLDERS)}.values()
CASES = pytest.mark.parametrize(
    ("folder", "rows_per_part"),
    [
        pytest.param(folder, rows, id=f"{folder.parent.name}-{folder.name}-{parts}")
        for folders, rows, parts in ((FOLDERS, 250_000, "one part"), (OF_EACH_TYPE, 1, "many parts"))
        for folder in folders
    ],
)
POINT = {"decimal_separator": None}


class Either:
    """One of two texts."""

    def __init__(self, *texts: str) -> None:
        self.texts = texts

    def __eq__(self, other: object) -> bool:
        return other in self.texts

    __hash__ = None  # type: ignore[assignment]


def expected(folder: Path, convert: Callable[[str, str, str], Any]) -> list[list[Any]]:
    """The rows of the case's CSV, each cell as `convert(type, title, cell)` makes it; None for an empty one."""
    given = json.loads((folder / "parameters.json").read_text())
    lines = list(csv.reader(io.StringIO((folder / "expect.csv").read_text(), newline="")))
    types = {column.name: column.type for column in catalog.report_type(folder.parent.name).columns}
    pivoted = catalog.report_type(folder.parent.name).pivot is not None
    made = []
    for line in lines[1:]:
        row: list[Any] = []
        # A line of one empty cell is nothing, which the reader takes for no cell at all.
        for title, cell in zip(lines[0], line or [""], strict=True):
            kind = types.get(title, "decimal" if pivoted else "text")
            text = (
                cell.replace(",", ".") if kind == "money" and given.get("decimal_separator") == "," else cell
            )
            # Only a CSV has an apostrophe before what a spreadsheet would run; a text may begin so by itself.
            if kind in {"text", "metadata"} and text[:1] == "'" and text[1:2] in {*cells.FORMULA}:
                row.append(Either(text, text[1:]))
                continue
            row.append(convert(kind, title, text) if cell else None)
        made.append(row)
    return made


def in_json(kind: str, title: str, cell: str) -> Any:
    match kind:
        case "integer":
            return int(cell)
        case "boolean":
            return cell == "true"
        case "timestamp":
            return cell.replace(" ", "T") + ("Z" if title.endswith("_utc") else "")
        case _:
            return cell


def in_parquet(kind: str, title: str, cell: str) -> Any:
    match kind:
        case "money" | "decimal":
            return Decimal(cell)
        case "date":
            return date.fromisoformat(cell)
        case "timestamp":
            return datetime.fromisoformat(cell).replace(tzinfo=UTC if title.endswith("_utc") else None)
        case _:
            return in_json(kind, title, cell)


@CASES
def test_json_lines_are_the_rows_of_the_csv(folder: Path, rows_per_part: int) -> None:
    made, totals = cases.run_with_totals(
        folder, rows_per_part=rows_per_part, changes={"format": "jsonl"} | POINT
    )
    lines = made.decode().split("\n")
    assert lines.pop() == ""
    rows = [json.loads(line) for line in lines]
    assert [list(row.values()) for row in rows] == expected(folder, in_json)
    header = next(csv.reader(io.StringIO((folder / "expect.csv").read_text(), newline="")))
    assert all(list(row) == titles.distinct(header) for row in rows)
    assert totals.rows == len(rows)


@CASES
def test_parquet_has_the_rows_of_the_csv_in_typed_columns(
    folder: Path, rows_per_part: int, tmp_path: Path
) -> None:
    made, totals = cases.run_with_totals(
        folder, rows_per_part=rows_per_part, changes={"format": "parquet"} | POINT
    )
    (tmp_path / "x.parquet").write_bytes(made)
    table = pq.read_table(tmp_path / "x.parquet")
    header = next(csv.reader(io.StringIO((folder / "expect.csv").read_text(), newline="")))
    assert table.column_names == titles.distinct(header, str.casefold)
    rows = [list(row) for row in zip(*(column.to_pylist() for column in table.columns), strict=True)]
    assert rows == expected(folder, in_parquet)
    assert totals.rows == table.num_rows


def test_parquet_is_made_of_no_more_files_than_were_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """How many parts there are is known only once the session is locked to the files that it may write."""
    monkeypatch.setattr(run, "_MOST_FILES", 3)
    folders = [folder for folder in FOLDERS if folder.name == "every_key"]
    assert len(folders) >= 2
    for folder in folders:
        test_parquet_has_the_rows_of_the_csv_in_typed_columns(folder, 1, tmp_path)


def test_the_types_of_parquet_are_those_of_the_columns(tmp_path: Path) -> None:
    folder = next(f for f in FOLDERS if f.parent.name == "balance_change_from_activity.itemized.3")
    columns = ["gross", "created_utc", "created", "is_link", "description", "payment_metadata[a]"]
    made, _ = cases.run_with_totals(
        folder, rows_per_part=1, changes={"format": "parquet", "columns": columns} | POINT
    )
    (tmp_path / "x.parquet").write_bytes(made)
    types = [field.type for field in pq.read_schema(tmp_path / "x.parquet")]
    assert types == [
        pa.decimal128(33, 4), pa.timestamp("us", tz="UTC"), pa.timestamp("us"), pa.bool_(), pa.string(), pa.string(),
    ]  # fmt: skip

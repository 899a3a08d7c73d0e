"""Every report type gives, for every case of it, exactly the bytes that were written down, and the totals of these."""

from __future__ import annotations

import csv
import io
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from runsheet import catalog, money
from tests.reports import cases

if TYPE_CHECKING:
    from pathlib import Path


def added_up(report_type_id: str, text: str) -> Counter[tuple[str | None, str]]:
    """Add up the amounts of a CSV that has the currency of each in a column of its own."""
    amounts = [
        column.name for column in catalog.report_type(report_type_id).columns if column.type == "money"
    ]
    sums: Counter[tuple[str | None, str]] = Counter()
    for row in csv.DictReader(io.StringIO(text)):
        for name in amounts:
            if row.get(name):
                of_its_own = name.replace("_amount", "_currency")
                currency = row[of_its_own if of_its_own != name and of_its_own in row else "currency"]
                separated = row[name].replace(",", ".")
                sums[currency, name] += int(Decimal(separated).scaleb(money.exponent(currency)))
    return sums


@pytest.mark.parametrize("rows_per_part", [1, 250_000], ids=["many parts", "one part"])
@pytest.mark.parametrize("folder", cases.folders(), ids=lambda folder: f"{folder.parent.name}-{folder.name}")
def test_a_report_gives_the_csv_of_its_case_and_what_it_adds_up_to(folder: Path, rows_per_part: int) -> None:
    text, totals = cases.run_with_totals(folder, rows_per_part=rows_per_part)
    assert text.decode() == (folder / "expect.csv").read_text()
    rows = list(csv.reader(io.StringIO(text.decode())))
    assert totals.rows == len(rows) - 1
    columns = {column.name: column.type for column in catalog.report_type(folder.parent.name).columns}
    if "money" in columns.values() and "currency" not in rows[0]:
        assert {name for _, name in totals.sums} <= set(rows[0])
        return
    found = {key: total for key, total in totals.sums.items() if total}
    assert found == {
        key: total for key, total in added_up(folder.parent.name, text.decode()).items() if total
    }


def test_every_report_type_has_a_case() -> None:
    assert {folder.parent.name for folder in cases.folders()} == set(catalog.report_types())


def test_no_case_is_of_a_report_type_that_does_not_exist() -> None:
    folders = {path.name for path in cases.FOLDER.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders <= set(catalog.report_types())

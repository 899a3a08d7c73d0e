"""Every report type gives, for every case of it, exactly the bytes that were written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runsheet import catalog
from tests.reports import cases

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("rows_per_part", [1, 250_000], ids=["many parts", "one part"])
@pytest.mark.parametrize("folder", cases.folders(), ids=lambda folder: f"{folder.parent.name}-{folder.name}")
def test_a_report_gives_the_csv_of_its_case(folder: Path, rows_per_part: int) -> None:
    assert cases.run(folder, rows_per_part=rows_per_part).decode() == (folder / "expect.csv").read_text()


def test_every_report_type_has_a_case() -> None:
    assert {folder.parent.name for folder in cases.folders()} == set(catalog.report_types())


def test_no_case_is_of_a_report_type_that_does_not_exist() -> None:
    folders = {path.name for path in cases.FOLDER.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders <= set(catalog.report_types())

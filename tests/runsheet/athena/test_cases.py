"""Athena's statement of every case of every report type makes the bytes that DuckDB makes, and the same control totals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reports import cases
from tests.runsheet.athena import both

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("folder", cases.folders(), ids=lambda folder: f"{folder.parent.name}-{folder.name}")
def test_athena_makes_what_duckdb_makes(folder: Path) -> None:
    by_duckdb, by_athena = both.of_case(folder)
    assert by_athena == by_duckdb
    assert by_athena.csv.decode() == (folder / "expect.csv").read_text()

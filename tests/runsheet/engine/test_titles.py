"""Columns whose names are an organisation's own text, in the formats in which a name may be there once only."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

from runsheet.datasets.schema import schema
from runsheet.engine.relations import Relation
from runsheet.organisations.model import RelatedOrganisation
from tests.reports import cases

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ["Total", "total", 'He said "x"', "it''s", "a\nb", "=1+1", "}{", "é😀"]
GIVEN = {"start_date": "2026-03-01", "end_date": "2026-03-01"}


@pytest.fixture
def relations(tmp_path: Path) -> dict[str, Relation]:
    """One unit of everything that is named, at a credit each."""
    listed = ", ".join(f"('{n}', '{name}')" for n, name in enumerate(NAMES))
    rows = {
        "usage_records": f"(select n as id, '2026-03-01' as used_at, name as category, 'h' as unit, '1' as quantity"
        f" from (values {listed}) as v(n, name))",
        "credit_rates": f"(select n as id, '2026-01-01' as effective_from, name as category, 'h' as unit,"
        f" '1' as credits_per_unit from (values {listed}) as v(n, name))",
    }
    made = {name: cases.write(name, sql, tmp_path / f"{name}.parquet") for name, sql in rows.items()}
    return {
        name: Relation(schema(name), (made[name],) if name in made else (), ())
        for name in ("usage_records", "credit_rates", "promotional_credits", "deployment_charges")
    }


def run(relations: dict[str, Relation], **changes: Any) -> bytes:
    family = [RelatedOrganisation("org_a", "Acme", is_own=True, is_child=False)]
    return cases.csv("account_usage.standard.1", GIVEN | changes, relations, organisations=family)


def test_no_value_is_lost_where_two_columns_have_one_name(
    relations: dict[str, Relation], tmp_path: Path
) -> None:
    header, cells = csv.reader(io.StringIO(run(relations).decode(), newline=""))
    assert header.count("Total Credits") == 2
    [line] = run(relations, format="jsonl").decode().splitlines()
    read = json.loads(line)
    assert list(read.values()) == cells
    assert {"Total Credits", "Total Credits (2)", "total Credits", 'He said "x" Credits'} <= read.keys()
    (tmp_path / "r.parquet").write_bytes(run(relations, format="parquet"))
    table = pq.read_table(tmp_path / "r.parquet")
    assert [str(value) for value in table.to_pylist()[0].values()][1:] == [
        f"{float(cell):.{len(str(value).partition('.')[2])}f}"
        for cell, value in zip(cells[1:], list(table.to_pylist()[0].values())[1:], strict=True)
    ]
    assert len({name.casefold() for name in table.column_names}) == len(header)
    assert {"Total Credits (2)", "total Credits (3)"} <= set(table.column_names)

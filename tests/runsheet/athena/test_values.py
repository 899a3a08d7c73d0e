"""Rows that a statement is given are the rows that it reads."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.athena_execution import _in_duckdb
from runsheet.athena import values

COLUMNS = {"category": "VARCHAR", "day": "DATE", "price": "DECIMAL(18,9)", "number": "BIGINT"}
ROWS = st.tuples(
    st.sampled_from(["a", "a?", "it's", None]),
    st.integers(0, 12).map(lambda day: date(2026, 2, 25) + timedelta(days=day)),
    st.sampled_from([Decimal("1.500000000"), Decimal(0)]),
    st.sampled_from([1, None]),
)


@given(st.lists(ROWS, max_size=30))
def test_days_come_back_one_by_one(rows: list[tuple[str | None, date, Decimal, int | None]]) -> None:
    made = _in_duckdb(values.query(COLUMNS, rows, values.literal)).sql("duckdb")
    found = duckdb.sql(f"select {', '.join(COLUMNS)} from ({made})").fetchall()
    assert sorted(found, key=repr) == sorted(rows, key=repr)


def test_a_price_that_holds_for_a_year_is_one_row() -> None:
    rows = [("a", date(2026, 1, 1) + timedelta(days=day), Decimal(1), 1) for day in range(365)]
    assert len(values.query(COLUMNS, rows, values.literal).sql("trino")) < 500


@pytest.mark.parametrize("rows", [[], [("a?'", True), (None, None)]])
def test_rows_without_days(rows: list[tuple[str | None, bool | None]]) -> None:
    made = values.query({"name": "VARCHAR", "is_own": "BOOLEAN"}, rows, values.literal).sql("duckdb")
    assert duckdb.sql(made).fetchall() == rows

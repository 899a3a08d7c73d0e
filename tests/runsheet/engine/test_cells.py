"""The text of cells: amounts, times and what a spreadsheet would run."""

from __future__ import annotations

import csv
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runsheet import catalog, money
from runsheet.catalog.header import ColumnType
from runsheet.catalog.model import Column
from runsheet.engine import cells

CONNECTION = duckdb.connect()


def column(column_type: ColumnType) -> list[Column]:
    return [Column("value", column_type, "x")]


def text(
    column_type: ColumnType, sql: str, given: dict[str, Any], separator: str | None = None
) -> str | None:
    """Return the text of the cell of a value of the type."""
    select, _ = cells.select_list(column(column_type), ["value"], separator)
    [(cell,)] = CONNECTION.execute(f"select {select} from (select {sql} as value)", given).fetchall()
    assert cell is None or isinstance(cell, str)
    return cell and cell.replace('""', '"')


def amount(minor: int | None, currency: str | None, separator: str | None = None) -> str | None:
    given = {"minor": minor, "currency": currency}
    return text("money", "{'minor': $minor::hugeint, 'currency': $currency}", given, separator)


@pytest.mark.parametrize(
    ("minor", "currency", "expected"),
    [
        (1234, "usd", "12.34"),
        (-5, "usd", "-0.05"),
        (0, "usd", "0.00"),
        (-100, "jpy", "-100"),
        (1, "kwd", "0.001"),
        (-12345, "clf", "-1.2345"),
        (5, "zzz", "0.05"),
        (5, None, "0.05"),
        (None, "usd", None),
        (None, "jpy", None),
        (10**15 - 1, "usd", "9999999999999.99"),
        (10**15, "usd", "10000000000000.00"),
        (-(10**20) - 7, "kwd", "-100000000000000000.007"),
        (2**63 - 1, "jpy", "9223372036854775807"),
        (-(2**63), "usd", "-92233720368547758.08"),
    ],
)
def test_an_amount_is_in_major_units_with_the_currencys_decimals(
    minor: int | None, currency: str | None, expected: str | None
) -> None:
    assert amount(minor, currency) == expected


@settings(max_examples=200, deadline=None)
@given(st.integers(-(2**80), 2**80), st.sampled_from(sorted(money.EXPONENTS)))
def test_every_amount_is_exact_in_every_currency(minor: int, currency: str) -> None:
    shown = amount(minor, currency)
    assert shown is not None
    assert Decimal(shown) * 10 ** money.exponent(currency) == minor
    assert len(shown.partition(".")[2]) == money.exponent(currency)


def test_amounts_of_any_size_can_be_sorted() -> None:
    """DuckDB computes more of a CASE under an ORDER BY than it takes."""
    amounts = [10**20, 5, -(10**17), 12_345, 10**15]
    select, _ = cells.select_list(column("money"), ["value"], None)
    rows = "select {'minor': sum(a)::hugeint, 'currency': 'kwd'} as value, a from (select unnest($amounts) as a) group by a"
    sql = f"select {cells.line([True])} from (select {select} from (select * from ({rows}) order by a))"
    found = [Decimal(line.strip('"')) for (line,) in CONNECTION.execute(sql, {"amounts": amounts}).fetchall()]
    assert found == [Decimal(amount) / 1000 for amount in sorted(amounts)]


def test_an_amount_may_have_a_decimal_comma() -> None:
    assert amount(-123456, "eur", ",") == "-1234,56"
    assert amount(5, "jpy", ",") == "5"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("timestamp '2024-02-29 23:59:59.999999'", "2024-02-29 23:59:59"),
        ("timestamp '2024-02-29 00:00:00'", "2024-02-29 00:00:00"),
        ("timestamp '1969-12-31 23:59:59.5'", "1969-12-31 23:59:59"),
        ("timestamp '1950-01-01 00:00:00.25'", "1950-01-01 00:00:00"),
        ("null::timestamp", None),
    ],
)
def test_a_time_is_rounded_down_to_the_second(sql: str, expected: str | None) -> None:
    assert text("timestamp", sql, {}) == expected


def test_other_types_are_written_as_they_are() -> None:
    assert text("boolean", "true", {}) == "true"
    assert text("integer", "-12::bigint", {}) == "-12"
    assert text("date", "date '2024-02-29'", {}) == "2024-02-29"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("2.50::decimal(38, 18)", "2.5"),
        ("0::decimal(38, 18)", "0.0"),
        ("-300::decimal(38, 9)", "-300.0"),
        ("0.000000001::decimal(38, 9)", "0.000000001"),
        (
            "99999999999999999999.999999999999999999::decimal(38, 18)",
            "99999999999999999999.999999999999999999",
        ),
        ("null::decimal(38, 9)", None),
    ],
)
def test_a_decimal_is_exact_and_as_short_as_it_can_be(sql: str, expected: str | None) -> None:
    assert text("decimal", sql, {}) == expected


FORMULAS = ("=", "+", "-", "@", "\t", "\n", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@pytest.mark.parametrize("start", FORMULAS)
def test_text_that_would_run_as_a_formula_is_neutralised(start: str) -> None:
    assert text("text", "$value", {"value": f"{start}1"}) == f"'{start}1"
    assert text("text", "$value", {"value": f" {start}1"}) == f" {start}1"
    assert text("text", "$value", {"value": f"A{start}"}) == f"A{start}"


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=12))
def test_no_text_is_changed_but_formulas_and_the_empty_one_is_no_cell(value: str) -> None:
    shown = text("text", "$value", {"value": value})
    if value.startswith(FORMULAS):
        assert shown == f"'{value}"
    else:
        assert shown == (value or None)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=8) | st.none(), min_size=2),
    st.booleans(),
)
def test_every_text_comes_back_through_a_csv_reader(values: list[str | None], first: bool) -> None:
    """NUL characters, quotes, line ends and commas included, in the first cell of a line as in the last."""
    select, _ = cells.select_list(column("text"), ["value"], None)
    both = f"{select}, 'x' as c1" if first else f"'x' as c0, {select.removesuffix('0')}1"
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "cells.csv"
        CONNECTION.execute(
            f"copy (select {cells.line([True, True])} from (select {both} from (select unnest($values) as value)))"
            f" to '{path}' ({cells.COPY_OPTIONS})",
            {"values": values},
        )
        with path.open(encoding="utf-8", newline="") as file:
            read = list(csv.reader(file))
        lines = path.read_bytes()
    shown = [f"'{value}" if value and value.startswith(FORMULAS) else value or "" for value in values]
    assert read == [[value, "x"] if first else ["x", value] for value in shown]
    assert lines.count(b'"x"') >= len(values)


def test_keys_of_metadata_are_bound_and_never_part_of_the_sql() -> None:
    itemized = catalog.report_type("balance_change_from_activity.itemized.3")
    hostile = "x'] from read_text('/etc/passwd') --"
    select, keys = cells.select_list(itemized.columns, ["net", f"payment_metadata[{hostile}]"], None)
    assert "/etc/passwd" not in select
    assert keys == {"metadata_key_1": hostile}


def test_the_header_line_quotes_every_name() -> None:
    assert cells.header_line(["net", 'payment_metadata[a"b]']) == b'"net","payment_metadata[a""b]"\n'


def test_a_header_line_may_quote_what_needs_it_alone() -> None:
    assert cells.header_line(["Date", 'GB "raw", sum'], quotes="text") == b'Date,"GB ""raw"", sum"\n'


@pytest.mark.parametrize("start", FORMULAS)
def test_a_title_that_would_run_as_a_formula_is_neutralised(start: str) -> None:
    [title] = next(csv.reader([cells.header_line([f"{start}1"]).decode()]))
    assert title == f"'{start}1"


def test_cells_that_are_not_quoted_stand_beside_those_that_are() -> None:
    line = cells.line([False, True, False])
    row = "select '1.5' as c0, 'a, b' as c1, null as c2"
    assert CONNECTION.sql(f"select {line} from ({row})").fetchall() == [('1.5,"a, b",',)]


def test_every_type_of_column_has_a_cell() -> None:
    assert set(get_args(ColumnType)) == {
        "text",
        "money",
        "decimal",
        "timestamp",
        "date",
        "boolean",
        "integer",
        "metadata",
    }

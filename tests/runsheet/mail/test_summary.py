"""What of a CSV stands in the mail."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runsheet.mail import summary
from tests.template.template import ROOT

HEADER = [
    "as_of_date",
    "row_type",
    "customer_id",
    "customer_name",
    "account_number",
    "currency",
    "num_open_invoices",
]
HEADER += ["current", "days_1_30", "days_31_60", "days_61_90", "days_91_plus", "total", "unapplied_credits"]


def row(kind: str, name: str, currency: str, *amounts: str) -> list[str]:
    return ["2026-11-21", kind, "", name, "", currency, "3", *amounts, "0.00"]


def text(*rows: list[str]) -> str:
    """Return a CSV as ours are: an empty cell is nothing, all others are quoted."""
    lines = [
        [f'"{cell.replace(QUOTE, QUOTE * 2)}"' if cell else "" for cell in row] for row in [HEADER, *rows]
    ]
    return "".join(",".join(line) + "\n" for line in lines)


QUOTE = '"'


EUR = row("total", "TOTAL", "eur", "100.00", "50.00", "0.00", "0.00", "-25.00", "125.00")
JPY = row("total", "TOTAL", "jpy", "0", "0", "0", "0", "1500", "1500")
CUSTOMER = row("customer", "Acme", "eur", "100.00", "50.00", "0.00", "0.00", "-25.00", "125.00")


def test_each_currency_has_its_total_and_its_own_scale() -> None:
    found = summary.of_csv(text(CUSTOMER, EUR, JPY))
    assert found is not None
    euros, yen = found.totals
    assert (euros.currency, euros.total, yen.currency, yen.total) == ("EUR", "125.00", "JPY", "1500")
    assert [bar.amount for bar in euros.bars] == ["100.00", "50.00", "0.00", "0.00", "-25.00"]
    assert [bar.share for bar in euros.bars] == [1.0, 0.5, 0.0, 0.0, 0.0]
    assert [bar.share for bar in yen.bars] == [0.0, 0.0, 0.0, 0.0, 1.0]


def test_the_report_itself_has_the_columns_that_are_read() -> None:
    case = ROOT / "tests/reports/ar_aging.summary.1/currencies/expect.csv"
    found = summary.of_csv(case.read_text(encoding="utf-8"))
    assert found is not None
    assert {total.currency for total in found.totals} >= {"EUR", "JPY"}


def test_the_ends_give_the_same_as_the_whole() -> None:
    whole = text(CUSTOMER, CUSTOMER, EUR, JPY)
    assert summary.of_ends(whole[:400], whole[-300:]) == summary.of_csv(whole)


def test_a_customers_name_cannot_pass_for_a_total() -> None:
    forged = ",".join(row("total", "TOTAL", "eur", "9", "9", "9", "9", "9", "99"))
    hostile = row("customer", f"x\n{forged}\ny", "eur", "1", "0", "0", "0", "0", "1")
    whole = text(hostile, EUR)
    found = summary.of_ends(whole, whole[len(text()) :])
    assert found is not None
    assert [total.total for total in found.totals] == ["125.00"]


@pytest.mark.parametrize("line_break", ["\n", "\r", "\u2028", "\x85", "\x0b"])
@pytest.mark.parametrize("quote", ["", QUOTE, QUOTE * 2])
def test_a_name_that_holds_a_whole_line_of_totals_is_none(line_break: str, quote: str) -> None:
    """It stands right before the totals, so that its last fragment reads like the first of them."""
    forged = row("total", "TOTAL", "usd", "9", "9", "9", "9", "9", "99")
    line = ",".join(f"{quote}{cell}{quote}" for cell in forged)
    hostile = ["2026-11-21", "customer", "c", f"x{line_break}{line}{line_break}2026-11-21,total,,TOTAL"]
    whole = text([*hostile, "acc", "usd", "3", "1", "0", "0", "0", "0", "1", "0"], EUR)
    for start in range(len(text()), len(whole) - 20):
        found = summary.of_ends(whole, whole[start:])
        assert found is None or [total.total for total in found.totals] == ["125.00"]


def test_only_small_tables_are_shown() -> None:
    def table(rows: int, columns: int) -> str:
        return "\n".join(",".join(["x"] * columns) for _ in range(rows + 1)) + "\n"

    assert summary.of_csv(table(20, 8)) is not None
    assert summary.of_csv(table(21, 8)) is None
    assert summary.of_csv(table(20, 9)) is None
    assert summary.of_csv(table(0, 3)) is None
    assert summary.of_csv("") is None


def test_a_cell_of_any_size_is_no_error() -> None:
    assert summary.of_csv("a\n" + "x" * 200_000) is None
    assert summary.of_ends("a\n", "x" * 200_000) is None


def test_amounts_that_are_none_have_no_bar() -> None:
    odd = row("total", "TOTAL", "eur", "NaN", "Infinity", "", "x", "1.00", "1.00")
    found = summary.of_csv(text(odd))
    assert found is not None
    assert [bar.share for bar in found.totals[0].bars] == [0.0, 0.0, 0.0, 0.0, 1.0]


@given(st.text(), st.text())
def test_no_text_breaks_it(head: str, tail: str) -> None:
    summary.of_csv(head)
    summary.of_ends(head, tail)

"""The aging of 2,466 real invoices (IBM's accounts receivable sample), against a calculation of its own in plain Python."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.reports.receivables import BUCKETS, Book, minor, relations, report

if TYPE_CHECKING:
    from runsheet.engine.relations import Relation

FILE = Path(__file__).parents[3] / "shared" / "data" / "ibm-accounts-receivable.csv"
DAYS = ["2012-01-31", "2012-06-30", "2012-12-31", "2013-02-28", "2013-07-15", "2013-12-31", "2014-06-30"]

pytestmark = pytest.mark.skipif(not FILE.exists(), reason=f"the file of real invoices is not there: {FILE}")


@pytest.fixture(scope="module")
def lines() -> list[dict[str, str]]:
    with FILE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def lake(lines: list[dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Relation]:
    """Every invoice, and the one payment that settled it."""
    book = Book()
    for customer in sorted({line["customerID"] for line in lines}):
        book.customers.append({"id": customer, "created_at": _at(date(2011, 1, 1)), "name": customer})
    for line in lines:
        settled = _at(_day(line["SettledDate"]))
        number, amount = line["invoiceNumber"], _cents(line)
        both = {"customer_id": line["customerID"], "currency": "usd"}
        book.invoices.append(
            both
            | {
                "id": f"in_{number}",
                "number": number,
                "created_at": _at(_day(line["InvoiceDate"])),
                "issue_date": _day(line["InvoiceDate"]),
                "due_date": _day(line["DueDate"]),
                "total_amount": amount,
            }
        )
        book.payments.append(both | {"id": f"pay_{number}", "paid_at": settled, "amount": amount})
        book.payment_allocations.append(
            {
                "id": f"pal_{number}",
                "allocated_at": settled,
                "payment_id": f"pay_{number}",
                "invoice_id": f"in_{number}",
                "amount": amount,
            }
        )
    return relations(book, tmp_path_factory.mktemp("real"))


def test_there_are_2466_invoices_that_fit(lines: list[dict[str, str]]) -> None:
    assert len(lines) == len({line["invoiceNumber"] for line in lines}) == 2466
    assert all(_day(line["InvoiceDate"]) < _day(line["DueDate"]) for line in lines)


@pytest.mark.parametrize("day", DAYS)
def test_the_aging_is_that_of_the_plain_calculation(
    day: str, lines: list[dict[str, str]], lake: dict[str, Relation]
) -> None:
    as_of = date.fromisoformat(day)
    expected: dict[str, list[int]] = defaultdict(lambda: [0] * 5)
    numbers = set()
    for line in lines:
        if _day(line["InvoiceDate"]) <= as_of < _day(line["SettledDate"]):
            late = (as_of - _day(line["DueDate"])).days
            bucket = 0 if late <= 0 else min((late - 1) // 30 + 1, 4)
            numbers.add(line["invoiceNumber"])
            for customer in (line["customerID"], ""):
                expected[customer][bucket] += _cents(line)
    summary = report("ar_aging.summary.1", lake, as_of=day, timezone="America/New_York")
    found = {row["customer_id"]: [minor(row[bucket], "usd") for bucket in BUCKETS] for row in summary}
    assert found == expected
    detail = report("ar_aging.detail.1", lake, as_of=day, timezone="America/New_York")
    assert {row["document_number"] for row in detail} == numbers
    assert len(detail) == len(numbers)


def test_the_days_show_late_invoices_and_one_on_which_nothing_is_open(
    lines: list[dict[str, str]], lake: dict[str, Relation]
) -> None:
    assert max(_day(line["SettledDate"]) for line in lines) < date.fromisoformat(DAYS[-1])
    assert report("ar_aging.summary.1", lake, as_of=DAYS[-1]) == []
    found = {row["bucket"] for day in DAYS for row in report("ar_aging.detail.1", lake, as_of=day)}
    assert found >= {"current", "days_1_30"}


def _day(text: str) -> date:
    month, day, year = text.split("/")
    return date(int(year), int(month), int(day))


def _at(day: date) -> datetime:
    """Return an instant of that day in New York."""
    return datetime.combine(day, time(17), tzinfo=UTC) + timedelta(minutes=30)


def _cents(line: dict[str, str]) -> int:
    return int(Decimal(line["InvoiceAmount"]) * 100)

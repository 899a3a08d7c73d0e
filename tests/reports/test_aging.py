"""What holds of the aging whatever the records are: against a second calculation, and between detail and summary."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.reports.receivables import BUCKETS, Book, minor, open_documents, relations, report, sums

AS_OF = date(2026, 3, 29)  # 23 hours long in Berlin
_START = datetime(2026, 3, 29, 12, tzinfo=UTC)
_ZONES = ("UTC", "Europe/Berlin", "America/Bogota", "Asia/Kathmandu", "Pacific/Kiritimati")

days = st.integers(-130, 3).map(lambda offset: AS_OF + timedelta(days=offset))
# Most of them close to the ends of the day in one zone or another.
instants = st.one_of(
    st.integers(-36 * 4, 36 * 4).map(lambda quarters: _START + timedelta(minutes=15 * quarters)),
    st.integers(-130 * 24, 0).map(lambda hours: _START + timedelta(hours=hours)),
)
amounts = st.one_of(st.integers(0, 5), st.integers(0, 10**15 - 1))
customers = st.sampled_from(["cus_1", "cus_2", "cus_unknown"])
currencies = st.sampled_from(["usd", "jpy", "kwd"])


def records(prefix: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    one = st.fixed_dictionaries({"id": st.integers(0, 9).map(f"{prefix}_{{}}".format), **fields})
    return st.lists(one, max_size=8, unique_by=lambda found: found["id"])


def ids(prefix: str) -> st.SearchStrategy[str]:
    return st.integers(0, 9).map(f"{prefix}_{{}}".format)


books = st.builds(
    Book,
    customers=st.just(
        [
            {"id": "cus_1", "created_at": _START, "name": "TOTAL", "account_number": "=1"},
            {"id": "cus_2", "created_at": _START, "name": "Zed"},
        ]
    ),
    invoices=records(
        "in",
        created_at=instants,
        customer_id=customers,
        currency=currencies,
        issue_date=days,
        due_date=st.none() | days,
        total_amount=amounts,
        voided_at=st.none() | st.none() | instants,
    ),
    payments=records(
        "pay",
        paid_at=instants,
        customer_id=customers,
        currency=currencies,
        amount=amounts,
        amount_refunded=st.none() | amounts,
        refunded_at=st.none() | instants,
    ),
    payment_allocations=records(
        "pal",
        allocated_at=instants,
        payment_id=ids("pay"),
        invoice_id=ids("in"),
        amount=amounts,
        approved=st.sampled_from([True, None, False]),
    ),
    credit_memos=records(
        "cm",
        created_at=instants,
        customer_id=customers,
        currency=currencies,
        issue_date=days,
        total_amount=amounts,
        voided_at=st.none() | st.none() | instants,
    ),
    credit_memo_allocations=records(
        "cma", allocated_at=instants, credit_memo_id=ids("cm"), invoice_id=ids("in"), amount=amounts
    ),
)
examples = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@examples
@given(books, st.sampled_from(_ZONES))
def test_the_detail_is_what_a_second_calculation_gives(book: Book, timezone: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake = relations(book, Path(folder))
        rows = report("ar_aging.detail.1", lake, as_of=AS_OF.isoformat(), timezone=timezone)
    assert {
        (row["document_type"], row["document_id"]): (
            row["customer_id"],
            row["currency"],
            row["bucket"],
            minor(row["amount_due"], row["currency"]),
        )
        for row in rows
    } == open_documents(book, AS_OF, timezone)
    for row in rows:
        number = {
            name: minor(row[name], row["currency"])
            for name in ("total_amount", "amount_paid", "amount_due", *BUCKETS)
        }
        assert number["amount_due"] == number["total_amount"] - number["amount_paid"]
        assert sum(number[bucket] for bucket in BUCKETS) == number["amount_due"] == number[row["bucket"]]


@examples
@given(books, st.sampled_from(_ZONES), st.sampled_from([None, "kwd"]))
def test_the_detail_adds_up_to_the_summary(book: Book, timezone: str, currency: str | None) -> None:
    given_ = {"as_of": AS_OF.isoformat(), "timezone": timezone} | ({"currency": currency} if currency else {})
    with tempfile.TemporaryDirectory() as folder:
        lake = relations(book, Path(folder))
        detail = report("ar_aging.detail.1", lake, **given_)
        summary = report("ar_aging.summary.1", lake, **given_)
    expected: dict[tuple[str, str], dict[str, int]] = defaultdict(
        lambda: dict.fromkeys((*BUCKETS, "total", "unapplied_credits", "num_open_invoices"), 0)
    )
    for row in detail:
        due = minor(row["amount_due"], row["currency"])
        is_invoice = row["document_type"] == "invoice"
        for customer in (row["customer_id"], ""):
            line = expected[customer, row["currency"]]
            line[row["bucket"]] += due
            line["total"] += due
            line["unapplied_credits"] += 0 if is_invoice else due
            line["num_open_invoices"] += is_invoice
    assert {
        (row["customer_id"], row["currency"]): {
            name: int(row[name]) if name == "num_open_invoices" else minor(row[name], row["currency"])
            for name in (*BUCKETS, "total", "unapplied_credits", "num_open_invoices")
        }
        for row in summary
    } == expected
    assert all(
        sum(minor(row[bucket], row["currency"]) for bucket in BUCKETS) == minor(row["total"], row["currency"])
        for row in summary
    )
    assert [row["row_type"] for row in summary] == sorted(row["row_type"] for row in summary)
    assert all((row["row_type"] == "total") == (row["customer_id"] == "") for row in summary)
    assert currency is None or {row["currency"] for row in summary} <= {currency}
    totals = {row["currency"]: row["total"] for row in summary if row["row_type"] == "total"}
    plain = sums(open_documents(book, AS_OF, timezone))
    assert {code: minor(total, code) for code, total in totals.items()} == {
        code: sum(buckets.values())
        for (customer, code), buckets in plain.items()
        if customer is None and currency in {None, code}
    }


@examples
@given(books, st.sampled_from(_ZONES))
def test_records_from_after_the_day_change_nothing(book: Book, timezone: str) -> None:
    """The report of a day is a time capsule: what happens later leaves it as it was."""
    later = datetime(2026, 4, 2, tzinfo=UTC)
    more = Book(
        book.customers,
        [*book.invoices, _document("in_new", total_amount=7)],
        [*book.payments, {"id": "pay_new", "paid_at": later, "customer_id": "cus_1", "currency": "usd", "amount": 9}],
        [
            *book.payment_allocations,
            *(
                {"id": f"pal_{key}", "allocated_at": later, "payment_id": key, "invoice_id": "in_1", "amount": 3}
                for key in ("pay_new", "pay_1")
            ),
        ],
        [*book.credit_memos, _document("cm_new", total_amount=8)],
        [
            *book.credit_memo_allocations,
            {"id": "cma_new", "allocated_at": later, "credit_memo_id": "cm_1", "invoice_id": "in_1", "amount": 2},
        ],
    )  # fmt: skip
    given_ = {"as_of": AS_OF.isoformat(), "timezone": timezone}
    with tempfile.TemporaryDirectory() as before, tempfile.TemporaryDirectory() as after:
        lakes = relations(book, Path(before)), relations(more, Path(after))
        first, second = (report("ar_aging.detail.1", lake, **given_) for lake in lakes)
    assert first == second


def _document(document_id: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": document_id,
        "created_at": _START,
        "customer_id": "cus_1",
        "currency": "usd",
        "issue_date": date(2026, 4, 1),
    } | fields

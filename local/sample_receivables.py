"""Sample data of the small datasets: a year of invoices, payments and credit memos, and a month of sync runs.

Made up here, and the same for everyone on the same day. Only `Random.random` and `getrandbits` are used, whose numbers
no Python version changes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random

from local.sample_people import HOSTILE, Columns, new_id
from local.sample_syncs import sync_runs

CUSTOMERS = 36
INVOICES = 360
_DAYS = 365
_NAMES = (
    "Atlas",
    "Boreal",
    "Cobalt",
    "Delta",
    "Ember",
    "Fjord",
    "Granit",
    "Hélios",
    "Ivory",
    "Juniper",
    "Kōbō",
    "Lumen",
)
_FORMS = ("Ltd", "GmbH", "K.K.", "Inc.", "SAS")
# What a customer is billed in, with the size of a typical invoice in minor units.
_CURRENCIES = (("usd", 250_000), ("eur", 180_000), ("jpy", 420_000))
_TERMS = (14, 30, 30, 45, 60)


@dataclass
class _Book:
    """The records of each dataset as they are made, and what the next ones follow from."""

    random: Random
    until: date
    customers: list[Columns] = field(default_factory=list)
    invoices: list[Columns] = field(default_factory=list)
    payments: list[Columns] = field(default_factory=list)
    payment_allocations: list[Columns] = field(default_factory=list)
    credit_memos: list[Columns] = field(default_factory=list)
    credit_memo_allocations: list[Columns] = field(default_factory=list)

    def below(self, limit: int) -> int:
        """Return a random number of 0 to `limit` - 1."""
        return self.random.getrandbits(32) % limit


def receivables(until: date, *, seed: int = 1) -> dict[str, list[Columns]]:
    """Return the records of every small dataset, as JSON takes them, of the time before `until`.

    Amounts are in minor units of three currencies. Some invoices are paid late, in part, with others, or not at all;
    some credits settle nothing yet. The same arguments give the same data, everywhere.
    """
    book = _Book(Random(f"{seed} {until.isoformat()} receivables"), until)  # noqa: S311 - it is to be predictable
    for number in range(CUSTOMERS):
        book.customers.append(_customer(book, number))
    for number in range(INVOICES):
        _bill(book, number)
    return {
        "customers": book.customers,
        "invoices": book.invoices,
        "payments": book.payments,
        "payment_allocations": book.payment_allocations,
        "credit_memos": book.credit_memos,
        "credit_memo_allocations": book.credit_memo_allocations,
        "sync_runs": sync_runs(book.random, until),
    }


def _customer(book: _Book, number: int) -> Columns:
    name = f"{_NAMES[number % len(_NAMES)]} {_FORMS[number % len(_FORMS)]}"
    return {
        "id": f"cus_sample_{number:03}",
        "created_at": _time(book.until - timedelta(days=_DAYS + 1 + number)),
        "remote_id": f"NS-{10_000 + number}",
        "name": HOSTILE[number // 9 % len(HOSTILE)] if number % 9 == 4 else name,
        "account_number": f"C-{number:04}" if number % 7 else None,
        "billing_email": f"payables.{number}@example.com",
    }


def _bill(book: _Book, number: int) -> None:
    """Make an invoice, and what came of it."""
    customer = book.below(CUSTOMERS)
    currency, typical = _CURRENCIES[customer % len(_CURRENCIES)]
    issued = book.until - timedelta(days=1 + _DAYS * (INVOICES - number) // INVOICES)
    due = issued + timedelta(days=_TERMS[book.below(len(_TERMS))])
    voided = issued + timedelta(days=3)
    amount = typical // 10 + book.below(2 * typical)
    invoice: Columns = {
        "id": f"in_sample_{number:05}",
        "created_at": _time(issued),
        "customer_id": f"cus_sample_{customer:03}",
        "remote_id": f"NS-INV-{number:05}",
        "number": f"INV-{issued.year}-{number:05}",
        "issue_date": issued.isoformat(),
        "due_date": None if number % 40 == 7 else due.isoformat(),
        "currency": currency,
        "total_amount": amount,
        "voided_at": _time(voided) if number % 60 == 11 and voided < book.until else None,
    }
    book.invoices.append(invoice)
    if number % 12 == 5:
        amount -= _credit(book, invoice, issued + timedelta(days=4), amount // 10)
    fate = book.below(100)
    if fate < 8 or invoice["voided_at"] is not None:
        return
    late = book.below(50) - 15 if fate < 80 else book.below(120)
    paid = max(due + timedelta(days=late), issued + timedelta(days=1))
    _pay(book, invoice, paid, amount // 2 if fate < 14 else amount, extra=amount // 20 if fate == 50 else 0)


def _credit(book: _Book, invoice: Columns, day: date, amount: int) -> int:
    """Make a credit memo, every third of which settles nothing yet; return what it settles of the invoice."""
    if day >= book.until:
        return 0
    memo = new_id(book.random, "cm")
    book.credit_memos.append(
        {
            "id": memo,
            "created_at": _time(day),
            "customer_id": invoice["customer_id"],
            "number": f"CM-{len(book.credit_memos) + 1:04}",
            "issue_date": day.isoformat(),
            "currency": invoice["currency"],
            "total_amount": amount,
        }
    )
    if len(book.credit_memos) % 3 == 0:
        return 0
    book.credit_memo_allocations.append(
        {
            "id": new_id(book.random, "cma"),
            "allocated_at": _time(day),
            "credit_memo_id": memo,
            "invoice_id": invoice["id"],
            "amount": amount,
        }
    )
    return amount


def _pay(book: _Book, invoice: Columns, day: date, amount: int, *, extra: int) -> None:
    """Make a payment of an invoice, with some money too many, unless it lies in the future."""
    if day >= book.until:
        return
    payment = new_id(book.random, "pay")
    paid_at = _time(day, seconds=book.below(86_400))
    number = len(book.payments)
    book.payments.append(
        {
            "id": payment,
            "paid_at": paid_at,
            "customer_id": invoice["customer_id"],
            "reference_number": f"WIRE-{number:05}",
            "currency": invoice["currency"],
            "amount": amount + extra,
        }
    )
    if number % 25 == 3:
        return  # nobody has found out yet what it is for
    book.payment_allocations.append(
        {
            "id": new_id(book.random, "pal"),
            "allocated_at": paid_at,
            "payment_id": payment,
            "invoice_id": invoice["id"],
            "amount": amount,
            "strategy": "automatic" if number % 4 else "manual",
            "approved": number % 30 != 9,
        }
    )


def _time(day: date, *, seconds: int = 32_400) -> str:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return (midnight + timedelta(seconds=seconds)).isoformat()

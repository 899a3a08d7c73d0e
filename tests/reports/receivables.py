"""Receivables for tests: made relations of records, and the aging worked out a second time in plain Python."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from runsheet import catalog, money
from runsheet.datasets.schema import schema
from runsheet.engine.relations import Relation
from runsheet.engine.session import literal
from tests.reports import cases

if TYPE_CHECKING:
    from pathlib import Path

BUCKETS = ("current", "days_1_30", "days_31_60", "days_61_90", "days_91_plus")
Row = dict[str, Any]


@dataclass
class Book:
    """Records by dataset: instants are aware, days are dates."""

    customers: list[Row] = field(default_factory=list)
    invoices: list[Row] = field(default_factory=list)
    payments: list[Row] = field(default_factory=list)
    payment_allocations: list[Row] = field(default_factory=list)
    credit_memos: list[Row] = field(default_factory=list)
    credit_memo_allocations: list[Row] = field(default_factory=list)


def relations(book: Book, folder: Path) -> dict[str, Relation]:
    """Return the records as files of the lake."""
    return {
        dataset: Relation(schema(dataset), _sources(dataset, getattr(book, dataset), folder), ())
        for dataset in catalog.report_type("ar_aging.detail.1").reads
    }


def report(report_type: str, lake: dict[str, Relation], **given: Any) -> list[dict[str, str]]:
    """Return the rows of a report."""
    return list(csv.DictReader(io.StringIO(cases.csv(report_type, given, lake).decode())))


def open_documents(book: Book, as_of: date, timezone: str = "UTC") -> dict[tuple[str, str], tuple[Any, ...]]:
    """Return what was open at the end of a day: (type, id) to customer, currency, bucket and minor units."""

    def is_there(moment: datetime | None) -> bool:
        return moment is not None and moment.astimezone(ZoneInfo(timezone)).date() <= as_of

    invoices = {
        one["id"]: one
        for one in book.invoices
        if one["issue_date"] <= as_of and not is_there(one.get("voided_at"))
    }
    credits_ = {("payment", one["id"]): one for one in book.payments if is_there(one["paid_at"])} | {
        ("credit_memo", one["id"]): one
        for one in book.credit_memos
        if one["issue_date"] <= as_of and not is_there(one.get("voided_at"))
    }
    left = {("invoice", key): one["total_amount"] for key, one in invoices.items()}
    for key, one in credits_.items():
        refunded = one.get("amount_refunded") or 0
        back = refunded if is_there(one.get("refunded_at") or one.get("paid_at")) else 0
        left[key] = back - int(one["amount"] if key[0] == "payment" else one["total_amount"])
    allocations = [(("payment", one["payment_id"]), one) for one in book.payment_allocations]
    allocations += [(("credit_memo", one["credit_memo_id"]), one) for one in book.credit_memo_allocations]
    for credit, one in allocations:
        if (
            is_there(one["allocated_at"])
            and one.get("approved") is not False
            and credit in credits_
            and one["invoice_id"] in invoices
            and credits_[credit]["currency"] == invoices[one["invoice_id"]]["currency"]
        ):
            left["invoice", one["invoice_id"]] -= one["amount"]
            left[credit] += one["amount"]
    found = {}
    for key, amount in left.items():
        if amount:
            one = invoices[key[1]] if key[0] == "invoice" else credits_[key]
            day = one.get("due_date") or one.get("issue_date")
            if day is None:
                day = one["paid_at"].astimezone(ZoneInfo(timezone)).date()
            found[key] = (one["customer_id"], one["currency"], _bucket((as_of - day).days), amount)
    return found


def sums(documents: dict[tuple[str, str], tuple[Any, ...]]) -> dict[tuple[str | None, str], dict[str, int]]:
    """Return the sums of each bucket by customer and currency, and by currency (customer None)."""
    found: dict[tuple[str | None, str], dict[str, int]] = defaultdict(lambda: dict.fromkeys(BUCKETS, 0))
    for customer, currency, bucket, amount in documents.values():
        found[customer, currency][bucket] += amount
        found[None, currency][bucket] += amount
    return dict(found)


def minor(amount: str, currency: str) -> int:
    """Return the minor units of a decimal of a report."""
    units = Decimal(amount).scaleb(money.exponent(currency))
    assert units == units.to_integral_value()
    return int(units)


def _bucket(days: int) -> str:
    limits = ((0, "current"), (30, "days_1_30"), (60, "days_31_60"), (90, "days_61_90"))
    return next((name for limit, name in limits if days <= limit), "days_91_plus")


def _sources(dataset: str, rows: list[Row], folder: Path) -> tuple[Any, ...]:
    if not rows:
        return ()
    path = folder / f"{dataset}.json"
    path.write_text("\n".join(json.dumps(row, default=_text) for row in rows))
    columns = {column.name: "VARCHAR" for column in schema(dataset).columns}
    read = f"read_json({literal(str(path))}, format = 'newline_delimited', columns = {columns})"
    return (cases.write(dataset, read, folder / f"{dataset}.parquet"),)


def _text(value: date | datetime) -> str:
    return (
        str(value.astimezone(UTC).replace(tzinfo=None)) if isinstance(value, datetime) else value.isoformat()
    )

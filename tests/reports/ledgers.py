"""Balances for tests: what automatic payouts carry adds up to them, some come back, some are made by hand."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from runsheet.datasets.schema import schema
from runsheet.engine.relations import Relation
from runsheet.engine.session import literal
from tests.reports import cases

if TYPE_CHECKING:
    from pathlib import Path

Record = dict[str, Any]

START, END = 1772323200, 1775001600  # March 2026
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - as the lake stores it
_DAY = timedelta(days=1)
_FIRST = _EPOCH + timedelta(seconds=START) - 20 * _DAY
_CATEGORIES = (
    "charge",
    "charge",
    "refund",
    "fee",
    "dispute",
    "transfer",
    "other_adjustment",
    "connect_reserved_funds",
)


def ledger(random: Random, accounts: tuple[str | None, ...] = (None, "acct_1", "acct_2")) -> list[Record]:
    """Return records of sixty days around March 2026; of each account and currency they add up."""
    records: list[Record] = []
    for account in accounts:
        for currency in random.sample(["usd", "eur", "jpy", "kwd"], k=random.randint(1, 2)):
            _add(records, random, account, currency)
    return records


ledgers = st.randoms(use_true_random=False).map(ledger)


def _add(records: list[Record], random: Random, account: str | None, currency: str) -> None:
    came_back: list[Record] = []
    effective = _FIRST

    def add(created: datetime, category: str, gross: int, fee: int = 0, **columns: Any) -> Record:
        record = {
            "id": f"txn_{len(records):03}",
            "connected_account": account,
            "created": created,
            "available_on": created,
            "currency": currency,
            "gross": gross,
            "fee": fee,
            "net": gross - fee,
            "reporting_category": category,
        } | columns
        records.append(record)
        return record

    def line(before: datetime) -> Record:
        created = before - timedelta(seconds=random.randint(0, 9 * 86_400))
        category = random.choice(_CATEGORIES)
        days = f"Fees ({created - 9 * _DAY:%Y-%m-%d} - {created - _DAY:%Y-%m-%d}): x"
        description = days if category == "fee" and random.random() < 0.5 else None
        return add(
            created,
            category,
            random.randint(-5_000, 90_000),
            random.randint(-20, 900),
            description=description,
        )

    for number in range(random.randint(1, 4)):
        effective += timedelta(seconds=random.choice([0, 1, 43_200])) + random.randint(4, 18) * _DAY
        made = effective - random.choice([0, 0, 1, 2]) * _DAY
        payout_id = f"po_{account}_{currency}_{number}"
        carried = came_back + [line(made) for _ in range(random.randint(1, 4))]
        for record in carried:
            record |= {"automatic_payout_id": payout_id, "automatic_payout_effective_at": effective}
        own: dict[str, Any] = {"payout_id" if random.random() < 0.5 else "source_id": payout_id}
        amount = -sum(record["net"] for record in carried)
        add(made, "payout", amount, payout_effective_at=effective, **own)
        came_back = []
        if random.random() < 0.3:
            came_back = [
                add(
                    effective + 3 * _DAY,
                    "payout_reversal",
                    -amount,
                    payout_effective_at=effective + 3 * _DAY,
                    **own,
                )
            ]
    for _ in range(random.randint(0, 2)):
        line(effective + 12 * _DAY)
        add(
            effective + random.randint(0, 9) * _DAY,
            "payout",
            -random.randint(0, 900),
            5,
            payout_id=f"po_hand_{len(records)}",
        )


def relation(records: list[Record], folder: Path, *, seed: int | None = None) -> dict[str, Relation]:
    """Return the records as files: what a payout carries was sent before it was known, and again with the payout's id."""
    chance = Random(seed)  # noqa: S311 - no secret
    again = [record for record in records if seed is not None and chance.random() < 0.5]
    first = [record | {"automatic_payout_id": None} if record in again else record for record in records]
    base = cases.write("balance_transactions", _values(first), folder / "base.parquet")
    recent = [cases.write("balance_transactions", _values(again), folder / "recent.parquet")] if again else []
    return {"balance_transactions": Relation(schema("balance_transactions"), (base,), tuple(recent))}


def _values(records: list[Record]) -> str:
    names = sorted({name for record in records for name in record} | {column.name for column in _COLUMNS})
    rows = ", ".join(
        "(" + ", ".join(_literal(record.get(name)) for name in names) + ")" for record in records
    )
    there = f"(values {rows}) as v({', '.join(names)})" if records else f"(select {_NOTHING} where false)"
    return f"(select * from {there})"


_COLUMNS = schema("balance_transactions").columns
_NOTHING = ", ".join(f"null::varchar as {column.name}" for column in _COLUMNS)


def _literal(value: object) -> str:
    return "null::varchar" if value is None else literal(str(value))


def report(report_type: str, lake: dict[str, Relation], **given: Any) -> list[dict[str, str]]:
    """Return the rows of a report, made in a few parts."""
    made = cases.csv(report_type, given, lake, rows_per_part=20)
    return list(csv.DictReader(io.StringIO(made.decode())))


def sums(
    rows: list[dict[str, str]], *names: str, by: tuple[str, ...] = ("currency",)
) -> dict[tuple[str, ...], Decimal]:
    """Return the sum of columns of the rows, by other columns."""
    found: dict[tuple[str, ...], Decimal] = {}
    for row in rows:
        key = tuple(row[name] for name in by)
        found[key] = found.get(key, Decimal(0)) + sum(Decimal(row[name]) for name in names)
    return found

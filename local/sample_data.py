"""Sample data: two years of a marketplace's balance, made up here and the same for everyone on the same day.

Only `Random.random` and `getrandbits` are used, whose numbers no Python version changes.
"""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING

from local.sample_balance import CURRENCIES, Charge, Movement, converted, midnight, movements
from local.sample_people import HOSTILE, Columns, new_id
from runsheet.datasets.schema import schema
from runsheet.organisations.model import NewOrganisation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DATASET = "balance_transactions"
CHARGES = 92_000
_BRANDS = ("visa", "mastercard", "amex", "jcb", "unionpay")
_FUNDING = ("credit", "debit", "prepaid", "unknown")
_METHODS = ("card",) * 13 + ("us_bank_account", "sepa_debit", "konbini")
_CHANNELS = ("web", "app", "store", "phone")
# What the customer saw too.
_FACING = frozenset({"charge", "charge_failure", "refund", "refund_failure", "dispute", "dispute_reversal"})


def parent_organisation(until: date) -> NewOrganisation:
    """Return the organisation that the sample data is for, with a credits plan of three years, two of them behind it."""
    start = until.replace(year=until.year - 2, day=1)
    end = start.replace(year=start.year + 3) - timedelta(days=1)
    return NewOrganisation("Meridian Market", "America/Los_Angeles", None, "credits", start, end)


def child_organisations(until: date, parent_id: str) -> tuple[NewOrganisation, NewOrganisation]:
    """Return two organisations below it, in other time zones, with the same subscription."""
    parent = parent_organisation(until)
    zurich = replace(parent, name="Meridian Market Zürich", timezone="Europe/Zurich", parent_id=parent_id)
    return zurich, replace(zurich, name="Meridian Market Osaka", timezone="Asia/Tokyo")


def write_csv(path: Path, until: date, *, charges: int = CHARGES, seed: int = 1) -> int:
    """Write the balance transactions of the 24 months before `until` as the datasets' CSV; return their number."""
    columns = schema(DATASET).columns
    names = [column.name for column in columns]
    written_as_json = [column.name for column in columns if column.type.startswith(("MAP", "BOOLEAN"))]
    rows = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        # With the usual \r\n ends, a lone \r in a text is quoted by every Python; with \n ends only by newer ones.
        writer = csv.writer(file)
        writer.writerow(names)
        for row in balance_transactions(until, charges=charges, seed=seed):
            for name in written_as_json:
                if name in row:
                    row[name] = json.dumps(row[name], ensure_ascii=False)
            writer.writerow(map(row.get, names))
            rows += 1
    return rows


def balance_transactions(until: date, *, charges: int = CHARGES, seed: int = 1) -> Iterator[Columns]:
    """Yield the transactions created in the 24 months before `until`, oldest first; absent columns are null.

    Amounts are in minor units, times aware and in UTC, metadata dictionaries of text.

    Args:
        until: the first day (UTC) that is not covered.
        charges: how many there are; with all that follows from them there are about a sixth more rows.
        seed: another one gives other data. The same arguments give the same data, everywhere.
    """
    random = Random(f"{seed} {until.isoformat()} {charges}")  # noqa: S311 - it is to be predictable
    start = until.replace(year=until.year - 2, day=min(until.day, 28) if until.month == 2 else until.day)
    for movement in movements(random, midnight(start), midnight(until), charges):
        yield _row(new_id(random, "txn"), movement)


def _row(transaction_id: str, movement: Movement) -> Columns:
    charge, payout = movement.charge, movement.paid_by
    row: Columns = {
        "id": transaction_id,
        "created": movement.created,
        "available_on": movement.available_on,
        "currency": movement.currency.code,
        "gross": movement.gross,
        "fee": movement.fee,
        "net": movement.gross - movement.fee,
        "reporting_category": movement.category,
        "source_id": movement.source_id,
        "description": movement.category.replace("_", " ").capitalize(),
    }
    if payout is not None:
        row |= {"automatic_payout_id": payout.id, "automatic_payout_effective_at": payout.effective_at}
        row |= payout.trace
    if charge is not None:
        row |= _charge_columns(charge)
        if movement.category in _FACING:
            row |= _customer_facing(charge, movement.gross)
    return row | movement.columns


def _charge_columns(charge: Charge) -> Columns:
    """Return what every transaction of a charge tells about it."""
    choice, number = charge.choice, charge.number
    method = _METHODS[choice % len(_METHODS)]
    # Some were authorised days before they were captured.
    authorised = (
        charge.created - timedelta(days=choice % 3, minutes=5) if number % 12 == 5 else charge.created
    )
    columns: Columns = charge.customer.columns | {
        "charge_id": charge.id,
        "charge_created": authorised,
        "payment_intent_id": f"pi_{charge.id[3:]}",
        "payment_method_type": method,
        "statement_descriptor": "MERIDIAN* MARKET",
    }
    if number % 10 != 9:
        columns["payment_metadata"] = _payment_metadata(charge)
    if number % 3 == 0:
        columns |= {
            "invoice_id": f"in_{charge.id[3:]}",
            "invoice_number": f"MM-{number:07}",
            "subscription_id": f"sub_{choice % 5_000:016x}",
        }
    else:
        columns |= charge.customer.shipping | {"order_id": f"order_{number:07}"}
    if method == "card":
        columns |= {
            "is_link": choice % 5 == 0,
            "card_brand": _BRANDS[choice // 16 % len(_BRANDS)],
            "card_funding": _FUNDING[choice // 128 % len(_FUNDING)],
            "card_country": charge.customer.country,
        }
        if choice % 2:
            columns |= charge.customer.card
    return columns


def _payment_metadata(charge: Charge) -> dict[str, str]:
    metadata = {"channel": _CHANNELS[charge.choice % len(_CHANNELS)], "order": f"{charge.number:07}"}
    if charge.number % 50 == 1:
        metadata |= {"gift note": HOSTILE[charge.number // 50 % len(HOSTILE)], 'a "key", [odd]': "1"}
    return metadata


def _customer_facing(charge: Charge, amount: int) -> Columns:
    """Return amount and currency as the customer saw them: every twelfth paid in another currency."""
    shown = CURRENCIES[charge.choice // 16 % len(CURRENCIES)] if charge.number % 12 == 1 else charge.currency
    facing = amount if shown is charge.currency else converted(amount, charge.currency, shown)
    return {"customer_facing_amount": facing, "customer_facing_currency": shown.code}

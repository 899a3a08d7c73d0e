"""Who the sample data is about: customers and connected accounts, some with names that test a reporting system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

_FIRST = ("Ada", "Bao", "Chloé", "Dmitri", "Esi", "Farah", "Gaël", "Hana", "Iñigo", "Jürgen", "Kofi", "Līga")
_LAST = (
    "Müller",
    "Okafor",
    "Tanaka",
    "O'Brien",
    "Nguyễn",
    "Al-Sabah",
    "Søndergaard",
    "Dvořák",
    "Smith",
    "陳",
    "Łukasik",
)
# Text that has broken somebody's CSV, spreadsheet, query or page before.
HOSTILE = (
    '=HYPERLINK("https://example.com","Click")',
    "+1 555 0100",
    "-2+3",
    "@SUM(A1:A9)",
    "\tTab first",
    "\rReturn first",
    'Say "hello", twice',
    "Two\nlines",
    "Three\r\nWindows\r\nlines",
    "Robert'); drop table balance_transactions;--",
    "<script>alert(1)</script>",
    "$(id) `id` %s {0} ${x}",
    "C:\\new\\table",
    "null",
    "0012",
    "1e5",
    "شركة الأمل",
    "👩‍🚀 & 👨🏽‍🔧 GmbH",
    "e\u0301 is not é",
    "\u202etxt.exe",
    "; , | \u00a0",
    "x" * 400,
)
_PLACES = (
    ("12 Market Street", "Springfield", "IL", "62701", "US"),
    ("Hauptstraße 5", "Köln", None, "50667", "DE"),
    ("1-1 Chiyoda", "千代田区", "東京都", "100-0001", "JP"),
    ("Block 3, Street 7", "Kuwait City", None, "13001", "KW"),
    ("8 rue de l'Église, bât. «B»", "Orléans", None, "45000", "FR"),
    ("Flat 2\n10 High Street", "Leeds", "West Yorkshire", "LS1 4DL", "GB"),
)
_PARTS = ("line1", "city", "state", "postal_code", "country")
Columns = dict[str, object]


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer: `columns` are theirs in every transaction, `shipping` and `card` those of their charges."""

    columns: Columns
    shipping: Columns
    card: Columns
    country: str


@dataclass(frozen=True, slots=True)
class Account:
    """A connected account."""

    id: str
    columns: Columns


def new_id(random: Random, prefix: str) -> str:
    """Return a random id of 16 digits."""
    return f"{prefix}_{random.getrandbits(64):016x}"


def customers(random: Random, count: int) -> list[Customer]:
    """Return customers, every tenth with a hostile name."""
    return [_customer(random, number) for number in range(count)]


def accounts(random: Random, count: int) -> list[Account]:
    """Return connected accounts, every tenth with a hostile name."""
    made = []
    for number in range(count):
        account_id = new_id(random, "acct")
        name = _hostile(number) or f"{_LAST[number % len(_LAST)]} & Söhne"
        columns: Columns = {
            "connected_account_id": account_id,
            "connected_account_name": name,
            "connected_account_country": _PLACES[number % len(_PLACES)][4],
        }
        made.append(Account(account_id, columns))
    return made


def _customer(random: Random, number: int) -> Customer:
    name = f"{_FIRST[number % len(_FIRST)]} {_LAST[number % len(_LAST)]}"
    place = _PLACES[number % len(_PLACES)]
    second = f"Unit {number}" if number % 4 == 0 else None
    columns: Columns = {
        "customer_id": new_id(random, "cus"),
        "customer_email": f"customer.{number}@example.com",
        "customer_name": _hostile(number) or name,
        "customer_description": _hostile(number + 7) or f"Account {number}",
        **_address("customer_address", place, second),
    }
    if number % 3 == 0:
        columns |= _address("customer_shipping_address", place, second)
    shipping = _address("shipping_address", place, second)
    return Customer(columns, shipping, _address("card_address", place, second), place[4])


def _hostile(number: int) -> str | None:
    return HOSTILE[number // 10 % len(HOSTILE)] if number % 10 == 0 else None


def _address(prefix: str, place: tuple[str | None, ...], line2: str | None) -> Columns:
    columns: Columns = {f"{prefix}_{part}": text for part, text in zip(_PARTS, place, strict=True)}
    return columns | {f"{prefix}_line2": line2}

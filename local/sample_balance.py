"""What moves the sample balance: charges, what follows from them, the rest, and the payouts of it all.

The money adds up, as in a real balance: an automatic payout is the sum of the transactions that it pays, those of
an earlier payout that came back among them; what no payout has paid is the balance.
"""

from __future__ import annotations

from bisect import insort
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from local.sample_people import HOSTILE, Account, Columns, Customer, accounts, customers, new_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Currency:
    """What a currency is like: `unit` is the worth of a minor unit in 1/10,000 US cent, `lag` days until available."""

    code: str
    share: float
    unit: int
    fixed_fee: int
    lag: int
    payout_weekdays: frozenset[int]


_WEEKDAYS = frozenset(range(5))
CURRENCIES = (
    Currency("usd", 0.55, 10_000, 30, 2, _WEEKDAYS),
    Currency("eur", 0.27, 10_870, 25, 3, _WEEKDAYS),
    Currency("jpy", 0.12, 6_667, 30, 4, frozenset({4})),
    Currency("kwd", 0.06, 3_250, 100, 7, frozenset({0})),
)
# Movements without a charge: category, prefix of the source, what it does to the balance, US cents, every so many days.
_STANDALONE = (
    ("platform_earning", "fee", 1, 900, 1),
    ("fee", "txn", -1, 350, 2),
    ("network_cost", "txn", -1, 150, 3),
    ("tax", "txn", -1, 70, 5),
    ("issuing_authorization_hold", "iauth", -1, 4_200, 6),
    ("issuing_authorization_release", "iauth", 1, 4_200, 6),
    ("issuing_transaction", "ipi", -1, 4_200, 6),
    ("platform_earning_refund", "fr", -1, 900, 8),
    ("contribution", "txn", -1, 500, 9),
    ("topup", "tu", 1, 250_000, 14),
    ("connect_collection_transfer", "py", 1, 7_700, 15),
    ("other_adjustment", "adj", 1, 1_234, 17),
    ("financing_paydown", "cptxn", -1, 30_000, 21),
    ("unreconciled_customer_funds", "cusfund", 1, 6_600, 23),
    ("connect_reserved_funds", "rsv", -1, 12_000, 28),
    ("risk_reserved_funds", "rsv", -1, 20_000, 29),
    ("climate_order_purchase", "climorder", -1, 5_000, 30),
    ("advance", "adv", 1, 90_000, 45),
    ("advance_funding", "adv", -1, 90_000, 46),
    ("anticipation_repayment", "antcp", -1, 8_000, 47),
    ("financing_payout", "cpf", 1, 500_000, 60),
    ("issuing_dispute", "idp", 1, 4_200, 61),
    ("financing_paydown_reversal", "cptxn", 1, 30_000, 62),
    ("topup_reversal", "tu", -1, 250_000, 63),
    ("climate_order_refund", "climorder", 1, 5_000, 64),
    ("financing_payout_reversal", "cpf", -1, 50_000, 65),
)
_REASONS = ("fraudulent", "product_not_received", "duplicate", "subscription_canceled", "general")
_PRICES = (900, 1_900, 4_900, 9_900, 29_900)


@dataclass(frozen=True, slots=True)
class Charge:
    """A charge, as far as its later movements need it. `choice` picks what else it is like."""

    id: str
    number: int
    created: datetime
    currency: Currency
    amount: int
    customer: Customer
    choice: int


@dataclass(slots=True)
class Payout:
    """An automatic payout: when it leaves the balance, and what the bank says of it."""

    id: str
    effective_at: datetime
    trace: Columns = field(default_factory=dict)


@dataclass(slots=True)
class Movement:
    """A balance transaction to be; amounts in minor units."""

    created: datetime
    available_on: datetime
    currency: Currency
    category: str
    gross: int
    source_id: str
    fee: int = 0
    charge: Charge | None = None
    paid_by: Payout | None = None
    columns: Columns = field(default_factory=dict)


def movements(random: Random, start: datetime, end: datetime, charges: int) -> list[Movement]:
    """Return all balance transactions created from `start` and before `end` (midnights, UTC), oldest first."""
    moved = [
        movement
        for movement in (*_from_charges(random, start, end, charges), *_standalone(random, start, end))
        if movement.created < end
    ]
    for currency in CURRENCIES:
        own = [movement for movement in moved if movement.currency is currency]
        moved += _pay_out(random, currency, own, start, end)
    return sorted(moved, key=lambda movement: movement.created)


def midnight(day: date) -> datetime:
    """Return the first instant of a day, UTC."""
    return datetime.combine(day, time(), UTC)


def converted(amount: int, currency: Currency, into: Currency) -> int:
    """Return an amount in minor units of another currency."""
    return _whole(amount * currency.unit // into.unit, into)


def _minor(cents: int, currency: Currency) -> int:
    return converted(cents, CURRENCIES[0], currency)


def _whole(amount: int, currency: Currency) -> int:
    # Cards take no third decimal other than 0.
    return amount // 10 * 10 if currency.code == "kwd" else amount


def _currency(share: float) -> Currency:
    for currency in CURRENCIES:
        share -= currency.share
        if share < 0:
            return currency
    return CURRENCIES[0]


def _from_charges(random: Random, start: datetime, end: datetime, count: int) -> Iterator[Movement]:
    """Yield charges, growing in number, with a week's rhythm, and what becomes of some of them."""
    people, partners = customers(random, max(count // 40, 50)), accounts(random, 40)
    days = (end - start).days
    weights = [
        (60 + 80 * day // days) * (60 if (start + day * _DAY).weekday() > 4 else 100) for day in range(days)
    ]
    done = passed = 0
    for day, weight in enumerate(weights):
        passed += weight
        for number in range(done, count * passed // sum(weights)):
            charge = _charge(random, number, start + day * _DAY, people)
            yield _captured(charge)
            yield from _aftermath(random, charge, partners)
            done += 1


def _charge(random: Random, number: int, day: datetime, people: list[Customer]) -> Charge:
    # The mean of two: busy at noon (UTC), quiet around midnight.
    created = day + timedelta(seconds=int((random.random() + random.random()) * 43_200))
    currency, choice = _currency(random.random()), random.getrandbits(32)
    skewed = random.random() * random.random() * random.random()
    cents = _PRICES[choice % len(_PRICES)] if choice % 3 == 0 else 500 + int(skewed * 400_000)
    customer = people[int(random.random() * random.random() * len(people))]
    return Charge(new_id(random, "ch"), number, created, currency, _minor(cents, currency), customer, choice)


def _captured(charge: Charge) -> Movement:
    currency = charge.currency
    fee = charge.amount * 29 // 1_000 + currency.fixed_fee
    available_on = midnight(charge.created.date()) + currency.lag * _DAY
    return Movement(charge.created, available_on, currency, "charge", charge.amount, charge.id, fee, charge)


def _aftermath(random: Random, charge: Charge, partners: list[Account]) -> Iterator[Movement]:
    """Yield what follows a charge. Its number decides, so that each kind is there even in a small sample."""
    amount, number = charge.amount, charge.number

    def later(movement: Movement | None, days: int, category: str, gross: int, prefix: str) -> Movement:
        # Up to twice as many days after what it follows.
        wait = timedelta(seconds=int((1 + random.random()) * days * 86_400))
        created = (movement.created if movement else charge.created) + wait
        source = movement.source_id if movement else new_id(random, prefix)
        return Movement(created, created, charge.currency, category, gross, source, charge=charge)

    if number % 18 == 0:
        partial = _whole(amount * (20 + charge.choice % 70) // 100, charge.currency)
        refund = later(None, 20, "refund", -(partial if number % 54 == 0 else amount), "re")
        refund.columns["refund_metadata"] = {
            "reason": _REASONS[charge.choice % 5],
            "agent": f"a{charge.choice % 9}",
        }
        yield refund
        if number % 594 == 0:
            yield later(refund, 3, "refund_failure", -refund.gross, "re")
    elif number % 200 == 7:
        dispute = later(None, 30, "dispute", -amount, "du")
        dispute.fee = _minor(1_500, charge.currency)
        dispute.columns["dispute_reason"] = _REASONS[charge.choice % 5]
        yield dispute
        if number % 400 == 7:
            won = later(dispute, 25, "dispute_reversal", amount, "du")
            won.fee, won.columns = -dispute.fee, dispute.columns
            yield won
    elif number % 200 == 11:
        yield later(None, 3, "partial_capture_reversal", -_whole(amount // 4, charge.currency), "ch")
    elif number % 250 == 13:
        failure = later(None, 3, "charge_failure", -amount, "pyr")
        failure.columns["payment_method_type"] = "us_bank_account"
        yield failure
    elif number % 16 == 3:
        account = partners[charge.choice % len(partners)]
        transfer = later(None, 1, "transfer", -_whole(amount * 8 // 10, charge.currency), "tr")
        transfer.columns = account.columns | {
            "destination_payment_id": new_id(random, "py"),
            "transfer_metadata": {
                "contract": f"C-{charge.choice % 500:04}",
                "note": HOSTILE[number % len(HOSTILE)],
            },
        }
        yield transfer
        if number % 400 == 3:
            back = later(transfer, 10, "transfer_reversal", -transfer.gross, "trr")
            back.columns = transfer.columns
            yield back


def _standalone(random: Random, start: datetime, end: datetime) -> Iterator[Movement]:
    for offset, (category, prefix, sign, cents, every) in enumerate(_STANDALONE):
        for day in range(offset % every, (end - start).days, every):
            created = start + timedelta(days=day, seconds=int(random.random() * 86_400))
            currency = CURRENCIES[(day // every + offset) % len(CURRENCIES)]
            gross = sign * _minor(cents + int(random.random() * cents), currency)
            yield Movement(created, created, currency, category, gross, new_id(random, prefix))


def _pay_out(
    random: Random, currency: Currency, own: list[Movement], start: datetime, end: datetime
) -> list[Movement]:
    """Assign what is available to payouts and return what those move. What comes back is paid again."""
    waiting = deque(sorted(own, key=lambda movement: movement.available_on))
    due: list[Movement] = []
    made: list[Movement] = []
    number = 0
    for day in (start + count * _DAY for count in range((end - start).days)):
        if day.weekday() not in currency.payout_weekdays:
            continue
        while waiting and waiting[0].available_on <= day:
            due.append(waiting.popleft())
        amount = sum(movement.gross - movement.fee for movement in due)
        if amount <= 0:
            continue
        number += 1
        payout = Payout(new_id(random, "po"), day)
        for movement in due:
            movement.paid_by = payout
        due = []
        made.append(_payout_movement(payout, number, currency, -amount, end))
        back = day + 3 * _DAY + timedelta(hours=9, minutes=30)
        if number % 31 == 0 and back < end:
            returned = _returned(made[-1], back, "canceled" if number % 62 == 0 else "failed")
            made.append(returned)
            insort(waiting, returned, key=lambda movement: movement.available_on)
    return made


def _payout_movement(payout: Payout, number: int, currency: Currency, gross: int, end: datetime) -> Movement:
    arrival = payout.effective_at + 2 * _DAY
    arrived = arrival < end
    if number % 7 == 0:
        payout.trace = {"trace_id_status": "unsupported"}
    elif arrived:
        payout.trace = {"trace_id_status": "supported", "trace_id": f"0{payout.id[-14:]}"}
    else:
        payout.trace = {"trace_id_status": "pending"}
    columns: Columns = {
        "payout_id": payout.id,
        "payout_effective_at": payout.effective_at,
        "payout_expected_arrival_date": arrival.date(),
        "payout_status": "paid" if arrived else "in_transit",
        "payout_type": "card" if currency.code == "kwd" else "bank_account",
        "payout_description": "Daily payout" if len(currency.payout_weekdays) > 1 else "Weekly payout",
        "payout_destination_id": f"ba_{currency.code}",
        **payout.trace,
    }
    day = payout.effective_at
    return Movement(day, day, currency, "payout", gross, payout.id, columns=columns)


def _returned(sent: Movement, at: datetime, status: str) -> Movement:
    sent.columns |= {"payout_status": status, "payout_reversed_at": at}
    columns = sent.columns | {"payout_effective_at": at}
    return Movement(at, at, sent.currency, "payout_reversal", -sent.gross, sent.source_id, columns=columns)

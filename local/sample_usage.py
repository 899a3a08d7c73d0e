"""Sample account usage: what three organisations used of a credits plan, day by day, and what it costs.

Made up here, and the same for everyone on the same day. Only `Random.random` is used, whose numbers no Python version
changes; quantities are whole millionths, sent as text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING

from local.sample_data import parent_organisation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from local.sample_people import Columns

# How much of the first organisation's usage each one has.
_SHARES = (1.0, 0.4, 0.25)
_MILLION = 1_000_000
_SATURDAY = 5
# The share of days on which something goes wrong, and much is logged.
_BURST = 0.01
_PROMOTED = "Metrics Ingest"
_ZURICH: Columns = {"id": "charge-zurich", "deployment": "Zürich", "surcharge": "0.1"}


@dataclass(frozen=True, slots=True)
class _Category:
    """A category of usage.

    Attributes:
        name, unit: of its columns in reports.
        typical: units of a working day at the beginning.
        weekend: what is left of it on a Saturday or Sunday.
        rate, earlier: credits per unit, and before the change of rates; None if there was none.
        share: of the days on which there is any.
    """

    name: str
    unit: str
    typical: int
    weekend: float
    rate: str
    earlier: str | None = None
    share: float = 1.0


# In the order of the columns; what the credits are worth is the contract's (contracts: sumo, section 2.2).
_CATEGORIES = (
    _Category("Continuous Ingest", "GB", 27, 0.4, "20", "25"),
    _Category("Storage", "GB", 13_000, 1.0, "0.0067"),
    _Category("Frequent Ingest", "GB", 9, 0.5, "9", "12"),
    _Category("Infrequent Ingest", "GB", 64, 0.6, "0.4", "5"),
    _Category("Infrequent Storage", "GB", 5_900, 1.0, "0.0015"),
    _Category("Infrequent Scan", "GB", 850, 0.1, "0.016", "0.16", share=0.4),
    _Category("Metrics Ingest", "DPM", 52_000, 0.8, "0.003", "0.01"),
    _Category("Tracing Ingest", "GB", 1, 0.3, "14", "35"),
    _Category("Cloud SIEM Ingest", "GB", 6, 0.7, "25"),
)


@dataclass(frozen=True, slots=True)
class _Used:
    """What was used of a category on a day, in millionths of its unit."""

    day: date
    category: _Category
    millionths: int


def usage(until: date, children: Sequence[str], *, seed: int = 1) -> list[dict[str, list[Columns]]]:
    """Return the records to send to the first organisation and to each child, by dataset.

    The days are those from the beginning of the subscription, the first of the month 24 months ago, to the day before
    `until`. The first organisation has its own usage and that of the children, each of these its own.

    Args:
        until: the first day (UTC) that is not covered.
        children: the ids of the child organisations, at most two; the first one has a deployment charge.
        seed: another one gives other data. The same arguments give the same data, everywhere.
    """
    random = Random(f"{seed} {until.isoformat()} usage")  # noqa: S311 - it is to be predictable
    start, changed = _calendar(until)
    days = [start + timedelta(days=number) for number in range((until - start).days)]
    used = [_used(random, days, share) for share in _SHARES[: 1 + len(children)]]
    rates = _credit_rates(start, changed)
    made = [{"usage_records": _usage_records(each), "credit_rates": rates} for each in used]
    for child, each in zip(children, used[1:], strict=True):
        made[0]["usage_records"] += _usage_records(each, child)
    made[0]["promotional_credits"] = _promotional_credits(used[0], start, changed)
    for own in made[1:2]:
        own["deployment_charges"] = [_ZURICH | {"effective_from": start.isoformat()}]
    return made


def _calendar(until: date) -> tuple[date, date]:
    """Return the first day of the subscription, and that of the new rates, a year later."""
    start = parent_organisation(until).subscription_start
    assert start is not None  # noqa: S101 - for the type checker
    return start, start.replace(year=start.year + 1)


def _used(random: Random, days: Sequence[date], share: float) -> list[_Used]:
    """Return the usage of an organisation that has this share: it grows, rests on weekends, and has bad days."""
    found = []
    for number, day in enumerate(days):
        weekend = day.weekday() >= _SATURDAY
        burst = 2.5 if random.random() < _BURST else 1.0
        for category in _CATEGORIES:
            level, is_used = 0.9 + 0.2 * random.random(), random.random() < category.share
            if not is_used:
                continue
            stored = category.name.endswith("Storage")
            factor = share * (1 + number / len(days)) * (1 if stored else level * burst)
            millionths = int(category.typical * _MILLION * factor * (category.weekend if weekend else 1))
            found.append(_Used(day, category, millionths))
    return found


def _usage_records(used: Sequence[_Used], child: str | None = None) -> list[Columns]:
    whose: Columns = {} if child is None else {"organisation_id": child}
    return [
        {
            "id": f"{child or 'own'}-{each.day.isoformat()}-{each.category.name.lower().replace(' ', '-')}",
            "used_at": each.day.isoformat(),
            "category": each.category.name,
            "unit": each.category.unit,
            "quantity": f"{each.millionths // _MILLION}.{each.millionths % _MILLION:06}",
            **whose,
        }
        for each in used
    ]


def _credit_rates(start: date, changed: date) -> list[Columns]:
    """Return the rates, those that have changed from both days."""
    return [
        {
            "id": f"rate-{day.isoformat()}-{position}",
            "effective_from": day.isoformat(),
            "category": category.name,
            "unit": category.unit,
            "credits_per_unit": rate,
            "position": position,
        }
        for position, category in enumerate(_CATEGORIES, start=1)
        for day, rate in (
            (start, category.earlier or category.rate),
            (changed, category.earlier and category.rate),
        )
        if rate is not None
    ]


def _promotional_credits(own: Sequence[_Used], start: date, changed: date) -> list[Columns]:
    """Return credits for three fifths of a year's usage of a category, and some for a month that will not use them up."""
    month = changed.replace(day=28)
    grants = ((start, changed - timedelta(days=1), Decimal("0.6")), (changed, month, Decimal(5)))
    return [
        {
            "id": f"promotion-{first.isoformat()}",
            "valid_from": first.isoformat(),
            "valid_until": last.isoformat(),
            "category": _PROMOTED,
            "credits": str(int(_cost(own, first, last, changed) * share)),
        }
        for first, last, share in grants
    ]


def _cost(used: Sequence[_Used], first: date, last: date, changed: date) -> Decimal:
    """Return the credits that the promoted category costs from the first to the last day."""
    costs = (
        each.millionths
        * Decimal((each.day < changed and each.category.earlier) or each.category.rate)
        / _MILLION
        for each in used
        if each.category.name == _PROMOTED and first <= each.day <= last
    )
    return sum(costs, Decimal(0))

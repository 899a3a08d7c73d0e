"""The account usage exports against plain Python over made-up data, and the identities that hold between them."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING

import duckdb
import pytest

from tests.reports import cases

if TYPE_CHECKING:
    from pathlib import Path

FIRST, LAST = date(2026, 1, 10), date(2026, 4, 12)
UNITS = {"Ingest": ("GB", "TB"), "Storage": ("GB",), "Metrics": ("DPM",), "Idle": ("Days",)}
PARENT, CHILDREN = "org_1", ("org_2", "org_3", "org_4")
Row = dict[str, str]


@dataclass
class Data:
    """Made-up datasets, and what they add up to."""

    seed: int
    usage: list[Row] = field(default_factory=list)
    rates: list[Row] = field(default_factory=list)
    promotions: list[Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        random = Random(self.seed)  # noqa: S311
        for number, (category, units) in enumerate(UNITS.items()):
            for unit in units:
                changes = [FIRST + timedelta(days=day) for day in random.sample(range(-30, 90), 2)]
                self.rates += [
                    {
                        "id": f"r{random.getrandbits(32):08x}",
                        "effective_from": str(since),
                        "category": category,
                        "unit": unit,
                        "credits_per_unit": str(random.randrange(1, 10**6) / Decimal(10**4)),
                        "position": str(10 - number) if number % 2 else "",
                    }
                    for since in (date(2025, 1, 1), *changes)
                ]
        for number in range(random.randrange(4)):
            begins = FIRST + timedelta(days=random.randrange(-20, 60))
            self.promotions.append(
                {
                    "id": f"p{number}",
                    "valid_from": str(begins),
                    "valid_until": str(begins + timedelta(days=random.randrange(60))),
                    "category": random.choice(("Ingest", "Storage")),
                    "credits": str(random.randrange(50_000)),
                }
            )
        for number in range(1_500):
            category = random.choice(("Ingest", "Storage", "Metrics"))
            day = FIRST + timedelta(days=random.randrange(-20, 100))
            self.usage.append(
                {
                    "id": f"u{number:05d}",
                    "used_at": f"{day} {random.choice((0, 0, 7, 23)):02d}:00:00",
                    "organisation_id": random.choice(("", PARENT, *CHILDREN)),
                    "category": category,
                    "unit": random.choice(UNITS[category]),
                    "quantity": f"{random.randrange(10**8) / Decimal(10**6)}",
                }
            )

    def rate(self, category: str, unit: str, day: date) -> Decimal:
        held = [
            rate
            for rate in self.rates
            if (rate["category"], rate["unit"]) == (category, unit) and rate["effective_from"] <= str(day)
        ]
        return Decimal(max(held, key=lambda rate: (rate["effective_from"], rate["id"]))["credits_per_unit"])

    def credits(self) -> dict[tuple[date, str, str], Decimal]:
        """Return credits by day, organisation and category, before promotional credits."""
        found: dict[tuple[date, str, str], Decimal] = defaultdict(Decimal)
        for record in self.usage:
            day = date.fromisoformat(record["used_at"][:10])
            rate = self.rate(record["category"], record["unit"], day)
            key = (day, record["organisation_id"] or PARENT, record["category"])
            found[key] += Decimal(record["quantity"]) * rate
        return dict(sorted(found.items()))

    def charged(self) -> dict[tuple[date, str, str], Decimal]:
        """Return the same with what promotional credits took under the category `Promotional`."""
        charged = self.credits()
        left = {promotion["id"]: Decimal(promotion["credits"]) for promotion in self.promotions}
        by_end = sorted(self.promotions, key=lambda one: (one["valid_until"], one["valid_from"], one["id"]))
        taken: dict[tuple[date, str, str], Decimal] = defaultdict(Decimal)
        for key in charged:
            day, organisation, category = key
            for promotion in by_end:
                if promotion["category"] == category and (
                    promotion["valid_from"] <= str(day) <= promotion["valid_until"]
                ):
                    part = min(charged[key], left[promotion["id"]])
                    charged[key] -= part
                    left[promotion["id"]] -= part
                    taken[day, organisation, "Promotional"] += part
        return charged | taken

    def run(self, folder: Path, kind: str, first: date, last: date, group_by: str = "day") -> list[Row]:
        case = folder / f"account_usage.{kind}.1" / "made"
        case.mkdir(parents=True, exist_ok=True)
        given = {"start_date": str(first), "end_date": str(last), "group_by": group_by}
        (case / "parameters.json").write_text(json.dumps(given))
        organisations = [
            {"id": one, "name": f"Name of {one}", "is_own": str(one == PARENT).lower(), "is_child": "false"}
            for one in (PARENT, *CHILDREN)
        ]
        for name, rows in (
            ("usage_records", self.usage),
            ("credit_rates", self.rates),
            ("promotional_credits", self.promotions),
            ("organisations", organisations),
        ):
            if rows:
                with (case / f"given_{name}.csv").open("w", newline="") as file:
                    writer = csv.DictWriter(file, rows[0])
                    writer.writeheader()
                    writer.writerows(rows)
        text = cases.run(case, rows_per_part=400).decode()
        return list(csv.DictReader(io.StringIO(text)))


def begin(day: date, group_by: str) -> date:
    if group_by == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if group_by == "week" else day


def numbers(row: Row) -> dict[str, Decimal]:
    return {name: Decimal(value) for name, value in row.items() if name.endswith((" Credits", ")"))}


def added(rows: list[Row], *, by: tuple[str, ...]) -> dict[tuple[str, ...], dict[str, Decimal]]:
    """Return the sums of all columns of numbers."""
    sums: dict[tuple[str, ...], dict[str, Decimal]] = {}
    for row in rows:
        held = sums.setdefault(tuple(row[name] for name in by), defaultdict(Decimal))
        for name, number in numbers(row).items():
            held[name] += number
    return sums


@pytest.mark.parametrize("group_by", ["day", "week", "month"])
@pytest.mark.parametrize("seed", range(3))
def test_credits_are_what_plain_python_computes(tmp_path: Path, seed: int, group_by: str) -> None:
    data = Data(seed)
    rows = data.run(tmp_path, "child_detailed", FIRST, LAST, group_by)
    found = {
        (date.fromisoformat(row["Date"]), row["Organization ID"], name.removesuffix(" Credits")): Decimal(
            value
        )
        for row in rows
        for name, value in row.items()
        if name.endswith(" Credits") and name != "Total Credits" and Decimal(value)
    }
    expected: dict[tuple[date, str, str], Decimal] = defaultdict(Decimal)
    for (day, organisation, category), amount in data.charged().items():
        if FIRST <= day <= LAST:
            expected[begin(day, group_by), organisation, category] += amount
    assert found == {key: amount for key, amount in expected.items() if amount}


@pytest.mark.parametrize("seed", range(3, 6))
def test_the_exports_agree_with_each_other(tmp_path: Path, seed: int) -> None:
    data = Data(seed)
    random = Random(seed)  # noqa: S311
    first = FIRST + timedelta(days=random.randrange(30))
    last = first + timedelta(days=random.randrange(60))
    days = data.run(tmp_path, "detailed", first, last)
    for row in days:
        credits_of = {name: n for name, n in numbers(row).items() if name.endswith(" Credits")}
        assert credits_of.pop("Total Credits") == sum(credits_of.values())
    assert [row["Date"] for row in days] == [
        str(first + timedelta(days=number)) for number in range((last - first).days + 1)
    ]
    standard = data.run(tmp_path, "standard", first, last)
    assert standard == [{name: v for name, v in row.items() if not name.endswith(")")} for row in days]
    children = data.run(tmp_path, "child_detailed", first, last)
    assert added(children, by=("Date",)) == added(days, by=("Date",))
    assert list(children[0])[:2] == ["Organization ID", "Organization Name"]
    assert list(children[0])[2:] == list(days[0])
    for group_by in ("week", "month"):
        labelled = [row | {"Date": str(begin(date.fromisoformat(row["Date"]), group_by))} for row in days]
        longer = data.run(tmp_path, "detailed", first, last, group_by)
        assert added(longer, by=("Date",)) == added(labelled, by=("Date",))
        assert [row["Date"] for row in longer] == sorted({row["Date"] for row in labelled})


def test_an_export_in_parts_is_the_export_of_the_whole(tmp_path: Path) -> None:
    """The promotional credits that were used before the interval are used in it no more."""
    data = Data(11)
    whole = data.run(tmp_path, "standard", FIRST, LAST)
    middle = FIRST + timedelta(days=40)
    parts = [
        *data.run(tmp_path, "standard", FIRST, middle),
        *data.run(tmp_path, "standard", middle + timedelta(days=1), LAST),
    ]
    assert added(parts, by=("Date",)).keys() == added(whole, by=("Date",)).keys()
    for part, row in zip(parts, whole, strict=True):
        assert {name: n for name, n in numbers(part).items() if n} == {
            name: n for name, n in numbers(row).items() if n
        }


def test_usage_without_a_rate_is_refused_and_named(tmp_path: Path) -> None:
    data = Data(1)
    data.rates = [rate for rate in data.rates if rate["category"] != "Metrics"]
    missing = r"rate_missing: There is no credit rate for the category 'Metrics' in the unit 'DPM' on 2026-\d\d-\d\d\. Send"
    with pytest.raises(duckdb.InvalidInputException, match=missing):
        data.run(tmp_path, "standard", FIRST, LAST)

"""The sample usage is the same for everyone, is what the datasets take, and shows every part of the export."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from local.sample_data import parent_organisation
from local.sample_usage import usage
from runsheet.datasets.schema import schema
from runsheet.datasets.staging import stage
from runsheet.engine.session import connect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

UNTIL = date(2026, 3, 10)
START = date(2024, 3, 1)
DAYS = (UNTIL - START).days
CHILDREN = ("org_zurich", "org_osaka")
# The contract's (contracts: sumo, section 2.2).
CATEGORIES = {
    ("Continuous Ingest", "GB"),
    ("Frequent Ingest", "GB"),
    ("Infrequent Ingest", "GB"),
    ("Infrequent Scan", "GB"),
    ("Cloud SIEM Ingest", "GB"),
    ("Metrics Ingest", "DPM"),
    ("Storage", "GB"),
    ("Infrequent Storage", "GB"),
    ("Tracing Ingest", "GB"),
}
Row = dict[str, Any]


@pytest.fixture(scope="module")
def sent() -> list[dict[str, list[Row]]]:
    return usage(UNTIL, CHILDREN)


def quantities(rows: list[Row], category: str) -> dict[date, Decimal]:
    return {
        date.fromisoformat(row["used_at"]): Decimal(row["quantity"])
        for row in rows
        if row["category"] == category and "organisation_id" not in row
    }


def costs(sent: list[dict[str, list[Row]]], category: str) -> Iterator[tuple[date, Decimal]]:
    """Yield the credits that the first organisation's own usage of a category costs, day by day."""
    rates = sorted(
        (date.fromisoformat(rate["effective_from"]), Decimal(rate["credits_per_unit"]))
        for rate in sent[0]["credit_rates"]
        if rate["category"] == category
    )
    for day, quantity in sorted(quantities(sent[0]["usage_records"], category).items()):
        yield day, quantity * [rate for first, rate in rates if first <= day][-1]


def test_the_same_day_gives_the_same_data_and_another_day_other(sent: list[dict[str, list[Row]]]) -> None:
    assert usage(UNTIL, CHILDREN) == sent
    assert usage(UNTIL, CHILDREN, seed=2) != sent
    assert usage(UNTIL + timedelta(days=1), CHILDREN)[0]["usage_records"] != sent[0]["usage_records"]


def test_every_day_of_the_subscription_so_far_has_every_category_but_one(
    sent: list[dict[str, list[Row]]],
) -> None:
    assert parent_organisation(UNTIL).subscription_start == START
    for own in sent:
        rows = own["usage_records"]
        assert {(row["category"], row["unit"]) for row in rows} == CATEGORIES
        for category, _ in CATEGORIES:
            days = quantities(rows, category)
            assert set(days) <= {START + timedelta(days=number) for number in range(DAYS)}
            assert min(days.values()) > 0
            if category == "Infrequent Scan":
                assert DAYS / 4 < len(days) < DAYS / 2
            else:
                assert len(days) == DAYS


def test_work_rests_on_weekends_and_grows(sent: list[dict[str, list[Row]]]) -> None:
    days = quantities(sent[0]["usage_records"], "Continuous Ingest")
    week: defaultdict[bool, list[Decimal]] = defaultdict(list)
    for day, quantity in days.items():
        week[day.weekday() < 5].append(quantity)
    averages = {working: sum(found) / len(found) for working, found in week.items()}
    assert averages[True] > 2 * averages[False]
    first, last = (
        sum(quantity for day, quantity in days.items() if day.year == year and day.month == month)
        for year, month in ((2024, 3), (2026, 2))
    )
    assert last > first * Decimal("1.5")


def test_the_first_organisation_has_the_usage_of_its_children_as_they_have_it(
    sent: list[dict[str, list[Row]]],
) -> None:
    parent, *children = sent
    for child_id, child in zip(CHILDREN, children, strict=True):
        of_child = [row for row in parent["usage_records"] if row.get("organisation_id") == child_id]
        without = [
            {name: row[name] for name in row if name not in {"id", "organisation_id"}} for row in of_child
        ]
        assert without == [
            {name: row[name] for name in row if name != "id"} for row in child["usage_records"]
        ]
        assert child["credit_rates"] == parent["credit_rates"]
    assert Counter(row.get("organisation_id") for row in parent["usage_records"]).keys() == {None, *CHILDREN}
    [charge] = children[0]["deployment_charges"]
    assert (charge["effective_from"], charge["surcharge"]) == (START.isoformat(), "0.1")
    assert "deployment_charges" not in parent
    assert "deployment_charges" not in children[1]


def test_every_category_has_a_rate_from_the_first_day_and_most_a_lower_one_after_a_year(
    sent: list[dict[str, list[Row]]],
) -> None:
    rates: defaultdict[tuple[int, str, str], dict[str, Decimal]] = defaultdict(dict)
    for rate in sent[0]["credit_rates"]:
        key = (rate["position"], rate["category"], rate["unit"])
        rates[key][rate["effective_from"]] = Decimal(rate["credits_per_unit"])
    assert {(category, unit) for _, category, unit in rates} == CATEGORIES
    assert sorted(position for position, _, _ in rates) == list(range(1, 10))
    assert all(each[START.isoformat()] > 0 for each in rates.values())
    changed = [each for each in rates.values() if len(each) == 2]
    assert len(changed) == 6
    assert all(each["2025-03-01"] < each[START.isoformat()] for each in changed)


def test_the_first_promotion_runs_out_in_the_middle_and_the_second_ends_unused(
    sent: list[dict[str, list[Row]]],
) -> None:
    first, second = sent[0]["promotional_credits"]
    assert first["category"] == second["category"] == "Metrics Ingest"
    left = Decimal(first["credits"])
    spent = []
    for day, cost in costs(sent, "Metrics Ingest"):
        if first["valid_from"] <= day.isoformat() <= first["valid_until"]:
            left -= cost
            spent += [day] if left <= 0 else []
    assert date(2024, 8, 1) < spent[0] < date(2024, 12, 1)
    used = sum(
        cost
        for day, cost in costs(sent, "Metrics Ingest")
        if second["valid_from"] <= day.isoformat() <= second["valid_until"]
    )
    # The children's usage, two thirds more, would not use them up either.
    assert 0 < 2 * used < Decimal(second["credits"])


def test_quantities_have_six_decimals_at_most(sent: list[dict[str, list[Row]]]) -> None:
    assert all(
        re.fullmatch(r"[0-9]{1,9}\.[0-9]{6}", row["quantity"]) for own in sent for row in own["usage_records"]
    )


def test_the_datasets_take_all_of_it_as_it_is_in_bodies_that_pass(
    sent: list[dict[str, list[Row]]], tmp_path: Path
) -> None:
    for number, own in enumerate(sent):
        for dataset, rows in own.items():
            path = tmp_path / f"{number}-{dataset}"
            path.write_text("\n".join(json.dumps(row) for row in rows))
            # Lambda takes 6 MB.
            assert path.stat().st_size < 5_000_000
            with connect(directory=tmp_path, remote=False) as connection:
                connection.execute("set global timezone = 'UTC'")
                staged = stage(
                    connection, schema(dataset), path, "ndjson", staged=path.with_suffix(".staged")
                )
                kept = connection.execute("select id from records").fetchall()
            assert staged.rows == len(rows)
            assert {row["id"] for row in rows} == {key for (key,) in kept}

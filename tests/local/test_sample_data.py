"""The sample data is the same for everyone, is what the datasets take, and adds up."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from local.sample_data import (
    DATASET,
    balance_transactions,
    child_organisations,
    parent_organisation,
    write_csv,
)
from local.sample_people import HOSTILE
from runsheet.catalog.parameters import REPORTING_CATEGORIES
from runsheet.datasets.schema import schema
from runsheet.datasets.staging import stage
from runsheet.engine.session import connect
from runsheet.organisations.model import checked

UNTIL = date(2026, 3, 1)
CHARGES = 4_000
Row = dict[str, Any]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return list(balance_transactions(UNTIL, charges=CHARGES))


def test_a_whole_sample_has_two_years_of_every_kind_in_four_currencies() -> None:
    categories: Counter[object] = Counter()
    currencies: Counter[object] = Counter()
    months = set()
    for row in balance_transactions(UNTIL):
        categories[row["reporting_category"]] += 1
        currencies[row["currency"]] += 1
        months.add(str(row["created"])[:7])

    assert categories.total() >= 100_000
    assert set(categories) == set(REPORTING_CATEGORIES)
    assert len(categories) == 37
    assert min(currencies.values()) > 5_000
    assert set(currencies) == {"usd", "eur", "jpy", "kwd"}
    assert len(months) == 24


def test_even_a_small_sample_has_every_kind(rows: list[Row]) -> None:
    assert {row["reporting_category"] for row in rows} == set(REPORTING_CATEGORIES)


def test_the_same_arguments_give_the_same_data_in_any_process(rows: list[Row], tmp_path: Path) -> None:
    here, there = tmp_path / "here.csv", tmp_path / "there.csv"
    write_csv(here, UNTIL, charges=50)
    code = (
        "from datetime import date; from pathlib import Path; from local.sample_data import write_csv; "
        f"write_csv(Path({str(there)!r}), date(2026, 3, 1), charges=50)"
    )
    environment = os.environ | {
        "PYTHONHASHSEED": "7",
        "PYTHONPATH": os.pathsep.join(sys.path),
        "TZ": "Asia/Tokyo",
    }
    subprocess.run([sys.executable, "-c", code], env=environment, cwd=Path.cwd(), check=True)

    assert here.read_bytes() == there.read_bytes()
    assert rows == list(balance_transactions(UNTIL, charges=CHARGES))


def test_another_seed_or_day_gives_other_data() -> None:
    ids = [
        next(iter(balance_transactions(until, charges=50, seed=seed)))["id"]
        for until, seed in [(UNTIL, 1), (UNTIL, 2), (date(2026, 3, 2), 1)]
    ]
    assert len(set(ids)) == 3


@pytest.mark.parametrize(
    ("until", "start"),
    [
        (date(2026, 3, 1), date(2024, 3, 1)),
        (date(2024, 2, 29), date(2022, 2, 28)),
        (date(2025, 12, 31), date(2023, 12, 31)),
    ],
)
def test_it_covers_the_24_months_before_the_day(until: date, start: date) -> None:
    created = [row["created"] for row in balance_transactions(until, charges=500)]

    assert created == sorted(created)  # type: ignore[type-var]
    assert created[0].date() == start  # type: ignore[attr-defined]
    assert (until - created[-1].date()).days == 1  # type: ignore[attr-defined]


def test_ids_are_there_once(rows: list[Row]) -> None:
    assert len({row["id"] for row in rows}) == len(rows)


def test_net_is_gross_less_fee(rows: list[Row]) -> None:
    assert all(row["net"] == row["gross"] - row["fee"] for row in rows)
    assert all(isinstance(row[name], int) for row in rows for name in ("gross", "fee", "net"))


def test_every_automatic_payout_is_the_sum_of_what_it_pays(rows: list[Row]) -> None:
    paid: defaultdict[str, int] = defaultdict(int)
    for row in rows:
        if "automatic_payout_id" in row:
            assert row["available_on"] <= row["automatic_payout_effective_at"]
            paid[row["automatic_payout_id"]] += row["net"]
    payouts = {row["payout_id"]: row for row in rows if row["reporting_category"] == "payout"}

    assert {payout_id: -row["net"] for payout_id, row in payouts.items()} == paid
    assert len(payouts) > 500
    for row in rows:
        if "automatic_payout_id" in row:
            payout = payouts[row["automatic_payout_id"]]
            assert row["currency"] == payout["currency"]
            assert row["automatic_payout_effective_at"] == payout["payout_effective_at"] == payout["created"]


@pytest.mark.parametrize(
    "moment", [datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 6, 12, 15, 30, tzinfo=UTC)]
)
def test_the_balance_is_what_no_payout_has_paid_yet(rows: list[Row], moment: datetime) -> None:
    balance: Counter[str] = Counter()
    unpaid: Counter[str] = Counter()
    for row in rows:
        if row["created"] < moment:
            balance[row["currency"]] += row["net"]
            effective_at = row.get("automatic_payout_effective_at")
            if row["reporting_category"] != "payout" and (effective_at is None or effective_at >= moment):
                unpaid[row["currency"]] += row["net"]

    assert balance == unpaid
    assert all(balance[currency] for currency in ("usd", "eur", "jpy", "kwd"))


def test_a_payout_that_came_back_is_paid_again(rows: list[Row]) -> None:
    sent = {row["payout_id"]: row for row in rows if row["reporting_category"] == "payout"}
    returned = [row for row in rows if row["reporting_category"] == "payout_reversal"]

    assert {row["payout_status"] for row in returned} == {"failed", "canceled"}
    for row in returned:
        payout = sent[row["payout_id"]]
        assert row["gross"] == -payout["gross"]
        assert row["created"] == row["payout_effective_at"] == payout["payout_reversed_at"]
        assert payout["payout_status"] == row["payout_status"]
    assert any(row.get("automatic_payout_id") for row in returned)
    assert {row["payout_status"] for row in sent.values()} == {"paid", "in_transit", "failed", "canceled"}
    assert {row["payout_type"] for row in sent.values()} == {"bank_account", "card"}
    assert {row["trace_id_status"] for row in sent.values()} == {"supported", "unsupported", "pending"}


def test_what_follows_a_charge_is_of_that_charge_and_not_more_than_it(rows: list[Row]) -> None:
    charges = {row["charge_id"]: row for row in rows if row["reporting_category"] == "charge"}
    moved: Counter[str] = Counter()
    for row in rows:
        if "charge_id" in row:
            charge = charges[row["charge_id"]]
            assert row["created"] >= charge["created"] >= row["charge_created"]
            assert row["currency"] == charge["currency"]
            assert row["customer_id"] == charge["customer_id"]
            moved[row["charge_id"]] += row["gross"]

    assert min(moved.values()) >= 0


def test_minor_units_are_those_of_the_currency(rows: list[Row]) -> None:
    charges = [row for row in rows if row["reporting_category"] == "charge"]
    middle = {
        currency: sorted(row["gross"] for row in charges if row["currency"] == currency)
        for currency in ("usd", "jpy", "kwd")
    }
    median = {currency: amounts[len(amounts) // 2] for currency, amounts in middle.items()}

    # A yen is worth about two thirds of a cent, a fils a third.
    assert 0.8 < median["jpy"] / median["usd"] < 2.5
    assert 1.8 < median["kwd"] / median["usd"] < 5
    assert all(row["gross"] % 10 == 0 for row in charges if row["currency"] == "kwd")
    assert {row["customer_facing_currency"] for row in charges} == {"usd", "eur", "jpy", "kwd"}
    assert any(row["customer_facing_currency"] != row["currency"] for row in charges)


def test_hostile_text_and_metadata_are_in_it(rows: list[Row]) -> None:
    names = {row.get("customer_name") for row in rows}

    assert len(names & set(HOSTILE)) >= 8
    assert {tuple(row["refund_metadata"]) for row in rows if "refund_metadata" in row}
    assert any("transfer_metadata" in row and row["connected_account_id"] for row in rows)
    assert any(set(row.get("payment_metadata", ())) >= {"channel", "gift note"} for row in rows)


def test_every_column_of_the_dataset_is_used_or_known_to_be_empty(rows: list[Row]) -> None:
    used = {name for row in rows for name, value in row.items() if value is not None}
    columns = {column.name for column in schema(DATASET).columns}

    assert used <= columns
    # A tag of one country, and two columns for accounts of others, which this organisation has not.
    assert columns - used == {"connected_account", "connected_account_direct_charge_id", "regulatory_tag"}


def test_the_datasets_take_the_file_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "sample.csv"
    written = write_csv(path, UNTIL, charges=1_000)

    with connect(directory=tmp_path) as connection:
        connection.execute("set global timezone = 'UTC'")
        staged = stage(connection, schema(DATASET), path, "csv", staged=tmp_path / "staged.parquet")
        read = connection.execute(
            "select id, customer_name, payment_metadata, is_link, net from records order by id"
        )
        stored = read.fetchall()

    assert staged.rows == written
    expected = sorted(
        (row["id"], row.get("customer_name"), row.get("payment_metadata"), row.get("is_link"), row["net"])
        for row in balance_transactions(UNTIL, charges=1_000)
    )
    assert stored == expected


@pytest.mark.parametrize(
    ("until", "start", "end"),
    [
        (UNTIL, date(2024, 3, 1), date(2027, 2, 28)),
        (date(2024, 2, 29), date(2022, 2, 1), date(2025, 1, 31)),
        (date(2025, 12, 31), date(2023, 12, 1), date(2026, 11, 30)),
    ],
)
def test_the_sample_organisations_are_a_parent_and_two_children_with_a_plan_in_force(
    until: date, start: date, end: date
) -> None:
    parent = parent_organisation(until)
    children = child_organisations(until, "org_1")

    organisations = (parent, *children)
    assert [checked(one) for one in organisations] == list(organisations)
    assert [one.parent_id for one in organisations] == [None, "org_1", "org_1"]
    assert {(one.plan, one.subscription_start, one.subscription_end) for one in organisations} == {
        ("credits", start, end)
    }
    assert (parent.name, children[0].name) == ("Meridian Market", "Meridian Market Zürich")
    assert len({one.name for one in organisations}) == len({one.timezone for one in organisations}) == 3

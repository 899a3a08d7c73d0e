"""What must hold between the files of one balance, as an accountant checks it (contracts: v1, section 6)."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.conformance.records import INTERVAL
from tests.conformance.sdk import Client, Sdk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.place import Place
    from tests.conformance.conftest import Customer

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def live(place: Place, customer: Customer) -> Iterator[Client]:
    """One SDK: what is checked are the files."""
    running = Sdk("python")
    yield Client(running, place.base_url, customer.live_key)
    running.close()


def rows(client: Client, report_type: str) -> list[dict[str, str]]:
    made = client.create("report_runs", report_type=report_type, parameters=INTERVAL)
    url = client.finished(made["id"])["result"]["url"]
    content = httpx.get(url, auth=(client.key, ""), timeout=60).text
    return list(csv.DictReader(io.StringIO(content)))


def test_the_balance_begins_moves_and_ends_in_each_currency(live: Client) -> None:
    found: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for row in rows(live, "balance.summary.1"):
        found[row["currency"]][row["category"]] = Decimal(row["net_amount"])

    assert found["usd"] == {
        "starting_balance": Decimal("40.00"),
        "activity": Decimal("24.16"),
        "payouts": Decimal("-15.25"),
        "ending_balance": Decimal("48.91"),
    }
    assert set(found) == {"usd", "eur", "jpy"}
    for amounts in found.values():
        assert (
            amounts["starting_balance"] + amounts["activity"] + amounts["payouts"]
            == amounts["ending_balance"]
        )


@pytest.mark.parametrize("family", ["balance_change_from_activity", "payouts"])
def test_the_itemized_rows_add_up_to_the_summary_of_each_category(live: Client, family: str) -> None:
    added: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 4)
    for row in rows(live, f"{family}.itemized.3"):
        one = [Decimal(1), *(Decimal(row[name]) for name in ("gross", "fee", "net"))]
        for category in (row["reporting_category"], "total"):
            key = category, row["currency"]
            added[key] = [have + more for have, more in zip(added[key], one, strict=True)]
    summary = {
        (row["reporting_category"], row["currency"]): [
            Decimal(row[name]) for name in ("count", "gross", "fee", "net")
        ]
        for row in rows(live, f"{family}.summary.1")
    }

    assert added == summary
    assert ("total", "usd") in summary

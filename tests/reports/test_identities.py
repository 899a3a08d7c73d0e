"""What must hold between the reports of the contract over the same records, whatever these are (contracts: v1, 6)."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings

from runsheet import catalog
from tests.reports import ledgers
from tests.reports.ledgers import END, START, report, sums

if TYPE_CHECKING:
    from runsheet.engine.relations import Relation
    from tests.reports.ledgers import Record

INTERVAL = {"interval_start": START, "interval_end": END}
BALANCE, ACTIVITY = "balance.summary.2", "balance_change_from_activity.summary.1"
RECONCILED, BY_ID = "payout_reconciliation.itemized.5", "payout_reconciliation.by_id.itemized.4"
LINES = [
    "balance_transaction_id",
    "automatic_payout_id",
    "currency",
    "gross",
    "fee",
    "net",
    "reporting_category",
]
ALL_TIME = {"interval_start": 0, "interval_end": 2 * END}

examples = settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def totals(rows: list[dict[str, str]]) -> dict[tuple[str, ...], Decimal]:
    return sums([row for row in rows if row["reporting_category"] == "total"], "net")


@examples
@given(ledgers.ledgers)
def test_start_activity_and_payouts_make_the_end_and_what_is_open_makes_it_too(records: list[Record]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake = ledgers.relation(records, Path(folder), seed=1)
        summary = report(BALANCE, lake, **INTERVAL)
        short = report("balance.summary.1", lake, **INTERVAL)
        activity = totals(report(ACTIVITY, lake, **INTERVAL))
        payouts = totals(report("payouts.summary.1", lake, **INTERVAL))
        open_at_end = totals(report("ending_balance_reconciliation.summary.1", lake, interval_end=END))
    lines: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for row in summary:
        lines[row["currency"]][row["category"]] = Decimal(row["net_amount"])
    assert lines
    for currency, of in lines.items():
        assert of["activity_gross"] + of["activity_fee"] == of["activity"] == activity.get((currency,), 0)
        assert of["payouts_gross"] + of["payouts_fee"] == of["payouts"] == payouts.get((currency,), 0)
        assert of["starting_balance"] + of["activity"] + of["payouts"] == of["ending_balance"]
        assert of["ending_balance"] == open_at_end.get((currency,), 0)
    assert short == [row for row in summary if not row["category"].endswith(("_gross", "_fee"))]


ITEMIZED = {
    ACTIVITY: "balance_change_from_activity.itemized.3",
    "payouts.summary.1": "payouts.itemized.3",
    "payout_reconciliation.summary.1": RECONCILED,
    "ending_balance_reconciliation.summary.1": "ending_balance_reconciliation.itemized.4",
}


@examples
@given(ledgers.ledgers)
def test_itemized_rows_add_up_to_their_summary_in_any_version(records: list[Record]) -> None:
    columns = [name for name in LINES if name != "automatic_payout_id"]
    with tempfile.TemporaryDirectory() as folder:
        lake = ledgers.relation(records, Path(folder))
        for summary, newest in ITEMIZED.items():
            interval = (
                INTERVAL
                if "interval_start" in catalog.report_type(summary).parameters
                else {"interval_end": END}
            )
            rows = report(newest, lake, **interval, columns=columns)
            oldest = newest[:-1] + "1"
            assert report(oldest, lake, **interval, columns=columns) == rows
            summed = [
                row for row in report(summary, lake, **interval) if row["reporting_category"] != "total"
            ]
            for name in ("gross", "fee", "net"):
                expected = {
                    (row["currency"], row["reporting_category"]): Decimal(row[name]) for row in summed
                }
                assert sums(rows, name, by=("currency", "reporting_category")) == expected


@examples
@given(ledgers.ledgers)
def test_every_automatic_payout_is_the_sum_of_what_it_carries(records: list[Record]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake = ledgers.relation(records, Path(folder), seed=2)
        carried = report(RECONCILED, lake, **ALL_TIME, columns=LINES)
        payouts = report("payouts.itemized.3", lake, **ALL_TIME, reporting_category="payout")
        march = report(RECONCILED, lake, **INTERVAL, columns=[*LINES, "automatic_payout_effective_at_utc"])
        for payout_id in sorted({row["automatic_payout_id"] for row in carried})[:3]:
            own = [row for row in carried if row["automatic_payout_id"] == payout_id]
            assert report(BY_ID, lake, payout=payout_id, columns=LINES) == own
            summary = report("payout_reconciliation.by_id.summary.1", lake, payout=payout_id)
            assert totals(summary) == sums(own, "net")
    sent = {row["payout_id"]: -Decimal(row["net"]) for row in payouts if "hand" not in row["payout_id"]}
    assert sums(carried, "net", by=("automatic_payout_id",)) == {
        (key,): amount for key, amount in sent.items()
    }
    effective = {row["payout_id"]: row["effective_at_utc"] for row in payouts}
    inside = {key for key, moment in effective.items() if "2026-03-01" <= moment < "2026-04-01"}
    assert [row["balance_transaction_id"] for row in march] == [
        row["balance_transaction_id"] for row in carried if row["automatic_payout_id"] in inside
    ]


@examples
@given(ledgers.ledgers)
def test_the_lines_of_the_activity_add_up_and_each_is_in_one_month(records: list[Record]) -> None:
    columns = [
        "balance_transaction_id",
        "currency",
        "amount",
        "activity_at",
        "balance_transaction_reporting_category",
    ]
    middle = START + 15 * 86_400
    with tempfile.TemporaryDirectory() as folder:
        lake = ledgers.relation(records, Path(folder))
        rows = report("activity.itemized.3", lake, **INTERVAL, columns=columns)
        halves = [
            *report("activity.itemized.3", lake, interval_start=START, interval_end=middle, columns=columns),
            *report("activity.itemized.3", lake, interval_start=middle, interval_end=END, columns=columns),
        ]
        summary = report("activity.summary.1", lake, **INTERVAL)
    assert totals(summary) == sums(rows, "amount") | {
        key: Decimal(0) for key in totals(summary) if key not in sums(rows, "amount")
    }
    assert all("2026-03-01" <= row["activity_at"] < "2026-04-01" for row in rows)
    assert sorted(map(repr, halves)) == sorted(map(repr, rows))


CONNECTED = [found for found in catalog.report_types() if found.startswith("connected_account_")]
RECORDS = ledgers.ledger(Random(5))  # noqa: S311 - no secret


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Relation]:
    return ledgers.relation(RECORDS, tmp_path_factory.mktemp("all"), seed=6)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Relation]]:
    """The records of each account, as if they were the organisation's own."""
    return {
        account: ledgers.relation(
            [
                record | {"connected_account": None}
                for record in RECORDS
                if record["connected_account"] == account
            ],
            tmp_path_factory.mktemp(account),
        )
        for account in ("acct_1", "acct_2")
    }


@pytest.mark.parametrize("report_type", CONNECTED)
def test_a_connected_account_has_the_report_of_its_own_records(
    report_type: str, lake: dict[str, Relation], own: dict[str, dict[str, Relation]]
) -> None:
    given: dict[str, Any] = {
        name: value
        for name, value in (INTERVAL | {"payout": payout_of("acct_1")}).items()
        if name in catalog.report_type(report_type).parameters
    }
    plain = report_type.removeprefix("connected_account_")
    expected = report(plain, own["acct_1"], **given)
    assert expected
    found = report(report_type, lake, **given, connected_account="acct_1")
    assert found == [{"connected_account": "acct_1"} | row for row in expected]
    assert next(iter(found[0])) == "connected_account"
    if "payout" in given:
        assert not report(report_type, lake, **given, connected_account="acct_2")
        return
    of_each = {"acct_1": expected, "acct_2": report(plain, own["acct_2"], **given)}
    both = [{"connected_account": account} | row for account, rows in of_each.items() for row in rows]
    everything = report(report_type, lake, **given)
    assert sorted(map(repr, everything)) == sorted(map(repr, both))
    assert report(report_type, lake, **given, connected_accounts=["acct_2", "acct_1"]) == everything
    assert report(report_type, lake, **given, connected_accounts=["acct_1"]) == found


def payout_of(account: str) -> str:
    return next(
        str(record["automatic_payout_id"])
        for record in RECORDS
        if record["connected_account"] == account and record.get("automatic_payout_id")
    )

"""What must hold between reports over the same records, whatever the records are (contracts: v1, section 6)."""

from __future__ import annotations

import csv
import io
import tempfile
from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runsheet.datasets.schema import schema
from runsheet.engine.relations import Relation
from tests.reports import cases

START, END = 1709856000, 1710460800  # a week of March 2024, with a change of the clocks in New York
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - as the lake stores it
INTERVAL = {"interval_start": START, "interval_end": END}
ITEMIZED = "balance_change_from_activity.itemized.3"
COLUMNS = [
    "balance_transaction_id",
    "created_utc",
    "created",
    "currency",
    "gross",
    "fee",
    "net",
    "reporting_category",
]

record = st.fixed_dictionaries(
    {
        "id": st.integers(0, 30).map("txn_{:02}".format),
        "created": st.integers(START - 200_000, END + 200_000).map(lambda s: EPOCH + timedelta(seconds=s)),
        "currency": st.sampled_from(["usd", "eur", "jpy", "kwd"]),
        "gross": st.integers(-(10**15) + 1, 10**15 - 1),
        "fee": st.integers(-500, 500),
        "reporting_category": st.sampled_from(["charge", "refund", "fee", "payout", "payout_reversal"]),
        "connected_account": st.sampled_from([None, None, None, "acct_1"]),
    }
)
batch = st.lists(record, max_size=25, unique_by=lambda found: found["id"])
recent = st.lists(st.tuples(record, st.booleans()), max_size=8, unique_by=lambda found: found[0]["id"])
lake = st.tuples(batch, st.lists(recent, max_size=3))

examples = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def relation(
    files: tuple[list[dict[str, Any]], list[list[tuple[dict[str, Any], bool]]]], folder: Path
) -> Relation:
    base, changes = files
    return Relation(
        schema("balance_transactions"),
        (_write(base, folder / "base.parquet", 0),),
        tuple(
            _write(
                [found | {"_deleted": gone} for found, gone in change],
                folder / f"recent-{index}.parquet",
                index,
            )
            for index, change in enumerate(changes)
        ),
    )


def _write(records: list[dict[str, Any]], path: Path, index: int) -> Any:
    rows = [
        found | {"net": found["gross"] - found["fee"], "available_on": found["created"]} for found in records
    ]
    values = ", ".join("(" + ", ".join(_literal(row.get(name)) for name in _NAMES) + ")" for row in rows)
    there = f"(values {values}) as v({', '.join(_NAMES)})" if rows else f"(select {_NOTHING} where false)"
    return cases.write(
        "balance_transactions", f"(select * from {there})" if rows else there, path, index=index
    )


_NAMES = [
    "id", "created", "currency", "gross", "fee", "reporting_category", "connected_account", "net", "available_on",
    "_deleted",
]  # fmt: skip
_NOTHING = ", ".join(f"null::varchar as {name}" for name in _NAMES)


def _literal(value: object) -> str:
    return "null" if value is None else f"'{value}'"


def latest(
    files: tuple[list[dict[str, Any]], list[list[tuple[dict[str, Any], bool]]]],
) -> list[dict[str, Any]]:
    """Return the organisation's own records as they stand: the plain way to say what merging means."""
    found = {record["id"]: record for record in files[0]}
    for change in files[1]:
        for newer, gone in change:
            if gone:
                found.pop(newer["id"], None)
            else:
                found[newer["id"]] = newer
    return [record for record in found.values() if record["connected_account"] is None]


def run(report_type: str, relation: Relation, **given: Any) -> list[dict[str, str]]:
    csv_bytes = cases.csv(report_type, INTERVAL | given, {"balance_transactions": relation}, rows_per_part=10)
    return list(csv.DictReader(io.StringIO(csv_bytes.decode())))


@examples
@given(lake)
def test_the_itemized_rows_are_the_latest_records_of_the_interval_in_order(files: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        rows = run(ITEMIZED, relation(files, Path(folder)), columns=COLUMNS)
    inside = [
        (record["created"], record["id"])
        for record in latest(files)
        if START <= (record["created"] - EPOCH).total_seconds() < END
        and record["reporting_category"] not in {"payout", "payout_reversal"}
    ]
    assert [(row["created_utc"], row["balance_transaction_id"]) for row in rows] == [
        (str(created), key) for created, key in sorted(inside)
    ]


@examples
@given(lake)
def test_the_itemized_rows_add_up_to_the_summary(files: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        records = relation(files, Path(folder))
        itemized = run(ITEMIZED, records, columns=COLUMNS)
        summary = run("balance_change_from_activity.summary.1", records)
    sums: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 4)
    for row in itemized:
        numbers = [Decimal(1), *(Decimal(row[name]) for name in ("gross", "fee", "net"))]
        for category in (row["reporting_category"], "total"):
            sums[row["currency"], category] = [
                left + right for left, right in zip(sums[row["currency"], category], numbers, strict=True)
            ]
    assert {
        (row["currency"], row["reporting_category"]): [
            Decimal(row[name]) for name in ("count", "gross", "fee", "net")
        ]
        for row in summary
    } == sums


@examples
@given(lake)
def test_start_activity_and_payouts_make_the_end_of_every_currency_with_history(files: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        records = relation(files, Path(folder))
        rows = run("balance.summary.1", records)
        activity = run("balance_change_from_activity.summary.1", records)
    by_currency: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for row in rows:
        by_currency[row["currency"]][row["category"]] = Decimal(row["net_amount"])
    history = {r["currency"] for r in latest(files) if (r["created"] - EPOCH).total_seconds() < END}
    assert set(by_currency) == history
    totals = {
        row["currency"]: Decimal(row["net"]) for row in activity if row["reporting_category"] == "total"
    }
    for currency, lines in by_currency.items():
        assert list(lines) == ["starting_balance", "activity", "payouts", "ending_balance"]
        moved = lines["activity"] + lines["payouts"]
        assert lines["starting_balance"] + moved == lines["ending_balance"]
        assert lines["activity"] == totals.get(currency, Decimal(0))


@examples
@given(lake, st.sampled_from(["America/New_York", "Asia/Kolkata", "Pacific/Kiritimati", "US/Pacific-New"]))
def test_a_time_zone_moves_created_and_nothing_else(files: Any, timezone: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        records = relation(files, Path(folder))
        utc = run(ITEMIZED, records, columns=COLUMNS)
        local = run(ITEMIZED, records, columns=COLUMNS, timezone=timezone)
    name = "America/Los_Angeles" if timezone == "US/Pacific-New" else timezone
    assert [row | {"created": ""} for row in local] == [row | {"created": ""} for row in utc]
    for row in local:
        [(expected,)] = duckdb.sql(
            f"select (timestamp '{row['created_utc']}' at time zone 'UTC' at time zone '{name}')::varchar"
        ).fetchall()
        assert row["created"] == expected


@pytest.mark.parametrize("timezone", ["America/New_York", "Asia/Kolkata"])
def test_consecutive_intervals_have_together_the_rows_of_the_whole(timezone: str, tmp_path: Path) -> None:
    rows = [
        {
            "id": f"txn_{n:03}",
            "created": EPOCH + timedelta(seconds=START + n * 3600),
            "currency": "usd",
            "gross": n,
            "fee": 0,
            "reporting_category": "charge",
        }
        for n in range(168)
    ]
    records = relation((rows, []), tmp_path)
    middle = START + 100 * 3600
    first = run(ITEMIZED, records, columns=COLUMNS, timezone=timezone, interval_end=middle)
    second = run(ITEMIZED, records, columns=COLUMNS, timezone=timezone, interval_start=middle)
    assert first + second == run(ITEMIZED, records, columns=COLUMNS, timezone=timezone)
    assert (len(first), len(second)) == (100, 68)

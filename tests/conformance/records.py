"""The customer's records: a balance of January 2026 in live mode, one charge in test mode."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from local.place import Organisation

START = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
END = int(datetime(2026, 2, 1, tzinfo=UTC).timestamp())
DAY = 24 * 60 * 60  # the available data begins a day before the first record's month
INTERVAL = {"interval_start": START, "interval_end": END}
# The live balance: id, hours after START, gross, fee (minor units), currency, category.
LIVE = [
    ("txn_1", 0, 1_000, 30, "usd", "charge"),
    ("txn_2", 9 * 24, 2_550, 104, "usd", "charge"),
    ("txn_3", 9 * 24 + 5, 5_000, 175, "eur", "charge"),
    ("txn_4", 20 * 24, -1_000, 0, "usd", "refund"),
    ("txn_5", 25 * 24, -1_500, 25, "usd", "payout"),
    ("txn_6", 31 * 24 - 1, 880, 0, "jpy", "charge"),
    # After the interval: it is in no report of it.
    ("txn_7", 31 * 24, 700, 10, "usd", "charge"),
]
# Before it: what the balance begins with.
EARLIER = ("txn_0", -3, 4_000, 0, "usd", "charge")


def send_balance(base_url: str, organisation: Organisation) -> None:
    """Send both balances, as a customer's loader does."""
    _send(base_url, organisation.live_key, [_record(*line) for line in (EARLIER, *LIVE)])
    _send(base_url, organisation.test_key, [_record("txn_t", 0, 77, 30, "usd", "charge")])


def _record(record_id: str, hours: int, gross: int, fee: int, currency: str, category: str) -> dict[str, Any]:
    return {
        "id": record_id,
        "created": START + hours * 3600,
        "available_on": START + hours * 3600 + 2 * DAY,
        "currency": currency,
        "gross": gross,
        "fee": fee,
        "net": gross - fee,
        "reporting_category": category,
        "payment_metadata": {"order": f"o-{record_id}"},
    }


def _send(base_url: str, key: str, records: list[dict[str, Any]]) -> None:
    answer = httpx.post(
        f"{base_url}/v1/datasets/balance_transactions/records", json=records, auth=(key, ""), timeout=60
    )
    assert answer.status_code == 200, answer.text

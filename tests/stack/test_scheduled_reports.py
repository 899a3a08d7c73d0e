"""A report config on the stack, from its creation over HTTP to the mail that arrives, and the link in it."""

from __future__ import annotations

import email
import email.policy
import re
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
import pytest

from local.deployment import physical_ids
from local.sample_receivables import receivables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local.place import Organisation, Place

Found = TypeVar("Found")

pytestmark = pytest.mark.stack

INVOICES = [
    {"id": "in_1", "number": "A-1", "customer_id": "cus_1", "currency": "eur", "total_amount": 12_345,
     "issue_date": "2026-01-01", "due_date": "2026-01-31"},
    {"id": "in_2", "number": "A-2", "customer_id": "cus_1", "currency": "jpy", "total_amount": 900,
     "issue_date": "2026-01-01", "due_date": "2036-01-31"},
]  # fmt: skip


@pytest.fixture
def api(organisation: Organisation, place: Place) -> Iterator[httpx.Client]:
    """The API with a test key of an organisation in Vienna that has two open invoices."""
    headers = {"Authorization": f"Bearer {organisation.test_key}"}
    with httpx.Client(base_url=place.base_url, headers=headers, timeout=60) as client:
        customers = [{"id": "cus_1", "name": "Northwind <b>& Sons</b>"}]
        for dataset, records in (("customers", customers), ("invoices", INVOICES)):
            answer = client.post(f"/v1/datasets/{dataset}/records", json=records)
            assert answer.status_code == 200, answer.text
        yield client


def config(api: httpx.Client, **changes: Any) -> dict[str, Any]:
    """Create a config as the contract's page does it."""
    body = {"report_type": "ar_aging_report", "frequency": "daily", "recipient_emails": [unique("cfo")]}
    answer = api.post("/v2/report-configs", json=body | changes)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def unique(name: str) -> str:
    return f"{name}-{time.monotonic_ns()}@example.com"


def inbox(place: Place, address: str) -> list[email.message.EmailMessage]:
    """Return the mails that SES has taken for an address."""
    answer = httpx.get(f"{place.aws_endpoint_url}/_ministack/ses/messages", timeout=30)
    raw = [found.get("RawMessage") or found.get("RawData") or "" for found in answer.json()["messages"]]
    mails = [email.message_from_string(text, policy=email.policy.default) for text in raw if text]
    return [mail for mail in mails if mail["To"] == address]  # type: ignore[misc]


def eventually(look: Callable[[], Found], seconds: float = 60) -> Found:
    end = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < end:
        time.sleep(0.3)
    return found

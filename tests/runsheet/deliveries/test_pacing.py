"""Mails leave no faster than SES allows the account, whichever workers send them, and evenly."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.exceptions import ClientError

from runsheet.deliveries import pacing
from runsheet.rate_limits import table
from runsheet.rate_limits.model import Limit
from runsheet.runtime import clients, clock
from runsheet.runtime.settings import settings
from tests.lake import one_call_at_a_time

pytestmark = pytest.mark.usefixtures("tables")
NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The present, which a test may move; ten mails a second."""
    monkeypatch.setenv("MAILS_PER_SECOND", "10")
    settings.cache_clear()
    now = [NOW]
    monkeypatch.setattr(clock, "now", lambda: now[0])
    return now


def waits(number: int) -> list[float]:
    waited: list[float] = []
    for _ in range(number):
        pacing.wait(waited.append)
    return waited


def test_a_mail_alone_waits_for_nothing_and_the_next_for_its_turn(time: list[datetime]) -> None:
    assert waits(4) == pytest.approx([0, 0.1, 0.2, 0.3])
    time[0] += timedelta(seconds=0.35)
    assert waits(2) == pytest.approx([0.05, 0.15])
    time[0] += timedelta(seconds=5)
    assert waits(2) == pytest.approx([0, 0.1])


def test_many_workers_together_send_no_more_than_the_rate(
    time: list[datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    one_call_at_a_time(monkeypatch)
    with ThreadPoolExecutor(8) as pool:
        leave = [wait for waited in pool.map(waits, [10] * 8) for wait in waited]
    assert len(leave) == 80
    assert max(Counter(int(wait + 1e-9) for wait in leave).values()) == 10
    assert time == [NOW]


def test_a_worker_that_would_wait_too_long_gives_its_mail_back(time: list[datetime]) -> None:
    assert max(waits(200)) < 20
    with pytest.raises(pacing.TimetableFull):
        waits(1)
    time[0] += timedelta(seconds=1)
    assert len(waits(10)) == 10


def test_a_fault_of_the_table_keeps_no_mail_back(
    time: list[datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    def throttled(**_: object) -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, "UpdateItem")

    monkeypatch.setattr(clients.dynamodb_in_passing(), "update_item", throttled)
    with pytest.raises(ClientError):
        table.take("x", Limit(1, 1), now=1, busy=False)
    assert waits(3) == []
    assert time == [NOW]


def test_without_a_rate_nothing_is_counted(time: list[datetime], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILS_PER_SECOND", "0")
    settings.cache_clear()
    assert waits(1) == []
    assert boto3.client("dynamodb").scan(TableName=settings().rate_limits_table)["Count"] == 0
    assert time == [NOW]

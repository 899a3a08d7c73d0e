"""Reading many items at once, from moto; DynamoDB's habit of leaving some unread is put on top."""

from __future__ import annotations

import time
from typing import Any

import boto3
import pytest

from runsheet.errors import Unavailable
from runsheet.runtime import clients
from runsheet.runtime.reading import batch_get

TABLE = "OrganisationsTable"

pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture
def keys() -> list[dict[str, Any]]:
    """The keys of 230 items, and of one that is not there."""
    table = boto3.resource("dynamodb").Table(TABLE)
    with table.batch_writer() as batch:
        for number in range(230):
            batch.put_item(Item={"id": f"org_{number}", "number": number})
    return [{"id": {"S": f"org_{number}"}} for number in range(231)]


def leaving_unread(monkeypatch: pytest.MonkeyPatch, *, at_most: int) -> list[int]:
    """Have DynamoDB answer with so few items a call; returns how many it is asked for, call by call."""
    asked: list[int] = []

    def cut(parsed: dict[str, Any], **_: Any) -> None:
        items = parsed["Responses"][TABLE]
        rest = [{"id": item["id"]} for item in items[at_most:]]
        parsed["Responses"][TABLE] = items[:at_most]
        parsed["UnprocessedKeys"] = {TABLE: {"Keys": rest, "ConsistentRead": True}} if rest else {}

    def note(params: dict[str, Any], **_: Any) -> None:
        asked.append(params["body"].count(b'"S"'))

    events = clients.dynamodb().meta.events
    events.register("after-call.dynamodb.BatchGetItem", cut)
    events.register("before-call.dynamodb.BatchGetItem", note)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    return asked


def test_a_call_reads_a_hundred(keys: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    asked = leaving_unread(monkeypatch, at_most=100)
    assert sorted(item["number"] for item in batch_get(TABLE, keys)) == list(range(230))
    assert asked == [100, 100, 31]
    assert list(batch_get(TABLE, [])) == []


def test_what_was_left_unread_is_read_again(
    keys: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = leaving_unread(monkeypatch, at_most=30)
    assert sorted(item["number"] for item in batch_get(TABLE, keys[:100])) == list(range(100))
    assert asked == [100, 70, 40, 10]


def test_what_stays_unread_is_not_taken_for_missing(
    keys: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    leaving_unread(monkeypatch, at_most=5)
    with pytest.raises(Unavailable):
        list(batch_get(TABLE, keys[:100]))

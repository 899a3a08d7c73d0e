"""Events as they are listed and retrieved: by type, time and delivery, in either direction, for 30 days."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from runsheet import ids
from runsheet.errors import InvalidRequest, NotFound
from runsheet.events import service, table
from runsheet.events.model import KEPT_SECONDS, RUN_FAILED, RUN_SUCCEEDED, TYPE_UPDATED, Event, EventsQuery
from runsheet.runtime import clock
from runsheet.runtime.dialects import v1
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant

if TYPE_CHECKING:
    from collections.abc import Callable

TENANT = Tenant("org_a", "test")
NOW = 1_795_000_000

pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Set the clock, in unix seconds; it stands at NOW."""

    def at(seconds: int) -> None:
        monkeypatch.setattr(clock, "now", lambda: datetime.fromtimestamp(seconds, UTC))

    at(NOW)
    return at


def put(kind: str = RUN_SUCCEEDED, *, age: int = 0, tenant: Tenant = TENANT, **changes: Any) -> str:
    """Store an event of `age` seconds ago and return its id."""
    created = NOW - age
    event_id = ids.new_id("evt", clock.at(created))
    event = Event(tenant, event_id, kind, created, {"id": "frr_1", "error": None}, **changes)
    assert table.put([(event, [])]) == [event]
    return event_id


def listed(text: str = "", tenant: Tenant = TENANT) -> list[str]:
    return [event.id for event in service.listed(tenant, v1.query(EventsQuery, text)).data]


def test_an_event_is_shown_as_the_contract_has_it() -> None:
    event_id = put(awaited=frozenset({"we_1", "we_2"}))
    page = service.listed(TENANT, EventsQuery())
    assert page.model_dump() == {
        "object": "list",
        "url": "/v1/events",
        "has_more": False,
        "data": [
            {
                "id": event_id,
                "object": "event",
                "api_version": "2026-10-28.endive",
                "created": NOW,
                "data": {"object": {"id": "frr_1", "error": None}},
                "livemode": False,
                "pending_webhooks": 2,
                "request": {"id": None, "idempotency_key": None},
                "type": "reporting.report_run.succeeded",
            }
        ],
    }


def test_events_are_listed_from_the_newest_on_in_both_directions() -> None:
    newest, second, third, oldest = (put(age=age) for age in (1, 2, 3, 4))
    assert listed() == [newest, second, third, oldest]
    page = service.listed(TENANT, v1.query(EventsQuery, "limit=2"))
    assert ([event.id for event in page.data], page.has_more) == ([newest, second], True)
    page = service.listed(TENANT, v1.query(EventsQuery, f"limit=2&starting_after={second}"))
    assert ([event.id for event in page.data], page.has_more) == ([third, oldest], False)
    page = service.listed(TENANT, v1.query(EventsQuery, f"limit=2&ending_before={oldest}"))
    assert ([event.id for event in page.data], page.has_more) == ([second, third], True)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("type=reporting.report_run.failed", ["failed"]),
        ("type=reporting.report_run.*", ["failed", "succeeded"]),
        ("type=reporting.*", ["updated", "failed", "succeeded"]),
        ("type=*", ["updated", "failed", "succeeded"]),
        ("type=*.failed", ["failed"]),
        ("type=reporting.report_run.faile%3F", []),
        ("type=reporting.report_run.[f]ailed", []),
        ("type=reporting", []),
        ("type=charge.succeeded", []),
        (f"types[]={RUN_SUCCEEDED}&types[]={TYPE_UPDATED}&types[]={TYPE_UPDATED}", ["updated", "succeeded"]),
        (f"types[0]={RUN_SUCCEEDED}&types[1]=charge.succeeded", ["succeeded"]),
        ("types[]=reporting.*", []),
        (f"types[]={RUN_FAILED}&created[gte]={NOW - 1}", []),
        (f"types[]={RUN_FAILED}&created={NOW - 2}", ["failed"]),
    ],
)
def test_events_are_filtered_by_type(query: str, expected: list[str]) -> None:
    made = {
        put(RUN_SUCCEEDED, age=3): "succeeded",
        put(RUN_FAILED, age=2): "failed",
        put(TYPE_UPDATED, age=1): "updated",
    }
    assert [made[event_id] for event_id in listed(query)] == expected


def test_a_filtered_list_is_paged_across_types() -> None:
    made = [put(kind, age=age) for age, kind in enumerate([RUN_FAILED, TYPE_UPDATED, RUN_SUCCEEDED] * 4)]
    wanted = [event_id for position, event_id in enumerate(made) if position % 3 != 1]
    seen: list[str] = []
    after = ""
    while True:
        page = service.listed(TENANT, v1.query(EventsQuery, f"type=reporting.report_run.*&limit=3{after}"))
        seen += [event.id for event in page.data]
        if not page.has_more:
            break
        after = f"&starting_after={seen[-1]}"
    assert seen == wanted


def test_events_are_filtered_by_delivery() -> None:
    accepted = [put(age=age) for age in range(3)]
    awaited = [put(age=age, awaited=frozenset({"we_1"})) for age in range(10, 13)]
    assert listed("delivery_success=true") == accepted
    assert listed("delivery_success=false") == awaited
    assert (
        listed(f"delivery_success=false&type=reporting.*.succeeded&limit=2&starting_after={awaited[0]}")
        == (awaited[1:])
    )
    table.note_accepted(TENANT, awaited[0], "we_1")
    table.note_accepted(TENANT, awaited[0], "we_1")
    assert listed("delivery_success=false") == awaited[1:]


def test_an_endpoint_that_accepts_an_event_that_is_gone_does_not_bring_it_back() -> None:
    table.note_accepted(TENANT, "evt_0000000000", "we_1")
    assert listed() == []


def test_an_event_is_hidden_as_soon_as_its_30_days_are_over(now: Callable[[int], None]) -> None:
    event_id = put()
    now(NOW + KEPT_SECONDS - 1)
    assert listed() == [event_id]
    assert service.retrieve(TENANT, event_id).id == event_id
    now(NOW + KEPT_SECONDS)
    assert listed() == listed("type=reporting.*.succeeded") == listed(f"created[gte]={NOW - 9}") == []
    with pytest.raises(NotFound, match=f"No such event: '{event_id}'"):
        service.retrieve(TENANT, event_id)


def test_events_of_others_are_not_found() -> None:
    event_id = put()
    for other in (Tenant("org_a", "live"), Tenant("org_b", "test")):
        assert listed(tenant=other) == listed("type=reporting.report_run.*", tenant=other) == []
        with pytest.raises(NotFound):
            service.retrieve(other, event_id)
        with pytest.raises(InvalidRequest, match="No such event") as refused:
            listed(f"starting_after={event_id}", tenant=other)
        assert (refused.value.param, refused.value.code) == ("starting_after", "resource_missing")


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("type=a&types[]=b", "types"),
        ("starting_after=evt_1&ending_before=evt_2", "ending_before"),
        ("types=a", "types"),
        ("type[]=a", "type"),
        ("types[]=", "types[0]"),
        ("&".join(["types[]=a"] * 21), "types"),
        ("delivery_success=yes", "delivery_success"),
        ("delivery_success[]=true", "delivery_success"),
        ("delivery_success=", "delivery_success"),
        ("limit=0", "limit"),
        ("created[from]=1", "created[from]"),
        ("colour=red", "colour"),
    ],
)
def test_a_wrong_query_is_refused_by_its_field(query: str, param: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        listed(query)
    assert refused.value.param == param


def test_an_event_is_stored_once() -> None:
    event = Event(TENANT, "evt_00000000a", RUN_FAILED, NOW, {})
    assert table.put([(event, [])]) == [event]
    assert table.put([(event, [])]) == []


@pytest.mark.parametrize("there", [[], [0], [3, 4, 119], list(range(50, 60)), list(range(120))])
def test_of_many_events_those_that_are_there_already_are_left_with_what_goes_with_them(
    there: list[int],
) -> None:
    """As after a worker that died between two writes, or one that another overtook."""
    events = [Event(TENANT, f"evt_0000{number:04}", RUN_FAILED, NOW, {"n": number}) for number in range(120)]

    def with_another(event: Event, number: int) -> tuple[Event, list[Any]]:
        beside = {"tenant": {"S": "beside"}, "id": {"S": f"{number:04}"}}
        return event, [{"Put": {"TableName": settings().events_table, "Item": beside}}]

    before = [events[number] for number in there]
    assert table.put([(event, []) for event in before]) == before
    fresh = [event for event in events if event not in before]
    assert table.put([with_another(event, number) for number, event in enumerate(events)]) == fresh
    for event in events:
        assert table.get(TENANT, event.id) == event
    answer = boto3.client("dynamodb").query(
        TableName=settings().events_table,
        KeyConditionExpression="tenant = :beside",
        ExpressionAttributeValues={":beside": {"S": "beside"}},
    )
    assert [int(item["id"]["S"]) for item in answer["Items"]] == [
        number for number in range(120) if number not in there
    ]

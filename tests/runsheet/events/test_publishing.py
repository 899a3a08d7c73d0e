"""Events on the bus, as a rule hands them to a queue and the contract's own SDK unwraps them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import stripe

from runsheet.events import announcing
from runsheet.events.announcing import NotPublished
from runsheet.events.model import RUN_FAILED, Event
from runsheet.runtime import clients
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant
from tests.gateway import Context
from tests.mails import NOW, TENANT, put_file, put_run, sample_config, sample_sending
from workers.announce import handler

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("tables", "queues", "buckets", "bus")
EVENT = Event(
    Tenant("org_a", "live"), "evt_1", RUN_FAILED, NOW, {"id": "frr_1", "object": "o", "error": "größer"}
)


@pytest.fixture
def arrived() -> Callable[[], list[Any]]:
    """Give the envelopes that a rule for failed and succeeded runs has sent to a queue."""
    events, sqs = boto3.client("events"), boto3.client("sqs")
    url = sqs.create_queue(QueueName="target")["QueueUrl"]
    pattern = {"source": ["runsheet"], "detail-type": [{"prefix": "reporting.report_run."}]}
    bus = settings().event_bus
    events.put_rule(Name="runs", EventBusName=bus, EventPattern=json.dumps(pattern), State="ENABLED")
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_targets(Rule="runs", EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])

    def take() -> list[Any]:
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in messages]

    return take


def test_the_envelope_tells_what_it_is_and_whose(arrived: Callable[[], list[Any]]) -> None:
    announcing.publish([EVENT])
    (envelope,) = arrived()
    assert (envelope["source"], envelope["detail-type"]) == ("runsheet", "reporting.report_run.failed")
    assert envelope["resources"] == ["org_a"]
    assert envelope["time"] == "2026-11-18T11:06:40Z"
    event = stripe.Webhook.construct_event_without_verification(json.dumps(envelope))
    assert (event.id, event.type, event.livemode, event.created) == ("evt_1", RUN_FAILED, True, NOW)
    assert event.data.object["error"] == "größer"


def test_many_events_go_in_calls_of_ten_and_of_no_more_than_the_bus_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[list[str]] = []

    def put_events(Entries: list[Any]) -> dict[str, Any]:  # noqa: N803 - as botocore names it
        calls.append([json.loads(entry["Detail"])["id"] for entry in Entries])
        return {"FailedEntryCount": 0}

    monkeypatch.setattr(clients.events(), "put_events", put_events)
    small = [replace(EVENT, id=f"evt_{number:02}") for number in range(12)]
    large = [
        replace(EVENT, id=f"evt_l{number}", object=EVENT.object | {"x": "x" * 100_000}) for number in range(3)
    ]
    announcing.publish([*small, *large])
    assert calls == [
        [event.id for event in small[:10]],
        [event.id for event in [*small[10:], *large[:2]]],
        ["evt_l2"],
    ]


def test_a_run_that_ended_is_put_on_the_bus_by_the_worker(arrived: Callable[[], list[Any]]) -> None:
    run = put_run(sample_sending(sample_config()), file=put_file(b"a\n1\n"))
    keys = {"tenant": {"S": TENANT.partition}, "id": {"S": run.id}}
    record = {"eventID": "1", "eventName": "MODIFY", "dynamodb": {"Keys": keys, "SequenceNumber": "1"}}
    for _ in range(2):
        assert handler({"Records": [record]}, Context()) == {"batchItemFailures": []}
    first, second = arrived()
    assert first["detail"]["id"] == second["detail"]["id"] == announcing.of_run(run).id
    event = stripe.Webhook.construct_event_without_verification(json.dumps(first))
    assert isinstance(event.data.object, stripe.reporting.ReportRun)
    assert isinstance(event.data.object.result, stripe.File)


def test_what_the_bus_does_not_take_is_shown_again(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]}
    monkeypatch.setattr(clients.events(), "put_events", lambda **_: refused)
    with pytest.raises(NotPublished, match="InternalFailure"):
        announcing.publish([EVENT])
    run = put_run(sample_sending(sample_config()), file=put_file(b"a\n1\n"))
    keys = {"tenant": {"S": TENANT.partition}, "id": {"S": run.id}}
    record = {"eventID": "1", "eventName": "MODIFY", "dynamodb": {"Keys": keys, "SequenceNumber": "7"}}
    assert handler({"Records": [record]}, Context()) == {"batchItemFailures": [{"itemIdentifier": "7"}]}


def test_an_event_that_is_too_large_for_the_bus_names_its_object_alone(
    arrived: Callable[[], list[Any]],
) -> None:
    columns = [f"payment_metadata[{'ü' * 120}{number}]" for number in range(500)]
    large = Event(
        EVENT.tenant, "evt_2", RUN_FAILED, NOW, EVENT.object | {"parameters": {"columns": columns * 2}}
    )
    announcing.publish([large])
    (envelope,) = arrived()
    assert envelope["detail"]["data"] == {"object": {"id": "frr_1", "object": "o"}}
    assert (envelope["detail"]["id"], envelope["detail"]["type"]) == ("evt_2", RUN_FAILED)
    nearly = Event(
        EVENT.tenant, "evt_3", RUN_FAILED, NOW, EVENT.object | {"parameters": {"columns": columns[:400]}}
    )
    announcing.publish([nearly])
    assert len(arrived()[0]["detail"]["data"]["object"]["parameters"]["columns"]) == 400


def test_many_events_are_put_on_the_bus_in_calls_of_what_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[list[Any]] = []

    def put(**request: Any) -> dict[str, Any]:
        calls.append(request["Entries"])
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "x"} for _ in request["Entries"]]}

    monkeypatch.setattr(clients.events(), "put_events", put)
    sizes = [10] * 23 + [100_000, 100_000, 100_000, 240_000, 10, 240_000]
    announcing.publish(
        [
            Event(EVENT.tenant, f"evt_{number}", RUN_FAILED, NOW, EVENT.object | {"text": "x" * size})
            for number, size in enumerate(sizes)
        ]
    )
    told = [json.loads(entry["Detail"])["id"] for entries in calls for entry in entries]
    assert told == [f"evt_{number}" for number in range(len(sizes))]
    assert [len(entries) for entries in calls] == [10, 10, 5, 1, 2, 1]
    assert all(sum(len(entry["Detail"]) for entry in entries) <= 250_000 for entries in calls)


def test_one_event_that_the_bus_does_not_take_is_enough_to_be_shown_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refused = {"FailedEntryCount": 1, "Entries": [{"EventId": "x"}, {"ErrorCode": "ThrottlingException"}]}
    monkeypatch.setattr(clients.events(), "put_events", lambda **_: refused)
    with pytest.raises(NotPublished, match="ThrottlingException"):
        announcing.publish([EVENT, EVENT])

"""Delivering events to real receivers: signed, tried again for three days, on record, and to nobody who should not."""

from __future__ import annotations

import itertools
from collections import Counter
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import stripe
from botocore.client import BaseClient
from pydantic import ValidationError

from runsheet import leases
from runsheet.events.model import KEPT_SECONDS, RUN_FAILED, TYPE_UPDATED
from runsheet.runtime import clients, clock, messages
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant
from runsheet.webhook_deliveries import calling, execution, queueing, reading, table
from runsheet.webhook_deliveries.model import MAX_ATTEMPTS_KEPT, RETRY_OFFSETS, DeliveryDue
from runsheet.webhook_endpoints import service as webhook_endpoints
from runsheet.webhook_endpoints.objects import NewWebhookEndpoint, SecretRotation, WebhookEndpointChanges
from tests.receiver import receiver
from tests.runsheet.webhook_deliveries.conftest import NOW, minute, received, work

if TYPE_CHECKING:
    from runsheet.webhook_endpoints.objects import NewWebhookEndpointObject
    from tests.receiver import Receiver
    from tests.runsheet.webhook_deliveries.conftest import Acme, Clock

DAYS = 24 * 60 * 60


def change(acme: Acme, endpoint: NewWebhookEndpointObject, **changes: Any) -> None:
    webhook_endpoints.update(acme.tenant, endpoint.id, WebhookEndpointChanges(**changes))


def verified(request: Any, secret: str) -> Any:
    """The event as the SDK gives it to a customer's code, whatever the time is."""
    return stripe.Webhook.construct_event(
        request.body, request.headers["stripe-signature"], secret, tolerance=0
    )


def due(shards: tuple[str, ...] = leases.SHARDS, *, now: int) -> list[str]:
    return [delivery for shard in shards for _, _, delivery in table.needing_attention(shard, now=now)]


# ---------------------------------------------------------------- one delivery


def test_an_event_arrives_signed_at_once(acme: Acme, running: Receiver) -> None:
    endpoint = acme.endpoint(running.url)
    event = acme.happens(id="frr_1", status="succeeded", parameters={"a": 1.5, "ü": None})
    assert work() == 1
    (request,) = running.requests
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    assert request.headers["user-agent"].startswith("Runsheet/")
    told = verified(request, endpoint.secret)
    assert (told.id, told.type, told.created, told.livemode) == (event.id, event.type, NOW, False)
    assert told.api_version == "2026-10-28.endive"
    assert told.pending_webhooks == 1
    assert request.event["data"]["object"] == {
        "id": "frr_1",
        "status": "succeeded",
        "parameters": {"a": 1.5, "ü": None},
    }
    delivery = acme.delivery(endpoint)
    assert (delivery.status, delivery.delivered_at, delivery.next_attempt_at) == ("delivered", NOW, None)
    (attempt,) = delivery.attempts
    assert (attempt.at, attempt.status_code, attempt.error) == (NOW, 200, None)
    assert acme.stored(event).awaited == frozenset()
    assert due(now=NOW + 30 * DAYS) == []


def test_an_event_goes_to_each_endpoint_that_wants_it_and_to_no_other(acme: Acme) -> None:
    with (
        receiver() as first,
        receiver() as second,
        receiver() as third,
        receiver() as off,
        receiver() as foreign,
    ):
        acme.endpoint(first.url)
        acme.endpoint(second.url, TYPE_UPDATED, "reporting.report_run.failed")
        acme.endpoint(third.url, "reporting.report_run.succeeded")
        change(acme, acme.endpoint(off.url), disabled=True)
        for tenant in (Tenant(acme.tenant.organisation_id, "live"), Tenant("org_other", "test")):
            type(acme)(tenant).endpoint(foreign.url, "*", TYPE_UPDATED)
        succeeded, failed, updated = acme.happens(), acme.happens(RUN_FAILED), acme.happens(TYPE_UPDATED)
        work()
    assert sorted(first.events) == sorted([succeeded.id, failed.id])
    assert sorted(second.events) == sorted([failed.id, updated.id])
    assert third.events == [succeeded.id]
    assert off.requests == foreign.requests == []
    secrets = {request.headers["stripe-signature"] for request in first.requests + second.requests}
    assert len(secrets) == 4


def test_an_event_names_the_version_that_its_endpoint_asked_for(acme: Acme, running: Receiver) -> None:
    new = NewWebhookEndpoint(url=running.url, enabled_events=["*"], api_version="2024-06-20")
    webhook_endpoints.create(acme.tenant, new)
    acme.happens()
    work()
    assert running.requests[0].event["api_version"] == "2024-06-20"


def test_a_message_that_comes_again_sends_nothing_again(acme: Acme, running: Receiver) -> None:
    acme.endpoint(running.url)
    acme.happens()
    (message,) = received()
    for _ in range(3):
        execution.send(message)
    assert len(running.requests) == 1


def test_a_message_that_comes_before_the_next_try_is_due_sends_nothing(
    acme: Acme, running: Receiver, time: Clock
) -> None:
    running.answers = [500]
    acme.endpoint(running.url)
    acme.happens()
    (message,) = received()
    for _ in range(3):
        execution.send(message)
    time.pass_(50)
    execution.send(message)
    assert len(running.requests) == 1
    time.pass_(30)
    execution.send(message)
    assert len(running.requests) == 2


def test_a_delivery_that_another_worker_holds_is_left_to_it(
    acme: Acme, running: Receiver, time: Clock
) -> None:
    acme.endpoint(running.url)
    acme.happens()
    (message,) = received()
    assert table.take(message, "lease_other", now=NOW) is not None
    execution.send(message)
    assert running.requests == []
    time.pass_(leases.LEASE_SECONDS)
    execution.send(message)
    assert len(running.requests) == 1


def test_a_worker_that_lost_its_lease_changes_nothing(
    acme: Acme, running: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = acme.endpoint(running.url)
    running.answers = [500]
    acme.happens()
    (message,) = received()
    really = calling.post

    def slow(*arguments: Any) -> Any:
        monkeypatch.setattr(calling, "post", really)
        running.answers = [200]
        table.release(acme.delivery(endpoint), _lease_of(acme, endpoint), now=NOW)
        execution.send(message)
        running.answers = [500]
        return really(*arguments)

    monkeypatch.setattr(calling, "post", slow)
    execution.send(message)
    delivery = acme.delivery(endpoint)
    assert (delivery.status, len(delivery.attempts)) == ("delivered", 1)


def _lease_of(acme: Acme, endpoint: NewWebhookEndpointObject) -> str:
    key = {"tenant": {"S": acme.tenant.partition}, "id": {"S": f"{endpoint.id}#{acme.delivery(endpoint).id}"}}
    item = boto3.client("dynamodb").get_item(TableName=settings().webhook_deliveries_table, Key=key)["Item"]
    return item["lease"]["S"]


def test_a_message_of_ours_that_is_none_is_refused() -> None:
    with pytest.raises(ValidationError):
        DeliveryDue.model_validate_json('{"organisation_id":"org_a"}')


def test_messages_tell_sqs_whose_they_are(acme: Acme, running: Receiver) -> None:
    acme.endpoint(running.url)
    acme.happens()
    (message,) = boto3.client("sqs").receive_message(
        QueueUrl=settings().webhooks_queue_url, AttributeNames=["All"]
    )["Messages"]
    assert message["Attributes"]["MessageGroupId"] == acme.tenant.organisation_id
    assert running.url not in message["Body"]


# ---------------------------------------------------------------- retries


def test_a_failed_delivery_is_tried_again_with_growing_delay_for_three_days_and_then_its_endpoint_is_disabled(
    acme: Acme, running: Receiver, time: Clock
) -> None:
    endpoint = acme.endpoint(running.url)
    running.answers = [503]
    event = acme.happens()
    work()
    tried_at = [0]
    while acme.delivery(endpoint).status == "pending":
        planned = acme.delivery(endpoint).next_attempt_at
        assert planned is not None
        time.now = planned - 6
        queueing.sweep()
        assert work() == 0
        time.now = planned
        queueing.sweep()
        assert work() == 1
        tried_at.append(time.now - NOW)
    delays = [later - earlier for earlier, later in itertools.pairwise(tried_at)]
    assert len(running.requests) == len(tried_at) == len(RETRY_OFFSETS) + 1
    assert delays[0] < 90
    assert all(later > 0.75 * earlier for earlier, later in itertools.pairwise(delays))
    assert 3 * DAYS <= tried_at[-1] <= 3 * DAYS + 600
    assert set(running.events) == {event.id}
    delivery = acme.delivery(endpoint)
    assert (delivery.status, delivery.next_attempt_at, delivery.delivered_at) == ("failed", None, None)
    assert [attempt.at - NOW for attempt in delivery.attempts] == tried_at
    assert {(a.status_code, a.error) for a in delivery.attempts} == {(503, "It answered 503.")}
    disabled = webhook_endpoints.retrieve(acme.tenant, endpoint.id)
    assert (disabled.status, disabled.disabled_reason) == (
        "disabled",
        "It accepted no event for three days. The last attempt: It answered 503.",
    )
    assert acme.stored(event).awaited == {endpoint.id}
    assert due(now=NOW + 30 * DAYS) == []


def busy(retry_after: str) -> Any:
    """Return an answer of a receiver that wants to be left alone for a time."""

    def answer(handler: Any) -> None:
        handler.send_response(429)
        handler.send_header("Retry-After", retry_after)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


@pytest.mark.parametrize(
    ("retry_after", "earliest", "latest"),
    [
        ("5", 60, 70),  # never before our own time for it
        ("3600", 3600, 3600),
        (format_datetime(clock.at(NOW + 7200), usegmt=True), 7200, 7200),
        ("600000", 86_400, 86_400),
        ("soon", 60, 70),
    ],
)
def test_a_busy_receiver_is_left_alone_for_as_long_as_it_asked(
    acme: Acme, running: Receiver, time: Clock, retry_after: str, earliest: int, latest: int
) -> None:
    endpoint = acme.endpoint(running.url)
    running.answers = [busy(retry_after), 200]
    acme.happens()
    work()
    planned = acme.delivery(endpoint).next_attempt_at
    assert planned is not None
    assert earliest <= planned - NOW <= latest
    time.now = planned - 6
    queueing.sweep()
    assert work() == 0
    time.now = planned
    queueing.sweep()
    assert work() == 1
    assert acme.delivery(endpoint).status == "delivered"


def test_a_receiver_that_is_always_busy_is_tried_to_the_end_of_the_three_days_and_not_beyond(
    acme: Acme, running: Receiver, time: Clock
) -> None:
    endpoint = acme.endpoint(running.url)
    running.answers = [busy("80000")]
    acme.happens()
    work()
    tried_at = [0]
    while acme.delivery(endpoint).status == "pending":
        planned = acme.delivery(endpoint).next_attempt_at
        assert planned is not None
        time.now = planned
        queueing.sweep()
        assert work() == 1
        tried_at.append(time.now - NOW)
    assert tried_at[:-1] == [0, 80_000, 160_000, 240_000]
    assert 3 * DAYS <= tried_at[-1] <= 3 * DAYS + 600
    assert acme.delivery(endpoint).status == "failed"


def test_each_try_is_signed_afresh(acme: Acme, running: Receiver, time: Clock) -> None:
    endpoint = acme.endpoint(running.url)
    running.answers = [500, 200]
    acme.happens()
    work()
    for _ in range(3):
        minute(time)
    first, second = running.requests
    signed_at = [int(r.headers["stripe-signature"].split(",")[0].removeprefix("t=")) for r in (first, second)]
    assert signed_at[0] == NOW
    assert signed_at[1] >= NOW + 60
    assert verified(second, endpoint.secret).id == verified(first, endpoint.secret).id
    assert acme.delivery(endpoint).status == "delivered"
    assert [attempt.status_code for attempt in acme.delivery(endpoint).attempts] == [500, 200]


def test_a_retry_is_signed_with_the_secret_of_then_and_the_previous_one(
    acme: Acme, running: Receiver, time: Clock
) -> None:
    endpoint = acme.endpoint(running.url)
    running.answers = [500]
    acme.happens()
    work()
    rotated = webhook_endpoints.rotate_secret(
        acme.tenant, endpoint.id, SecretRotation(previous_secret_expires_at=NOW + 150)
    )
    for _ in range(8):
        minute(time)
    first, second, third = running.requests[:3]
    assert verified(first, endpoint.secret)
    assert verified(second, endpoint.secret)
    assert verified(second, rotated.secret)
    assert verified(third, rotated.secret)
    with pytest.raises(stripe.SignatureVerificationError):
        verified(third, endpoint.secret)


def test_an_endpoint_that_accepts_other_events_is_not_disabled_for_one_it_refuses(
    acme: Acme, running: Receiver, time: Clock
) -> None:
    endpoint = acme.endpoint(running.url)
    running.answers = [500]
    acme.happens()
    work()
    for offset in RETRY_OFFSETS:
        if offset == RETRY_OFFSETS[-1]:
            running.answers = [200]
            acme.happens()
            work()
            running.answers = [500]
        time.now = NOW + offset + 601
        queueing.sweep()
        work()
    assert [one.status for one in acme.deliveries(endpoint)] == ["delivered", "failed"]
    assert webhook_endpoints.retrieve(acme.tenant, endpoint.id).status == "enabled"


def test_what_an_endpoint_accepted_before_does_not_keep_it_enabled(
    acme: Acme, running: Receiver, time: Clock
) -> None:
    endpoint = acme.endpoint(running.url)
    acme.happens()
    work()
    time.pass_(1)
    running.answers = [500]
    acme.happens()
    work()
    for offset in RETRY_OFFSETS:
        time.now = NOW + 1 + offset + 601
        queueing.sweep()
        work()
    assert webhook_endpoints.retrieve(acme.tenant, endpoint.id).status == "disabled"


def test_the_sweeper_costs_what_is_due_and_not_what_waits(
    acme: Acme, running: Receiver, time: Clock, calls: list[str]
) -> None:
    acme.endpoint(running.url)
    running.answers = [500]
    for _ in range(30):
        acme.happens()
    work()
    calls.clear()
    queueing.sweep()
    assert Counter(calls) == {"Query": len(leases.SHARDS)}
    time.pass_(70)
    calls.clear()
    queueing.sweep()
    assert Counter(calls)["UpdateItem"] == 30
    calls.clear()
    queueing.sweep()
    assert Counter(calls) == {"Query": len(leases.SHARDS)}


def test_the_sweeper_queues_all_that_is_due_however_much_that_is(
    acme: Acme, running: Receiver, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queueing, "_QUEUED_AT_ONCE", 2)
    acme.endpoint(running.url)
    events = {acme.happens().id for _ in range(25)}
    received()  # and lost
    assert minute(time) == 25
    assert set(running.events) == events


def test_a_message_that_was_never_sent_is_sent_by_the_sweeper(
    acme: Acme, running: Receiver, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme.endpoint(running.url)
    with monkeypatch.context() as broken:
        broken.setattr(messages, "send", lambda _, given, **__: list(range(len(given))))
        event = acme.happens()
    assert work() == 0
    assert minute(time) == 1
    assert running.events == [event.id]


# ---------------------------------------------------------------- what is no longer to be sent


def test_nothing_is_sent_to_an_endpoint_that_was_disabled_or_deleted_meanwhile(
    acme: Acme, running: Receiver
) -> None:
    disabled, deleted = acme.endpoint(running.url), acme.endpoint(running.url)
    acme.happens()
    change(acme, disabled, disabled=True)
    webhook_endpoints.delete(acme.tenant, deleted.id)
    assert work() == 2
    assert running.requests == []
    found = {one.reason: one.status for one in acme.deliveries(disabled) + acme.deliveries(deleted)}
    assert found == {
        "The webhook endpoint is disabled.": "cancelled",
        "The webhook endpoint was deleted.": "cancelled",
    }
    assert due(now=NOW + 30 * DAYS) == []


def test_an_event_that_is_no_longer_kept_is_not_sent(acme: Acme, running: Receiver) -> None:
    endpoint = acme.endpoint(running.url)
    event = acme.happens()
    key = {"tenant": {"S": acme.tenant.partition}, "id": {"S": event.id}}
    boto3.client("dynamodb").delete_item(TableName=settings().events_table, Key=key)
    work()
    assert running.requests == []
    assert acme.delivery(endpoint).reason == "The event is no longer kept."


def test_a_changed_url_is_called_from_the_next_try_on(acme: Acme, running: Receiver, time: Clock) -> None:
    endpoint = acme.endpoint("http://127.0.0.1:9/")
    acme.happens()
    work()
    change(acme, endpoint, url=running.url)
    for _ in range(3):
        minute(time)
    assert len(running.requests) == 1
    assert [one.error for one in acme.delivery(endpoint).attempts] == ["It refused the connection.", None]


# ---------------------------------------------------------------- faults of ours


def test_a_fault_of_ours_is_tried_again_and_is_no_try_of_the_endpoint(
    acme: Acme, running: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = acme.endpoint(running.url)
    acme.happens()
    (message,) = received()
    with monkeypatch.context() as broken:
        answer: Any = {"Responses": {}, "UnprocessedKeys": {"EventsTable": {}}}
        broken.setattr(clients.dynamodb(), "batch_get_item", lambda **_: answer)
        with pytest.raises(reading.NotRead):
            execution.send(message)
    assert acme.delivery(endpoint).attempts == ()
    execution.send(message)
    assert len(running.requests) == 1


def test_a_delivery_that_a_fault_of_ours_always_stops_ends_at_some_time(
    acme: Acme, running: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = acme.endpoint(running.url)
    acme.happens()
    (message,) = received()
    monkeypatch.setattr(execution, "MAX_TAKES", 3)

    def broken(_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(reading, "parts_of", broken)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            execution.send(message)
    execution.send(message)
    assert (acme.delivery(endpoint).status, acme.delivery(endpoint).reason) == (
        "cancelled",
        "It could not be sent. The error is logged under its id.",
    )


# ---------------------------------------------------------------- what it costs


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every call to AWS, as it is made."""
    made: list[str] = []
    really = BaseClient._make_api_call  # type: ignore[attr-defined]

    def noted(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
        made.append(operation)
        return really(client, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", noted)
    return made


@pytest.mark.parametrize("endpoints", [0, 1, 16])
def test_queueing_costs_one_call_of_dynamodb_beside_the_event_s_own_write_however_many_endpoints(
    endpoints: int, acme: Acme, running: Receiver, calls: list[str]
) -> None:
    for _ in range(endpoints):
        acme.endpoint(running.url)
    calls.clear()
    acme.happens()
    assert Counter(calls) == Counter({"Query": 1, "TransactWriteItems": 1}) + Counter(
        {"SendMessageBatch": -(-endpoints // 10)}
    )


def test_signing_costs_one_call_of_dynamodb_beside_the_delivery_s_own_record(
    acme: Acme, running: Receiver, calls: list[str]
) -> None:
    acme.endpoint(running.url)
    acme.happens()
    (message,) = received()
    calls.clear()
    execution.send(message)
    # Taken, read with the secret, noted in the event, ended.
    assert calls == ["UpdateItem", "BatchGetItem", "UpdateItem", "UpdateItem"]


def test_only_so_many_attempts_are_kept(acme: Acme, running: Receiver) -> None:
    endpoint = acme.endpoint(running.url)
    running.answers = [500]
    acme.happens()
    (message,) = received()
    execution.send(message)
    for _ in range(MAX_ATTEMPTS_KEPT + 3):
        assert table.reopen(acme.delivery(endpoint), now=NOW) is not None
        execution.send(message)
    assert len(acme.delivery(endpoint).attempts) == MAX_ATTEMPTS_KEPT


def test_deliveries_expire_with_their_events(acme: Acme, running: Receiver) -> None:
    acme.endpoint(running.url)
    acme.happens()
    (item,) = boto3.client("dynamodb").scan(TableName=settings().webhook_deliveries_table)["Items"]
    assert item["expires_at"] == {"N": str(NOW + KEPT_SECONDS)}
    assert running.url not in str(item)

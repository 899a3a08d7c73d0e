"""Deliveries as the API lists them, and sending one again: the same event, whatever state it is in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest

from runsheet import leases
from runsheet.errors import InvalidRequest, NotFound
from runsheet.events.model import KEPT_SECONDS
from runsheet.runtime import messages
from runsheet.runtime.dialects import v1
from runsheet.runtime.model import ListQuery
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant
from runsheet.webhook_deliveries import queueing, service, table
from runsheet.webhook_endpoints import service as webhook_endpoints
from runsheet.webhook_endpoints.objects import WebhookEndpointChanges
from tests.runsheet.webhook_deliveries.conftest import NOW, minute, received, work

if TYPE_CHECKING:
    from runsheet.webhook_endpoints.objects import NewWebhookEndpointObject
    from tests.receiver import Receiver
    from tests.runsheet.webhook_deliveries.conftest import Acme, Clock

DAYS = 24 * 60 * 60


@pytest.fixture
def endpoint(acme: Acme, running: Receiver) -> NewWebhookEndpointObject:
    return acme.endpoint(running.url)


def listed(acme: Acme, endpoint: NewWebhookEndpointObject, query: str = "") -> tuple[list[str], bool]:
    page = service.listed(acme.tenant, endpoint.id, v1.query(ListQuery, query))
    assert page.url == f"/v1/webhook_endpoints/{endpoint.id}/deliveries"
    return [delivery.event for delivery in page.data], page.has_more


def resend(acme: Acme, endpoint: NewWebhookEndpointObject) -> dict[str, Any]:
    delivery = acme.deliveries(endpoint)[0]
    return service.shown(service.resend(acme.tenant, endpoint.id, delivery.id)).model_dump()


def disable(acme: Acme, endpoint: NewWebhookEndpointObject, *, disabled: bool) -> None:
    webhook_endpoints.update(acme.tenant, endpoint.id, WebhookEndpointChanges(disabled=disabled))


def test_a_delivery_is_shown_with_each_of_its_tries(
    acme: Acme, endpoint: NewWebhookEndpointObject, running: Receiver
) -> None:
    running.answers = [500]
    event = acme.happens()
    work()
    (shown,) = service.listed(acme.tenant, endpoint.id, ListQuery()).model_dump()["data"]
    assert shown.pop("id").startswith("whd_")
    assert NOW + 60 <= shown.pop("next_attempt_at") <= NOW + 66
    assert 0 <= shown["attempts"][0].pop("duration_ms") < 5000
    assert shown == {
        "object": "webhook_delivery",
        "attempts": [{"at": NOW, "error": "It answered 500.", "status_code": 500}],
        "created": NOW,
        "delivered_at": None,
        "event": event.id,
        "event_type": "reporting.report_run.succeeded",
        "livemode": False,
        "status": "pending",
        "status_reason": None,
        "webhook_endpoint": endpoint.id,
    }


def test_deliveries_are_listed_from_the_newest_on_in_both_directions(
    acme: Acme, endpoint: NewWebhookEndpointObject, running: Receiver, time: Clock
) -> None:
    other = acme.endpoint(running.url)
    events: list[str] = []
    for _ in range(4):
        time.pass_(1)
        events.insert(0, acme.happens().id)
    ids = [delivery.id for delivery in acme.deliveries(endpoint)]
    assert listed(acme, endpoint) == listed(acme, other) == (events, False)
    assert listed(acme, endpoint, "limit=3") == (events[:3], True)
    assert listed(acme, endpoint, f"limit=1&starting_after={ids[1]}") == (events[2:3], True)
    assert listed(acme, endpoint, f"limit=2&ending_before={ids[3]}") == (events[1:3], True)
    assert listed(acme, endpoint, f"ending_before={ids[1]}") == (events[:1], False)


def test_deliveries_of_others_are_not_found(
    acme: Acme, endpoint: NewWebhookEndpointObject, running: Receiver
) -> None:
    acme.happens()
    other = acme.endpoint(running.url)
    delivery = acme.delivery(endpoint)
    for tenant in (Tenant(acme.tenant.organisation_id, "live"), Tenant("org_b", "test")):
        with pytest.raises(NotFound, match="No such webhook endpoint"):
            service.listed(tenant, endpoint.id, ListQuery())
        with pytest.raises(NotFound, match="No such webhook endpoint"):
            service.resend(tenant, endpoint.id, delivery.id)
    for unknown in (delivery.id, "whd_unknown", "#", f"{delivery.id}#x"):
        with pytest.raises(NotFound, match="No such webhook delivery") as refused:
            service.resend(acme.tenant, other.id, unknown)
        assert refused.value.param == "delivery"
        with pytest.raises(InvalidRequest, match="No such webhook delivery") as wrong:
            listed(acme, other, f"starting_after={unknown.replace('#', '%23')}")
        assert wrong.value.param == "starting_after"
    with pytest.raises(InvalidRequest, match="both"):
        listed(acme, endpoint, f"starting_after={delivery.id}&ending_before={delivery.id}")


def test_a_delivery_is_hidden_with_its_event_after_30_days(
    acme: Acme, endpoint: NewWebhookEndpointObject, time: Clock
) -> None:
    acme.happens()
    work()
    time.pass_(KEPT_SECONDS - 1)
    assert len(listed(acme, endpoint)[0]) == 1
    time.pass_(1)
    assert listed(acme, endpoint) == ([], False)
    with pytest.raises(NotFound, match="No such webhook delivery"):
        resend(acme, endpoint)


# ---------------------------------------------------------------- sending again


def test_what_was_delivered_is_delivered_again_with_the_same_event(
    acme: Acme, endpoint: NewWebhookEndpointObject, running: Receiver, time: Clock
) -> None:
    event = acme.happens()
    work()
    time.pass_(DAYS)
    shown = resend(acme, endpoint)
    assert (shown["status"], shown["next_attempt_at"], shown["event"]) == ("pending", NOW + DAYS, event.id)
    assert work() == 1
    assert running.events == [event.id, event.id]
    bodies = [{**request.event, "pending_webhooks": 0} for request in running.requests]
    assert bodies[0] == bodies[1]
    delivery = acme.delivery(endpoint)
    assert (delivery.status, delivery.delivered_at, len(delivery.attempts)) == ("delivered", NOW, 2)


def test_a_resend_that_fails_is_tried_once_and_keeps_what_was(
    acme: Acme, endpoint: NewWebhookEndpointObject, running: Receiver, time: Clock
) -> None:
    event = acme.happens()
    work()
    running.answers = [500]
    time.pass_(4 * DAYS)
    resend(acme, endpoint)
    work()
    delivery = acme.delivery(endpoint)
    assert (delivery.status, delivery.delivered_at, delivery.next_attempt_at) == ("delivered", NOW, None)
    assert [attempt.status_code for attempt in delivery.attempts] == [200, 500]
    assert webhook_endpoints.retrieve(acme.tenant, endpoint.id).status == "enabled"
    assert acme.stored(event).awaited == frozenset()
    time.pass_(DAYS)
    queueing.sweep()
    assert work() == 0


def test_what_failed_for_good_or_was_cancelled_is_delivered_by_hand(
    acme: Acme, endpoint: NewWebhookEndpointObject, running: Receiver
) -> None:
    event = acme.happens()
    disable(acme, endpoint, disabled=True)
    work()
    assert acme.delivery(endpoint).status == "cancelled"
    with pytest.raises(InvalidRequest, match="is disabled: enable it"):
        resend(acme, endpoint)
    disable(acme, endpoint, disabled=False)
    running.answers = [500, 200]
    assert resend(acme, endpoint)["status_reason"] is None
    work()
    assert acme.delivery(endpoint).status == "failed"
    resend(acme, endpoint)
    work()
    delivery = acme.delivery(endpoint)
    assert (delivery.status, delivery.delivered_at, delivery.by_hand) == ("delivered", NOW, False)
    assert running.events == [event.id, event.id]
    assert acme.stored(event).awaited == frozenset()


def test_what_waits_for_its_next_try_is_tried_now_and_goes_on_as_before(
    acme: Acme, endpoint: NewWebhookEndpointObject, running: Receiver, time: Clock
) -> None:
    running.answers = [500]
    acme.happens()
    work()
    time.pass_(5)
    assert resend(acme, endpoint)["next_attempt_at"] == NOW + 5
    work()
    delivery = acme.delivery(endpoint)
    assert (delivery.status, len(delivery.attempts), delivery.by_hand) == ("pending", 2, False)
    assert delivery.next_attempt_at is not None
    assert NOW + 60 <= delivery.next_attempt_at <= NOW + 66
    running.answers = [200]
    for _ in range(2):
        minute(time)
    assert acme.delivery(endpoint).status == "delivered"


def test_what_is_being_sent_is_left_to_its_worker(
    acme: Acme, endpoint: NewWebhookEndpointObject, running: Receiver
) -> None:
    acme.happens()
    (message,) = received()
    assert table.take(message, "lease_worker", now=NOW)
    assert resend(acme, endpoint)["status"] == "pending"
    assert received() == []
    assert running.requests == []


def test_a_resend_whose_message_is_lost_is_sent_by_the_sweeper(
    acme: Acme,
    endpoint: NewWebhookEndpointObject,
    running: Receiver,
    time: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    acme.happens()
    work()
    with monkeypatch.context() as broken:
        broken.setattr(messages, "send", lambda _, given, **__: list(range(len(given))))
        resend(acme, endpoint)
    assert work() == 0
    time.pass_(leases.FIRST_ATTENTION_SECONDS)
    queueing.sweep()
    assert work() == 1
    assert len(running.requests) == 2


def test_resending_needs_no_right_to_the_secrets(
    acme: Acme, endpoint: NewWebhookEndpointObject, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme.happens()
    monkeypatch.delenv("WEBHOOK_SECRETS_TABLE")
    settings.cache_clear()
    assert resend(acme, endpoint)["status"] == "pending"
    boto3.client("dynamodb").delete_table(TableName="WebhookSecretsTable")
    assert resend(acme, endpoint)["status"] == "pending"

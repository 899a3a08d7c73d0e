"""An organisation with endpoints on this machine, events for them, and a clock that a test moves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from runsheet import ids
from runsheet.events import announcing
from runsheet.events import table as events
from runsheet.events.model import RUN_SUCCEEDED, Event
from runsheet.organisations import service as organisations
from runsheet.organisations.model import NewOrganisation
from runsheet.runtime import clock
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant
from runsheet.webhook_deliveries import execution, queueing, table
from runsheet.webhook_deliveries.model import DeliveryDue
from runsheet.webhook_endpoints import service as webhook_endpoints
from runsheet.webhook_endpoints import urls
from runsheet.webhook_endpoints.objects import NewWebhookEndpoint
from tests.receiver import receiver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runsheet.webhook_deliveries.model import WebhookDelivery
    from runsheet.webhook_endpoints.model import WebhookEndpoint
    from runsheet.webhook_endpoints.objects import NewWebhookEndpointObject
    from tests.receiver import Receiver

NOW = 1_795_000_000


@dataclass
class Clock:
    """The present, in unix seconds."""

    now: int = NOW

    def pass_(self, seconds: int) -> None:
        self.now += seconds


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands still until a test moves it."""
    standing = Clock()
    monkeypatch.setattr(clock, "now", lambda: clock.at(standing.now))
    return standing


@pytest.fixture
def running() -> Iterator[Receiver]:
    """A receiver."""
    with receiver() as started:
        yield started


@dataclass
class Acme:
    """An organisation in test mode."""

    tenant: Tenant

    def endpoint(self, url: str, *names: str) -> NewWebhookEndpointObject:
        return webhook_endpoints.create(
            self.tenant, NewWebhookEndpoint(url=url, enabled_events=list(names or ("*",)))
        )

    def happens(self, kind: str = RUN_SUCCEEDED, **about: Any) -> Event:
        """Let something happen now, and tell of it."""
        event = Event(
            self.tenant, ids.new_id("evt", clock.now()), kind, clock.seconds(), about or {"id": "frr_1"}
        )
        announcing.record([event])
        return event

    def stored(self, event: Event) -> Event:
        found = events.get(self.tenant, event.id)
        assert found is not None
        return found

    def deliveries(self, endpoint: NewWebhookEndpointObject | WebhookEndpoint) -> list[WebhookDelivery]:
        """All deliveries of an endpoint, that of the newest event first."""
        found, more = table.page(
            self.tenant, endpoint.id, limit=100, since=0, older_than=None, newer_than=None
        )
        assert not more
        return found

    def delivery(self, endpoint: NewWebhookEndpointObject) -> WebhookDelivery:
        (found,) = self.deliveries(endpoint)
        return found


@pytest.fixture
def acme(
    tables: None,  # noqa: ARG001 - it is kept there
    queues: None,  # noqa: ARG001
    time: Clock,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
) -> Acme:
    """An organisation, on a stack that allows addresses of this machine, as the local one does."""
    monkeypatch.setattr(urls, "local_allowed", lambda: True)
    made = organisations.create(NewOrganisation("Acme", contact_email="ops@acme.example"))
    return Acme(Tenant(made.id, "test"))


def received() -> list[DeliveryDue]:
    """Take what is in the queue."""
    queue = boto3.client("sqs")
    found = []
    while messages := queue.receive_message(
        QueueUrl=settings().webhooks_queue_url, MaxNumberOfMessages=10
    ).get("Messages"):
        for message in messages:
            found.append(DeliveryDue.model_validate_json(message["Body"]))
            queue.delete_message(
                QueueUrl=settings().webhooks_queue_url, ReceiptHandle=message["ReceiptHandle"]
            )
    return found


def work() -> int:
    """Let the workers carry out what is in the queue, and return how many messages that were."""
    messages = received()
    for message in messages:
        execution.send(message)
    return len(messages)


def minute(time: Clock) -> int:
    """Let a minute pass, the sweeper come, and the workers do what it queued."""
    time.pass_(60)
    queueing.sweep()
    return work()

"""What a delivery is made of, in one read of three tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from runsheet.events import table as events
from runsheet.runtime.clients import dynamodb
from runsheet.webhook_endpoints import secrets
from runsheet.webhook_endpoints import table as webhook_endpoints

if TYPE_CHECKING:
    from runsheet.events.model import Event
    from runsheet.webhook_deliveries.model import WebhookDelivery
    from runsheet.webhook_endpoints.model import WebhookEndpoint
    from runsheet.webhook_endpoints.secrets import Secrets


class Parts(NamedTuple):
    """The event, where it goes and what signs it; None for what is gone."""

    event: Event | None
    endpoint: WebhookEndpoint | None
    secrets: Secrets | None


class NotRead(Exception):
    """DynamoDB left a part out because too much is asked of it: try again soon."""


def parts_of(delivery: WebhookDelivery) -> Parts:
    """Return the parts of a delivery, strongly consistent.

    Raises:
        NotRead: for now.
    """
    requests: Any = (
        events.get_request(delivery.tenant, delivery.event_id)
        | webhook_endpoints.get_request(delivery.tenant, delivery.endpoint_id)
        | secrets.get_request(delivery.tenant, delivery.endpoint_id)
    )
    answer = dynamodb().batch_get_item(RequestItems=requests)
    if answer.get("UnprocessedKeys"):
        raise NotRead
    found = answer["Responses"]
    return Parts(events.out_of(found), webhook_endpoints.out_of(found), secrets.out_of(found))

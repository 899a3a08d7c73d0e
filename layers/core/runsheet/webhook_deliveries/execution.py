"""WebhooksQueue: send one delivery, at least once, and try again for three days.

A worker takes the delivery's lease, calls the endpoint and notes what came of it. What dies before that note is done again
by whoever gets the next message, which the sweeper sends when the lease has ended: the endpoint may get an event twice, with
the same id, and never not at all.
"""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

from runsheet import ids
from runsheet.events import table as events
from runsheet.events.model import shown
from runsheet.runtime import clock
from runsheet.runtime.dialects.v1 import VERSION
from runsheet.runtime.observability import logger
from runsheet.webhook_deliveries import calling, disabling, reading, signing, table

if TYPE_CHECKING:
    from runsheet.events.model import Event
    from runsheet.webhook_deliveries.model import Attempt, DeliveryDue, WebhookDelivery
    from runsheet.webhook_endpoints.model import WebhookEndpoint
    from runsheet.webhook_endpoints.secrets import Secrets

# Far more than the tries of three days: a delivery that a fault of ours stops each time ends at some time.
MAX_TAKES = 200
# Endpoints that were down together are not called together again.
_SPREAD, _MOST_SPREAD_SECONDS = 0.1, 600


def send(message: DeliveryDue) -> None:
    """Send one delivery if it is due, however often the message comes.

    An unexpected error gives the lease back and is raised, so that the queue tries again.
    """
    lease = ids.new_id("lease", clock.now())
    delivery = table.take(message, lease, now=clock.seconds())
    if delivery is None:
        return
    if delivery.takes > MAX_TAKES:
        table.cancel(delivery, lease, reason="It could not be sent. The error is logged under its id.")
        return
    try:
        _carry_out(delivery, lease)
    except Exception:
        logger.append_keys(delivery=delivery.id)
        table.release(delivery, lease, now=clock.seconds())
        raise


def _carry_out(delivery: WebhookDelivery, lease: str) -> None:
    event, endpoint, secrets = reading.parts_of(delivery)
    if endpoint is None or secrets is None:
        table.cancel(delivery, lease, reason="The webhook endpoint was deleted.")
    elif endpoint.status == "disabled":
        disabling.tell(endpoint)
        table.cancel(delivery, lease, reason="The webhook endpoint is disabled.")
    elif event is None:
        table.cancel(delivery, lease, reason="The event is no longer kept.")
    else:
        attempt = _called(event, endpoint, secrets)
        if attempt.error is None:
            events.note_accepted(delivery.tenant, event.id, endpoint.id)
            kept = table.accept(delivery, lease, attempt, now=clock.seconds())
        else:
            kept = _failed(delivery, lease, endpoint, attempt)
        if not kept:
            logger.warning("lease lost; another worker has the delivery", extra={"delivery": delivery.id})


def _called(event: Event, endpoint: WebhookEndpoint, secrets: Secrets) -> Attempt:
    body = shown(event, api_version=endpoint.api_version or VERSION).model_dump(mode="json")
    content = json.dumps(body, separators=(",", ":")).encode()
    now = clock.seconds()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signing.header(content, secrets.in_force(now), at=now),
        "User-Agent": "Runsheet/1.0 (webhooks)",
    }
    return calling.post(endpoint.url, content, headers)


def _failed(delivery: WebhookDelivery, lease: str, endpoint: WebhookEndpoint, attempt: Attempt) -> bool:
    if delivery.by_hand:
        return table.fail(delivery, lease, "delivered" if delivery.delivered_at else "failed", attempt)
    now = clock.seconds()
    again = delivery.retry_at(now)
    if again is None:
        disabling.disable(delivery, endpoint, attempt)
        return table.fail(delivery, lease, "failed", attempt)
    spread = random.uniform(0, min(_SPREAD * (again - delivery.created), _MOST_SPREAD_SECONDS))  # noqa: S311 - no secret
    until = delivery.put_off(again + round(spread), attempt, now)
    return table.put_off(delivery, lease, attempt, until=until)

"""Ask for a worker for each delivery that is due; ask again for those that got lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runsheet import ids, leases
from runsheet.runtime import clock, messages
from runsheet.runtime.observability import logger
from runsheet.runtime.settings import settings
from runsheet.webhook_deliveries import table
from runsheet.webhook_deliveries.model import DeliveryDue, WebhookDelivery

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runsheet.events.model import Event

_QUEUED_AT_ONCE = 100


def of(event: Event, endpoint_id: str) -> WebhookDelivery:
    """Return the delivery of an event to an endpoint, not stored yet: the same, with the same id, each time."""
    return WebhookDelivery(
        tenant=event.tenant,
        endpoint_id=endpoint_id,
        id=ids.derived_id("whd", clock.at(event.created), event.id, endpoint_id),
        event_id=event.id,
        event_type=event.type,
        created=clock.seconds(),
    )


def queue_all(deliveries: Sequence[WebhookDelivery]) -> None:
    """Ask for a worker for each of the stored deliveries; the sweeper asks for those that this fails to."""
    due = [
        DeliveryDue(
            organisation_id=one.tenant.organisation_id,
            mode=one.tenant.mode,
            endpoint_id=one.endpoint_id,
            delivery_id=one.id,
        )
        for one in deliveries
    ]
    # An endpoint that takes ten seconds for each of a thousand events delays its own organisation's and no other's.
    groups = [one.tenant.organisation_id for one in deliveries]
    for number in messages.send(settings().webhooks_queue_url, due, groups=groups):
        logger.error("delivery not queued; the sweeper will", extra={"delivery": deliveries[number].id})


def sweep() -> None:
    """Queue the deliveries that are due: to be tried again, or lost on their way. Safe at any time."""
    now = clock.seconds()
    for shard in leases.SHARDS:
        waiting: list[WebhookDelivery] = []
        for tenant, endpoint_id, delivery_id in table.needing_attention(shard, now=now):
            delivery = table.note_queued(tenant, endpoint_id, delivery_id, now=now)
            if delivery is not None:
                waiting.append(delivery)
            if len(waiting) == _QUEUED_AT_ONCE:
                queue_all(waiting)
                waiting.clear()
        queue_all(waiting)

"""List the deliveries of a webhook endpoint, and send one again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runsheet import ids
from runsheet.errors import InvalidRequest, missing
from runsheet.events.model import KEPT_SECONDS
from runsheet.runtime import clock, paging
from runsheet.webhook_deliveries import queueing, table
from runsheet.webhook_deliveries.model import AttemptObject, WebhookDeliveryList, WebhookDeliveryObject
from runsheet.webhook_endpoints import service as webhook_endpoints

if TYPE_CHECKING:
    from runsheet.runtime.model import ListQuery
    from runsheet.tenancy import Tenant
    from runsheet.webhook_deliveries.model import WebhookDelivery


def listed(tenant: Tenant, endpoint_id: str, query: ListQuery) -> WebhookDeliveryList:
    """Return a page of an endpoint's deliveries of the last 30 days, those of the newest event first.

    Raises:
        NotFound: there is no such endpoint.
        InvalidRequest: both cursors, or one that is no delivery of this endpoint.
    """
    endpoint = webhook_endpoints.retrieve(tenant, endpoint_id)
    paging.check_cursors(
        query, noun="webhook delivery", known=lambda cursor: _found(tenant, endpoint.id, cursor)
    )
    deliveries, has_more = table.page(
        tenant,
        endpoint.id,
        limit=query.limit,
        since=clock.seconds() - KEPT_SECONDS + 1,
        older_than=query.starting_after,
        newer_than=query.ending_before,
    )
    return WebhookDeliveryList(
        url=f"/v1/webhook_endpoints/{endpoint.id}/deliveries",
        has_more=has_more,
        data=[shown(delivery) for delivery in deliveries],
    )


def resend(tenant: Tenant, endpoint_id: str, delivery_id: str) -> WebhookDelivery:
    """Send a delivery now, the same event with the same id, and return it; one that is being sent is left alone.

    One that waits for its next try is tried now and goes on as before if that fails. One that had ended is tried once.

    Raises:
        NotFound: there is no such endpoint, or it has no such delivery of the last 30 days.
        InvalidRequest: the endpoint is disabled.
    """
    endpoint = webhook_endpoints.retrieve(tenant, endpoint_id)
    delivery = _found(tenant, endpoint.id, delivery_id)
    if delivery is None:
        raise missing("webhook delivery", delivery_id[:100], param="delivery")
    if endpoint.status == "disabled":
        raise InvalidRequest(
            f"The webhook endpoint '{endpoint.id}' is disabled: enable it before sending to it.", param="id"
        )
    again = table.reopen(delivery, now=clock.seconds())
    if again is None:
        return _found(tenant, endpoint.id, delivery_id) or delivery
    queueing.queue_all([again])
    return again


def shown(delivery: WebhookDelivery) -> WebhookDeliveryObject:
    """Return the delivery as the API shows it."""
    return WebhookDeliveryObject(
        id=delivery.id,
        attempts=[AttemptObject(**attempt.as_dict()) for attempt in delivery.attempts],
        created=delivery.created,
        delivered_at=delivery.delivered_at,
        event=delivery.event_id,
        event_type=delivery.event_type,
        livemode=delivery.tenant.livemode,
        next_attempt_at=delivery.next_attempt_at,
        status=delivery.status,
        status_reason=delivery.reason,
        webhook_endpoint=delivery.endpoint_id,
    )


def _found(tenant: Tenant, endpoint_id: str, delivery_id: str) -> WebhookDelivery | None:
    delivery = table.get(tenant, endpoint_id, delivery_id) if ids.plausible("whd", delivery_id) else None
    if delivery is None or delivery.created <= clock.seconds() - KEPT_SECONDS:
        return None
    return delivery

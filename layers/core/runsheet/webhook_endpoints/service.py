"""Make, read, change and delete webhook endpoints (docs/decisions/2026-11-25-webhooks.md)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runsheet import ids
from runsheet.errors import Conflict, InvalidRequest, missing
from runsheet.ids import Origin
from runsheet.runtime import clock, metadata, paging
from runsheet.webhook_endpoints import secrets, table
from runsheet.webhook_endpoints.model import WebhookEndpoint
from runsheet.webhook_endpoints.objects import (
    NewWebhookEndpointObject,
    RotatedWebhookEndpointObject,
    WebhookEndpointList,
    WebhookEndpointObject,
    fields_of,
)

if TYPE_CHECKING:
    from runsheet.runtime.model import ListQuery
    from runsheet.tenancy import Tenant
    from runsheet.webhook_endpoints.objects import (
        NewWebhookEndpoint,
        SecretRotation,
        WebhookEndpointChanges,
    )

_TRIES = 5
_MAX_ROTATION_SECONDS = 24 * 60 * 60


def create(tenant: Tenant, new: NewWebhookEndpoint, origin: Origin | None = None) -> NewWebhookEndpointObject:
    """Store a new endpoint and return it with its secret, which cannot be had again.

    Of the same `origin` there is one endpoint, with one secret, however often it is called.

    Raises:
        InvalidRequest: the tenant has table.MAX_ENDPOINTS already, or there is too much metadata.
    """
    made = origin or Origin.fresh(clock.now())
    endpoint = WebhookEndpoint(
        tenant=tenant,
        id=made.new_id("we"),
        url=new.url,
        enabled_events=new.enabled_events,
        description=new.description,
        metadata=metadata.changed({}, new.metadata),
        api_version=new.api_version,
        created=int(made.moment.timestamp()),
    )
    secret = secrets.secret_of(made)
    stored = endpoint if table.create(endpoint, secret) else table.get(tenant, endpoint.id)
    if stored is None:
        raise InvalidRequest(
            f"You have reached the maximum of {table.MAX_ENDPOINTS} webhook endpoints in {tenant.mode} mode. "
            "Delete one that is not needed."
        )
    return NewWebhookEndpointObject(**fields_of(stored), secret=secret)


def retrieve(tenant: Tenant, endpoint_id: str) -> WebhookEndpoint:
    """Return an endpoint.

    Raises:
        NotFound: unknown, or another tenant's.
    """
    endpoint = table.get(tenant, endpoint_id) if ids.plausible("we", endpoint_id) else None
    if endpoint is None:
        raise missing("webhook endpoint", endpoint_id[:100])
    return endpoint


def listed(tenant: Tenant, query: ListQuery) -> WebhookEndpointList:
    """Return a page of endpoints, newest first.

    Raises:
        InvalidRequest: both cursors, or one that is no endpoint of this tenant.
    """
    found = table.of_tenant(tenant)[::-1]
    position = {endpoint.id: number for number, endpoint in enumerate(found)}
    paging.check_cursors(query, noun="webhook endpoint", known=lambda cursor: cursor in position)
    if query.ending_before:
        following = found[: position[query.ending_before]]
        page, has_more = following[-query.limit :], len(following) > query.limit
    else:
        following = found[position[query.starting_after] + 1 :] if query.starting_after else found
        page, has_more = following[: query.limit], len(following) > query.limit
    return WebhookEndpointList(has_more=has_more, data=[shown(endpoint) for endpoint in page])


def update(tenant: Tenant, endpoint_id: str, changes: WebhookEndpointChanges) -> WebhookEndpoint:
    """Change an endpoint; nothing is written where that changes nothing.

    Raises:
        NotFound: unknown, or another tenant's.
        InvalidRequest: there would be too much metadata.
        Conflict: others change it all the time.
    """
    for _ in range(_TRIES):
        endpoint = retrieve(tenant, endpoint_id)
        changed = _changed(endpoint, changes)
        if changed == endpoint:
            return endpoint
        written = table.update(changed)
        if written is not None:
            return written
    raise Conflict("The webhook endpoint is being changed by others at this moment. Try again.")


def delete(tenant: Tenant, endpoint_id: str) -> None:
    """Delete an endpoint: nothing is delivered to it any more, and its secrets are gone.

    Raises:
        NotFound: unknown, or another tenant's.
    """
    if not ids.plausible("we", endpoint_id) or not table.delete(tenant, endpoint_id):
        raise missing("webhook endpoint", endpoint_id[:100])


def rotate_secret(
    tenant: Tenant, endpoint_id: str, rotation: SecretRotation, origin: Origin | None = None
) -> RotatedWebhookEndpointObject:
    """Give an endpoint a new secret and return it; deliveries are signed with the previous one as well for a time.

    A secret that was rotated away before the previous one no longer counts. Of the same `origin` comes the same secret.

    Raises:
        NotFound: unknown, or another tenant's.
        InvalidRequest: the previous secret would be valid for over 24 hours.
    """
    now = clock.seconds()
    latest = now + _MAX_ROTATION_SECONDS
    asked = rotation.previous_secret_expires_at
    expires_at = latest if asked is None else max(asked, now)
    if expires_at > latest:
        raise InvalidRequest(
            "Invalid previous_secret_expires_at: must be now, or a time within 24 hours in unix seconds.",
            param="previous_secret_expires_at",
        )
    endpoint = retrieve(tenant, endpoint_id)
    secret = secrets.secret_of(origin or Origin.fresh(clock.now()))
    if not secrets.rotate(tenant, endpoint.id, secret, previous_expires_at=expires_at):
        raise missing("webhook endpoint", endpoint_id[:100])
    return RotatedWebhookEndpointObject(
        **fields_of(endpoint), secret=secret, previous_secret_expires_at=expires_at
    )


def shown(endpoint: WebhookEndpoint) -> WebhookEndpointObject:
    """Return the contract's object, without the secret."""
    return WebhookEndpointObject(**fields_of(endpoint))


def _changed(endpoint: WebhookEndpoint, changes: WebhookEndpointChanges) -> WebhookEndpoint:
    values = changes.model_dump(include={"url", "enabled_events", "description"}, exclude_unset=True)
    if changes.disabled is True:
        values["status"] = "disabled"
    elif changes.disabled is False:
        values |= {"status": "enabled", "disabled_reason": None, "told_at": None}
    return replace(endpoint, **values, metadata=metadata.changed(endpoint.metadata, changes.metadata))

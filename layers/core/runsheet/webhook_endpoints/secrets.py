"""WebhookSecretsTable: partition key `endpoint` (tenant and endpoint): what deliveries are signed with.

A table of its own, because signing needs the secret itself and no hash: only SendWebhookFunction may read it. Those that
make, rotate and delete secrets write without reading.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from runsheet.runtime.clients import dynamodb
from runsheet.runtime.items import from_item, if_holds, to_item
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runsheet.ids import Origin
    from runsheet.tenancy import Tenant

_DIGITS = 32  # the length that the contract's own have


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secrets of an endpoint; the previous one counts until `previous_expires_at` (unix seconds)."""

    current: str = field(repr=False)
    previous: str | None = field(default=None, repr=False)
    previous_expires_at: int = 0

    def in_force(self, now: int) -> list[str]:
        """Return those that a delivery is signed with at `now` (unix seconds), the current one first."""
        if self.previous is None or self.previous_expires_at <= now:
            return [self.current]
        return [self.current, self.previous]


def secret_of(origin: Origin) -> str:
    """Return the secret that comes of a request, `whsec_…`: the same each time that the request is carried out."""
    return "whsec_" + origin.digits("whsec", _DIGITS)


def put_operation(tenant: Tenant, endpoint_id: str, secret: str) -> Any:  # noqa: ANN401 - typed by the client
    """Return the write that stores a new endpoint's secret, for the transaction that stores the endpoint."""
    item = to_item(_key(tenant, endpoint_id) | {"secret": secret})
    return {"Put": {"TableName": settings().webhook_secrets_table, "Item": item}}


def delete_operation(tenant: Tenant, endpoint_id: str) -> Any:  # noqa: ANN401 - typed by the client
    """Return the write that deletes an endpoint's secrets, for the transaction that deletes the endpoint."""
    key = to_item(_key(tenant, endpoint_id))
    return {"Delete": {"TableName": settings().webhook_secrets_table, "Key": key}}


def rotate(tenant: Tenant, endpoint_id: str, secret: str, *, previous_expires_at: int) -> bool:
    """Put a new secret in place of the current one, which becomes the previous one, unread; False if there is none.

    A secret that is the current one already stays, and so does the previous one.
    """
    answer = if_holds(
        dynamodb().update_item,
        TableName=settings().webhook_secrets_table,
        Key=to_item(_key(tenant, endpoint_id)),
        UpdateExpression="SET previous_secret = secret, previous_expires_at = :until, secret = :secret",
        ConditionExpression="attribute_exists(secret) AND secret <> :secret",
        ExpressionAttributeValues=to_item({":secret": secret, ":until": previous_expires_at}),
    )
    return answer is not None or _is_current(tenant, endpoint_id, secret)


def _is_current(tenant: Tenant, endpoint_id: str, secret: str) -> bool:
    """Return whether this is the current secret, without reading it: a write that changes nothing holds or does not."""
    answer = if_holds(
        dynamodb().update_item,
        TableName=settings().webhook_secrets_table,
        Key=to_item(_key(tenant, endpoint_id)),
        UpdateExpression="SET secret = :secret",
        ConditionExpression="secret = :secret",
        ExpressionAttributeValues=to_item({":secret": secret}),
    )
    return answer is not None


def get_request(tenant: Tenant, endpoint_id: str) -> dict[str, Any]:
    """Return the read of an endpoint's secrets, by table, for a batch of reads."""
    key = to_item(_key(tenant, endpoint_id))
    return {settings().webhook_secrets_table: {"Keys": [key], "ConsistentRead": True}}


def out_of(answers: Mapping[str, Any]) -> Secrets | None:
    """Return the secrets out of the answers to a batch of reads, by table; None if there are none."""
    items = answers.get(settings().webhook_secrets_table, [])
    if not items:
        return None
    values = from_item(items[0])
    return Secrets(values["secret"], values.get("previous_secret"), values.get("previous_expires_at", 0))


def _key(tenant: Tenant, endpoint_id: str) -> dict[str, str]:
    return {"endpoint": f"{tenant.partition}#{endpoint_id}"}

"""What mailing changes of a config: ReportConfigsTable, partition key `tenant`, sort key `id`.

Both changes count the revision up, so that a customer's change that read the config before is refused and made again
rather than undoing them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runsheet.email_addresses import folded
from runsheet.runtime.clients import dynamodb
from runsheet.runtime.items import if_holds, to_attribute, to_item
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from runsheet.tenancy import Tenant


def note_sent(tenant: Tenant, config_id: str, *, announced_at: int, now: int) -> None:
    """Move `last_sent_at` to `now` (unix seconds), once per run: only if it lies before the run's announcement."""
    _change(
        tenant,
        config_id,
        "SET last_sent_at = :now ADD revision :one",
        "attribute_exists(id) AND (attribute_not_exists(last_sent_at) OR last_sent_at < :announced)",
        {":now": now, ":announced": announced_at, ":one": 1},
    )


def unsubscribe(tenant: Tenant, config_id: str, email: str) -> None:
    """Add one address to those who get nothing more; nothing happens if it is there or the config is gone."""
    _change(
        tenant,
        config_id,
        "SET unsubscribed_emails = list_append(if_not_exists(unsubscribed_emails, :none), :added) "
        "ADD revision :one",
        "attribute_exists(id) AND NOT contains(unsubscribed_emails, :email)",
        {":none": [], ":added": [folded(email)], ":email": folded(email), ":one": 1},
    )


def _change(tenant: Tenant, config_id: str, expression: str, condition: str, values: dict[str, Any]) -> None:
    if_holds(
        dynamodb().update_item,
        TableName=settings().report_configs_table,
        Key=_key(tenant, config_id),
        UpdateExpression=expression,
        ConditionExpression=condition,
        ExpressionAttributeValues=to_item(values),
    )


def _key(tenant: Tenant, config_id: str) -> dict[str, Any]:
    return {"tenant": to_attribute(tenant.partition), "id": to_attribute(config_id)}

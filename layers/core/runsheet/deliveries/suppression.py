"""SuppressedAddressesTable: partition key `tenant`, sort key `email` (folded): who gets no mail of a tenant.

An address comes here when mail to it bounced for good or its owner complained. Mailing it again would cost the
team's own reputation with SES.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runsheet.email_addresses import folded
from runsheet.runtime.clients import dynamodb
from runsheet.runtime.items import to_item
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from runsheet.tenancy import Tenant


def suppress(tenant: Tenant, email: str, *, reason: str, now: int) -> None:
    """Send this address nothing more."""
    item = {"tenant": tenant.partition, "email": folded(email), "reason": reason, "since": now}
    dynamodb().put_item(TableName=settings().suppressed_addresses_table, Item=to_item(item))


def is_suppressed(tenant: Tenant, email: str) -> bool:
    """Return whether the tenant sends this address nothing."""
    answer = dynamodb().get_item(
        TableName=settings().suppressed_addresses_table,
        Key=to_item({"tenant": tenant.partition, "email": folded(email)}),
        ConsistentRead=True,
    )
    return "Item" in answer

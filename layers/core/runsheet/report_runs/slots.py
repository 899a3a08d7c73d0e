"""RateLimitsTable, items `runs#<organisation>`: the runs of an organisation that are worked on.

An item holds a set of slots, one for each run that a worker has, and `waiting`, the run that was last left waiting for one.
A slot names the run and the lease under which it is worked on, so it is good for as long as that lease is: that of a
worker that died is found by looking its run up. The item is written by the runs of one organisation alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Self

from botocore.exceptions import ClientError

from runsheet.runtime.clients import dynamodb
from runsheet.runtime.items import condition_failed, if_holds, to_attribute, to_item
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant

if TYPE_CHECKING:
    from collections.abc import Collection

# Longer than a run may wait and be worked on.
_KEPT_SECONDS = 24 * 60 * 60


class Slot(NamedTuple):
    """What one worker does for an organisation."""

    tenant: Tenant
    run_id: str
    lease: str

    @classmethod
    def read(cls, organisation_id: str, text: str) -> Self:
        """Return the slot that `str` has written."""
        mode, run_id, lease = text.split()
        return cls(Tenant.from_partition(f"{organisation_id}#{mode}"), run_id, lease)

    def __str__(self) -> str:
        return f"{self.tenant.mode} {self.run_id} {self.lease}"


class Slots(NamedTuple):
    """The slots of an organisation that are taken, and the run that was last left waiting; None for none."""

    taken: frozenset[Slot]
    waiting: Slot | None


def take(slot: Slot, *, most: int, now: int) -> Slots | None:
    """Take a slot and return None; if as many as `most` are taken, return them."""
    try:
        dynamodb().update_item(
            TableName=settings().rate_limits_table,
            Key=_key(slot.tenant),
            UpdateExpression="ADD slots :slot SET expires_at = :expires_at",
            ConditionExpression="attribute_not_exists(slots) OR size(slots) < :most",
            ExpressionAttributeValues={
                ":slot": {"SS": [str(slot)]},
                ":most": to_attribute(most),
                ":expires_at": to_attribute(now + _KEPT_SECONDS),
            },
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except ClientError as failure:
        if not condition_failed(failure):
            raise
        seen: Any = failure.response
        return _slots(slot.tenant, seen["Item"])
    return None


def give_back(tenant: Tenant, slots: Collection[Slot]) -> Slots:
    """Give slots back and return what is left."""
    answer = dynamodb().update_item(
        TableName=settings().rate_limits_table,
        Key=_key(tenant),
        UpdateExpression="DELETE slots :slots",
        ExpressionAttributeValues={":slots": {"SS": sorted(map(str, slots))}},
        ReturnValues="ALL_NEW",
    )
    return _slots(tenant, answer["Attributes"])


def note_waiting(slot: Slot, *, most: int) -> bool:
    """Have whoever next gives a slot back look for waiting runs; False if there is room by now."""
    answer = if_holds(
        dynamodb().update_item,
        TableName=settings().rate_limits_table,
        Key=_key(slot.tenant),
        UpdateExpression="SET waiting = :slot",
        ConditionExpression="attribute_exists(slots) AND size(slots) >= :most",
        ExpressionAttributeValues=to_item({":slot": str(slot), ":most": most}),
    )
    return answer is not None


def forget_waiting(slot: Slot) -> None:
    """Have nobody look for waiting runs any more, unless one was left waiting after `slot`."""
    if_holds(
        dynamodb().update_item,
        TableName=settings().rate_limits_table,
        Key=_key(slot.tenant),
        UpdateExpression="REMOVE waiting",
        ConditionExpression="waiting = :slot",
        ExpressionAttributeValues=to_item({":slot": str(slot)}),
    )


def _slots(tenant: Tenant, item: dict[str, Any]) -> Slots:
    taken = item.get("slots", {"SS": []})["SS"]
    waiting = item.get("waiting")
    return Slots(
        frozenset(Slot.read(tenant.organisation_id, text) for text in taken),
        Slot.read(tenant.organisation_id, waiting["S"]) if waiting else None,
    )


def _key(tenant: Tenant) -> dict[str, Any]:
    return {"id": to_attribute(f"runs#{tenant.organisation_id}")}

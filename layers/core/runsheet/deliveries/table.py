"""DeliveriesTable: partition key `config` (tenant and config), sort key `delivery` (run, kind, recipient).

Index `by_unsubscribe` (unsubscribe_hash, keys only, sparse) finds the delivery of a link in a mail.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from runsheet.deliveries.model import Delivery
from runsheet.runtime.clients import dynamodb
from runsheet.runtime.items import from_item, if_holds, to_item
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runsheet.deliveries.model import DeliveryRequested, Status

LEASE_SECONDS = 90

_ATTRIBUTES = tuple(name for name in Delivery.__dataclass_fields__ if name != "tenant")
_OURS = "#status = :sending AND lease = :lease"
# Nobody holds it, and it was certainly not handed to SES.
_FREE = "#status = :pending OR (#status = :sending AND lease_until <= :now AND attribute_not_exists(handed_over_at))"
_LEFT = "#status = :sending AND lease_until <= :now AND attribute_exists(handed_over_at)"


def put(delivery: Delivery, *, expires_at: int) -> bool:
    """Store a new delivery; False if it was there already."""
    values = {name: value for name, value in asdict(delivery).items() if name != "tenant"}
    key = _keys(delivery.tenant, delivery.config_id, delivery.run_id, delivery.kind, delivery.recipient)
    answer = if_holds(
        dynamodb().put_item,
        TableName=settings().deliveries_table,
        Item=to_item(key | values | {"expires_at": expires_at}),
        ConditionExpression="attribute_not_exists(config)",
    )
    return answer is not None


def get(message: DeliveryRequested) -> tuple[Delivery, bool] | None:
    """Return the delivery, strongly consistent, and whether it was handed to SES; None if there is none."""
    answer = dynamodb().get_item(
        TableName=settings().deliveries_table, Key=_key_of(message), ConsistentRead=True
    )
    if "Item" not in answer:
        return None
    values = from_item(answer["Item"])
    return _delivery(values), "handed_over_at" in values


def of_run(tenant: Tenant, config_id: str, run_id: str) -> list[Delivery]:
    """Return every delivery of a run."""
    answer = dynamodb().query(
        TableName=settings().deliveries_table,
        KeyConditionExpression="config = :config AND begins_with(delivery, :run)",
        ExpressionAttributeValues=to_item({":config": _partition(tenant, config_id), ":run": f"{run_id}#"}),
        ConsistentRead=True,
    )
    return [_delivery(from_item(item)) for item in answer["Items"]]


def of_config(tenant: Tenant, config_id: str, limit: int) -> list[Delivery]:
    """Return up to `limit` deliveries of a config, those of the newest run first."""
    answer = dynamodb().query(
        TableName=settings().deliveries_table,
        KeyConditionExpression="config = :config",
        ExpressionAttributeValues=to_item({":config": _partition(tenant, config_id)}),
        ScanIndexForward=False,
        ConsistentRead=True,
        Limit=limit,
    )
    return [_delivery(from_item(item)) for item in answer["Items"]]


def by_unsubscribe(token_hash: str) -> tuple[Tenant, str, str] | None:
    """Return tenant, config and address of the delivery whose mail holds this link; None if there is none."""
    found = dynamodb().query(
        TableName=settings().deliveries_table,
        IndexName="by_unsubscribe",
        KeyConditionExpression="unsubscribe_hash = :hash",
        ExpressionAttributeValues=to_item({":hash": token_hash}),
    )["Items"]
    if not found:
        return None
    key = {"config": found[0]["config"], "delivery": found[0]["delivery"]}
    answer = dynamodb().get_item(TableName=settings().deliveries_table, Key=key)
    if "Item" not in answer:
        return None
    delivery = _delivery(from_item(answer["Item"]))
    return delivery.tenant, delivery.config_id, delivery.email


def take(message: DeliveryRequested, lease: str, *, now: int) -> Delivery | None:
    """Claim a delivery that nobody holds and return it; None if there is none to claim.

    One that a worker left after it had handed the mail to SES is not claimed: it may have been sent.
    """
    return _changed(
        message,
        "SET #status = :sending, lease = :lease, lease_until = :until ADD attempts :one",
        _FREE,
        {":lease": lease, ":until": now + LEASE_SECONDS, ":now": now, ":one": 1, ":pending": "pending"},
    )


def hand_over(message: DeliveryRequested, lease: str, *, unsubscribe_hash: str, now: int) -> bool:
    """Note that the mail goes to SES now: from here on nobody sends it again. False if the lease was lost."""
    expression = "SET handed_over_at = :now, lease_until = :until, unsubscribe_hash = :hash"
    values = {":now": now, ":until": now + LEASE_SECONDS, ":hash": unsubscribe_hash, ":lease": lease}
    return _changed(message, expression, _OURS, values) is not None


def give_back(message: DeliveryRequested, lease: str) -> None:
    """Let another worker claim a delivery at once that SES has certainly not taken."""
    expression = "SET #status = :pending REMOVE lease, lease_until, handed_over_at"
    _changed(message, expression, _OURS, {":pending": "pending", ":lease": lease})


def end(
    message: DeliveryRequested,
    lease: str,
    status: Status,
    *,
    reason: str | None = None,
    message_id: str | None = None,
    sent_at: int | None = None,
    unknown: bool = False,
) -> bool:
    """End a delivery that this worker holds; False if the lease was lost.

    Args:
        message: which one.
        lease: the worker's.
        status: how it ended.
        reason: why it was not sent.
        message_id: SES's.
        sent_at: unix seconds.
        unknown: SES may have taken it; what SES reports of it later corrects the status.
    """
    values = {
        "reason": reason,
        "message_id": message_id,
        "sent_at": sent_at,
        "outcome_unknown": unknown or None,
    }
    given = {name: value for name, value in values.items() if value is not None}
    assignments = ", ".join(["#status = :status", *(f"{name} = :{name}" for name in given)])
    return (
        _changed(
            message,
            f"SET {assignments} REMOVE lease, lease_until",
            _OURS,
            {":status": status, ":lease": lease} | {f":{name}": value for name, value in given.items()},
        )
        is not None
    )


def give_up(message: DeliveryRequested, *, reason: str, now: int) -> bool:
    """End as failed what a worker handed to SES and then left; False if it is not (or no longer) so."""
    return (
        _changed(
            message,
            "SET #status = :failed, reason = :reason, outcome_unknown = :true REMOVE lease, lease_until",
            _LEFT,
            {":failed": "failed", ":reason": reason, ":true": True, ":now": now},
        )
        is not None
    )


def note_back(
    message: DeliveryRequested, *, status: Status | None, reason: str, message_id: str
) -> Delivery | None:
    """Note a bounce or a complaint and return the delivery; None if there is none. No status: it may still arrive."""
    assignments = "reason = :reason, message_id = :message_id"
    values: dict[str, Any] = {":reason": reason, ":message_id": message_id}
    if status is not None:
        assignments += ", #status = :status"
        values[":status"] = status
    return _changed(message, f"SET {assignments}", "attribute_exists(config)", values)


def note_taken(message: DeliveryRequested, *, message_id: str, now: int) -> None:
    """Correct a delivery of which nobody knew whether SES had taken it: it had."""
    _changed(
        message,
        "SET #status = :sent, sent_at = :now, message_id = :message_id REMOVE reason, outcome_unknown",
        "#status = :failed AND attribute_exists(outcome_unknown)",
        {":sent": "sent", ":failed": "failed", ":now": now, ":message_id": message_id},
    )


def note_delivered(message: DeliveryRequested, *, now: int) -> None:
    """Note that the recipient's server has taken the mail."""
    _changed(message, "SET delivered_at = :now", "attribute_exists(config)", {":now": now})


def _changed(
    message: DeliveryRequested, expression: str, condition: str, values: Mapping[str, Any]
) -> Delivery | None:
    given = dict(values)
    if ":sending" in expression + condition:
        given[":sending"] = "sending"
    names: Any = (
        {"ExpressionAttributeNames": {"#status": "status"}} if "#status" in expression + condition else {}
    )
    answer = if_holds(
        dynamodb().update_item,
        TableName=settings().deliveries_table,
        Key=_key_of(message),
        UpdateExpression=expression,
        ConditionExpression=condition,
        ExpressionAttributeValues=to_item(given),
        ReturnValues="ALL_NEW",
        **names,
    )
    return _delivery(from_item(answer["Attributes"])) if answer else None


def _partition(tenant: Tenant, config_id: str) -> str:
    return f"{tenant.partition}#{config_id}"


def _keys(tenant: Tenant, config_id: str, run_id: str, kind: str, recipient: str) -> dict[str, str]:
    return {"config": _partition(tenant, config_id), "delivery": f"{run_id}#{kind}#{recipient}"}


def _key_of(message: DeliveryRequested) -> dict[str, Any]:
    return to_item(_keys(message.tenant, message.config_id, message.run_id, message.kind, message.recipient))


def _delivery(values: dict[str, Any]) -> Delivery:
    tenant = Tenant.from_partition(values["config"].rpartition("#")[0])
    return Delivery(tenant=tenant, **{name: values[name] for name in _ATTRIBUTES if name in values})

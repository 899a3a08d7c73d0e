"""ReportConfigsTable, index `due`: the enabled configs by shard and next run, and the write that takes slots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from runsheet.report_configs import table
from runsheet.report_runs import queueing
from runsheet.report_runs import table as report_runs
from runsheet.runtime.clients import dynamodb
from runsheet.runtime.items import condition_failed, to_attribute, to_item
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runsheet.report_configs.model import ReportConfig
    from runsheet.report_runs.model import ReportRun

# The write names what was read: a slot that was taken, or a config that was changed, since then refuses it.
_UNCHANGED = "next_run_at = :due AND revision = :revision"


def due(shard: str, now: int) -> Iterator[ReportConfig]:
    """Yield the shard's configs whose next run is due at `now` (unix seconds), the longest waiting first.

    The index lags: a config may be shown that was taken or changed a moment ago.
    """
    pages = (
        dynamodb()
        .get_paginator("query")
        .paginate(
            TableName=settings().report_configs_table,
            IndexName="due",
            KeyConditionExpression="shard = :shard AND next_run_at <= :now",
            ExpressionAttributeValues=to_item({":shard": shard, ":now": now}),
        )
    )
    for page in pages:
        yield from map(table.config, page["Items"])


class Claim(NamedTuple):
    """A slot to take: the config as it was read, the run of the slot, and when the config is due next (unix seconds)."""

    config: ReportConfig
    run: ReportRun
    next_run_at: int


def take(claims: Sequence[Claim]) -> bool:
    """Store the runs and move their configs on to their next slots, all or none of them.

    Args:
        claims: up to 50, as a transaction takes 100 writes.

    Returns:
        False if one of the slots is taken already, or one of the configs was changed: none of the claims holds.
    """
    operations: Any = []
    for config, run, next_run_at in claims:
        operations += [
            {"Update": _moved(config, "", {":next": next_run_at})},
            {"Put": report_runs.put_operation(run, expires_at=queueing.expires_at(run))},
        ]
    try:
        dynamodb().transact_write_items(TransactItems=operations)
    except ClientError as failure:
        if condition_failed(failure) or _in_conflict(failure):
            return False
        raise
    return True


def rezone(config: ReportConfig, zone: str, *, next_run_at: int) -> bool:
    """Move a config to the zone that is its organisation's now; False if it was changed meanwhile."""
    try:
        dynamodb().update_item(**_moved(config, ", #zone = :zone", {":next": next_run_at, ":zone": zone}))
    except ClientError as failure:
        if condition_failed(failure):
            return False
        raise
    return True


def _moved(config: ReportConfig, more: str, values: dict[str, Any]) -> Any:  # noqa: ANN401 - typed by the client
    names: Any = {"ExpressionAttributeNames": {"#zone": "zone"}} if more else {}
    return names | {
        "TableName": settings().report_configs_table,
        "Key": {"tenant": to_attribute(config.tenant.partition), "id": to_attribute(config.id)},
        "UpdateExpression": "SET next_run_at = :next, revision = :following" + more,
        "ConditionExpression": _UNCHANGED,
        "ExpressionAttributeValues": to_item(
            values
            | {":due": config.next_run_at, ":revision": config.revision, ":following": config.revision + 1}
        ),
    }


def _in_conflict(failure: ClientError) -> bool:
    """Return whether another transaction was at the same items: it is the other dispatcher's claim."""
    reasons = failure.response.get("CancellationReasons", [])
    return any(reason.get("Code") == "TransactionConflict" for reason in reasons)

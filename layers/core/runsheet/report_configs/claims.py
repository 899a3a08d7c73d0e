"""ReportConfigsTable and ReportRunsTable: the write that takes slots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from runsheet.report_runs import queueing
from runsheet.report_runs import table as report_runs
from runsheet.runtime.clients import dynamodb
from runsheet.runtime.items import condition_failed, to_attribute, to_item
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runsheet.report_configs.model import ReportConfig
    from runsheet.report_runs.model import ReportRun


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
    for claim in claims:
        run = report_runs.put_operation(claim.run, expires_at=queueing.expires_at(claim.run))
        operations += [{"Update": _moved(claim.config, claim.next_run_at)}, {"Put": run}]
    try:
        dynamodb().transact_write_items(TransactItems=operations)
    except ClientError as failure:
        if condition_failed(failure) or _in_conflict(failure):
            return False
        raise
    return True


def _moved(config: ReportConfig, next_run_at: int) -> dict[str, Any]:
    """The write names what was read: a slot that was taken, or a config that was changed, since then refuses it."""
    values = {
        ":next": next_run_at,
        ":due": config.next_run_at,
        ":revision": config.revision,
        ":following": config.revision + 1,
    }
    return {
        "TableName": settings().report_configs_table,
        "Key": {"tenant": to_attribute(config.tenant.partition), "id": to_attribute(config.id)},
        "UpdateExpression": "SET next_run_at = :next, revision = :following",
        "ConditionExpression": "next_run_at = :due AND revision = :revision",
        "ExpressionAttributeValues": to_item(values),
    }


def _in_conflict(failure: ClientError) -> bool:
    """Return whether another transaction was at the same items: it is the other dispatcher's claim."""
    reasons = failure.response.get("CancellationReasons", [])
    return any(reason.get("Code") == "TransactionConflict" for reason in reasons)

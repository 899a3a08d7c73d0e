"""RateLimitsTable: partition key `id`. Buckets (`rate#<bucket>`) and the running exports of a key (`exports#<key id>`)."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from runsheet.errors import Unavailable
from runsheet.runtime import clients
from runsheet.runtime.items import condition_failed, to_attribute, to_item
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from runsheet.rate_limits.model import Limit

_KEPT_SECONDS = 24 * 60 * 60
_TRIES = 6
_FIRST_WAIT_SECONDS = 0.01
# Reasons why a transaction was cancelled that may be gone at the next try.
_PASSING = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})


class Taken(NamedTuple):
    """Whether a token was there, and when the bucket is full again (0 if that was not told)."""

    passed: bool
    full_at: int


def take(bucket: str, limit: Limit, *, now: int, busy: bool) -> Taken:
    """Take a token out of a bucket, if there is one.

    An update cannot take the later of two instants, so there are two of them: one for a bucket that is not full at `now`
    and one for a bucket that is. Each names its case in its condition, so whichever order they reach the table in, every
    token is counted. Times are microseconds.

    Args:
        bucket: whose requests are counted together.
        limit: how many pass.
        now: the present instant.
        busy: True if the bucket was seen not to be full at `now`. It costs nothing to be wrong but a second write.
    """
    if busy:
        taken = _from_used(bucket, limit, now)
        if taken.passed or taken.full_at > limit.latest(now):
            return taken
    taken = _from_full(bucket, limit, now)
    if taken.passed or taken.full_at > limit.latest(now):
        return taken
    # Others have used it at `now`, and an instant of being full only ever becomes later: this case is final.
    return _from_used(bucket, limit, now)


def _from_used(bucket: str, limit: Limit, now: int) -> Taken:
    return _updated(
        bucket,
        "SET full_at = full_at + :interval, expires_at = :expires_at",
        "full_at >= :now AND full_at <= :latest",
        {":interval": limit.interval, ":now": now, ":latest": limit.latest(now)},
        now,
    )


def _from_full(bucket: str, limit: Limit, now: int) -> Taken:
    return _updated(
        bucket,
        "SET full_at = :next, expires_at = :expires_at",
        "attribute_not_exists(full_at) OR full_at < :now",
        {":next": now + limit.interval, ":now": now},
        now,
    )


def _updated(bucket: str, expression: str, condition: str, values: dict[str, int], now: int) -> Taken:
    try:
        answer = clients.dynamodb_in_passing().update_item(
            TableName=settings().rate_limits_table,
            Key=_key(f"rate#{bucket}"),
            UpdateExpression=expression,
            ConditionExpression=condition,
            ExpressionAttributeValues=to_item(values | {":expires_at": now // 1_000_000 + _KEPT_SECONDS}),
            ReturnValues="UPDATED_NEW",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except ClientError as failure:
        if condition_failed(failure):
            seen: Any = failure.response
            return Taken(passed=False, full_at=int(seen.get("Item", {}).get("full_at", {"N": 0})["N"]))
        raise
    return Taken(passed=True, full_at=int(answer["Attributes"]["full_at"]["N"]))


def hold(holder: str, run_id: str, beside: Any, *, most: int, until: int) -> bool:  # noqa: ANN401 - as the client takes it
    """Note a running export of a holder's and carry out another write, both or neither; False if one is refused.

    A holder that has `most` is refused, and so is a write whose own condition does not hold.

    Args:
        holder: whose export: a key, or a key for an organisation that it acts for.
        run_id: its run.
        beside: the write, as one of a transaction.
        most: how many of the holder may be noted.
        until: unix seconds; when the run has ended for certain.

    Raises:
        Unavailable: other transactions are at the holder's item all the time.
    """
    noted: Any = {
        "TableName": settings().rate_limits_table,
        "Key": _key(f"exports#{holder}"),
        "UpdateExpression": "ADD runs :run SET expires_at = :expires_at",
        "ConditionExpression": "attribute_not_exists(runs) OR size(runs) < :most",
        "ExpressionAttributeValues": {
            ":run": {"SS": [run_id]},
            ":most": to_attribute(most),
            ":expires_at": to_attribute(until + _KEPT_SECONDS),
        },
    }
    for attempt in range(_TRIES):
        try:
            clients.dynamodb().transact_write_items(TransactItems=[beside, {"Update": noted}])
        except ClientError as failure:
            reasons = [reason.get("Code") for reason in failure.response.get("CancellationReasons", [])]
            if "ConditionalCheckFailed" in reasons:
                return False
            if not _PASSING & set(reasons):
                raise
            time.sleep(_FIRST_WAIT_SECONDS * 2**attempt * (1 + random.random()))  # noqa: S311 - no secret
        else:
            return True
    raise Unavailable("Too much is asked of the service at this moment. Try again shortly.")


def held(holder: str) -> frozenset[str]:
    """Return the ids of the runs that are noted for a holder, strongly consistent."""
    answer = clients.dynamodb().get_item(
        TableName=settings().rate_limits_table, Key=_key(f"exports#{holder}"), ConsistentRead=True
    )
    return frozenset(answer.get("Item", {}).get("runs", {"SS": []})["SS"])


def give_back(holder: str, run_ids: AbstractSet[str]) -> None:
    """Take runs that have ended out of those noted for a holder. Those noted meanwhile stay."""
    clients.dynamodb().update_item(
        TableName=settings().rate_limits_table,
        Key=_key(f"exports#{holder}"),
        UpdateExpression="DELETE runs :ended",
        ExpressionAttributeValues={":ended": {"SS": sorted(run_ids)}},
    )


def _key(item_id: str) -> dict[str, Any]:
    return {"id": to_attribute(item_id)}

"""ReportRunsTable: partition key `tenant`, sort key `id`. Index `unfinished` for the sweeper, `waiting` by organisation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runsheet import leases
from runsheet.athena_queries import table as athena_queries
from runsheet.files import table as files_table
from runsheet.files.model import File
from runsheet.report_runs import reuse
from runsheet.report_runs.model import ReportRun, Sending
from runsheet.runtime import clock
from runsheet.runtime.clients import dynamodb
from runsheet.runtime.items import from_item, if_holds, put_new, to_attribute, to_item
from runsheet.runtime.reading import batch_get
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from runsheet.athena_queries.model import AthenaQuery
    from runsheet.report_runs.slots import Slot
    from runsheet.runtime.paging import Span

_work = leases.Work(
    lambda: settings().report_runs_table, open=("pending",), held="pending", until_taken="waiting_in"
)
# A run that waits for others of its organisation is queued when one ends; the sweeper looks after it in case none does.
_WAITING_SECONDS = 15 * 60
# How long after a query was started, or seen to run, it is looked at if Athena has not told of its end.
QUERY_ATTENTION_SECONDS = 600
_END = leases.END + ", waiting_in"


def put(run: ReportRun, *, expires_at: int) -> ReportRun:
    """Store a new run; from now on it ends as `succeeded` or `failed`, whatever dies. Return it, or the one in its place."""
    there = put_new(dynamodb(), **put_operation(run, expires_at=expires_at))
    return run if there is None else _run(there)


def put_operation(run: ReportRun, *, expires_at: int) -> Any:  # noqa: ANN401 - typed by the client that takes it
    """Return the write that stores a new run, for a transaction."""
    item = {
        "tenant": run.tenant.partition,
        "id": run.id,
        "report_type": run.report_type,
        "parameters": run.parameters,
        "created": run.created,
        "deadline": run.deadline,
        "status": run.status,
        "attempts": run.attempts,
        "progress": run.progress,
        "unfinished": leases.shard_of(run.id),
        "attention_at": run.created + leases.FIRST_ATTENTION_SECONDS,
        "expires_at": expires_at,
        "sending": run.sending.as_dict() if run.sending else None,
        "resolved_parameters": run.resolved or None,
    }
    return {
        "TableName": settings().report_runs_table,
        "Item": to_item(item),
        "ConditionExpression": "attribute_not_exists(id)",
    }


def get(tenant: Tenant, run_id: str, *, now: int = 0) -> ReportRun | None:
    """Return the run, strongly consistent: it is polled right after it was made. None if it has expired at `now`."""
    answer = dynamodb().get_item(
        TableName=settings().report_runs_table, Key=_key(tenant, run_id), ConsistentRead=True
    )
    values = from_item(answer["Item"]) if "Item" in answer else None
    return None if values is None or values["expires_at"] <= now else _run(values)


def ended(key: Mapping[str, str]) -> ReportRun | None:
    """Return the run that a change in the stream is about, by its key, strongly consistent; None if it has not ended."""
    run = get(Tenant.from_partition(key["tenant"]), key["id"])
    return None if run is None or run.status == "pending" else run


def running(tenant: Tenant, run_ids: Collection[str], *, now: int) -> set[str]:
    """Return those runs that are pending and not past their deadline, strongly consistent.

    Raises:
        Unavailable: DynamoDB keeps leaving some of them unread.
    """
    keys = [_key(tenant, run_id) for run_id in sorted(run_ids)]
    found = batch_get(settings().report_runs_table, keys)
    return {run["id"] for run in found if run["status"] == "pending" and run["deadline"] > now}


def page(tenant: Tenant, span: Span, *, now: int) -> tuple[list[ReportRun], bool]:
    """Return the span's page of runs that have not expired at `now` (unix seconds), and whether more follow.

    It is one Query, unless it meets runs that have expired and are there still: they are the oldest.
    """
    if span.is_empty:
        return [], False
    found: list[ReportRun] = []
    where: dict[str, Any] = {"Limit": span.limit + 2}  # one for has_more, one as BETWEEN includes the cursor
    while True:
        answer = dynamodb().query(
            TableName=settings().report_runs_table,
            KeyConditionExpression="tenant = :tenant AND id BETWEEN :first AND :last",
            # DynamoDB takes up to two days to remove what has expired.
            FilterExpression="expires_at > :now",
            ExpressionAttributeValues=to_item(
                {":tenant": tenant.partition, ":first": span.first, ":last": span.last, ":now": now}
            ),
            ScanIndexForward=span.ascending,
            ConsistentRead=True,
            **where,
        )
        found += [_run(from_item(item)) for item in answer["Items"] if item["id"]["S"] not in span.cursors]
        following = answer.get("LastEvaluatedKey")
        # DynamoDB also ends an answer at 1 MB, which runs with hundreds of columns reach. A short page then suffices:
        # many whole ones would be too long to be answered with.
        if following is None or len(found) > span.limit or answer["ScannedCount"] == answer["Count"]:
            break
        where = {"ExclusiveStartKey": following}
    runs, more = span.cut(found)
    return runs, more or following is not None


def take(tenant: Tenant, run_id: str, lease: str, *, now: int) -> ReportRun | None:
    """Take the lease of a pending run that nobody holds and return it; None if there is none to take."""
    values = _work.take(tenant, run_id, lease, now=now)
    return _run(values) if values else None


def extend(run: ReportRun, lease: str, *, progress: float, now: int) -> None:
    """Note the progress (0 to 1) and keep the lease.

    Raises:
        LeaseLost: the run has ended, by a cancel for one, or another worker has it.
    """
    _work.extend(run.tenant, run.id, lease, progress=progress, now=now)


def release(run: ReportRun, lease: str, *, now: int) -> None:
    """Give the lease back, if it is held still, so that the next message may take it at once."""
    _work.release(run.tenant, run.id, lease, now=now)


def leave_waiting(run: ReportRun, lease: str, *, now: int) -> None:
    """Give the lease back, if it is held still, of a run that there is no room for: it was not tried, and waits."""
    expression, values = _waiting(run, now, _WAITING_SECONDS)
    values |= {":organisation": run.tenant.organisation_id}
    _work.end(run.tenant, run.id, lease, f"SET waiting_in = :organisation, {expression}", values)


def waiting(organisation_id: str, *, most: int) -> list[tuple[Tenant, str]]:
    """Return tenant and id of the runs of an organisation, in both modes, that wait for room: the oldest, at most so many.

    The index is a moment behind. A run stands there until a worker has it, so it may be on its way already.
    """
    answer = dynamodb().query(
        TableName=settings().report_runs_table,
        IndexName="waiting",
        KeyConditionExpression="waiting_in = :organisation",
        ExpressionAttributeValues=to_item({":organisation": organisation_id}),
        Limit=most,
    )
    return [(Tenant.from_partition(item["tenant"]["S"]), item["id"]["S"]) for item in answer["Items"]]


def worked_on(slots: Collection[Slot], *, now: int) -> frozenset[Slot]:
    """Return those slots whose run is held by their lease at `now`, strongly consistent.

    Raises:
        Unavailable: DynamoDB keeps leaving some of the runs unread.
    """
    keys = {(slot.tenant, slot.run_id): _key(slot.tenant, slot.run_id) for slot in slots}
    held = {
        (item["tenant"], item["id"], item.get("lease"))
        for item in batch_get(settings().report_runs_table, list(keys.values()))
        if item["status"] == "pending" and item.get("lease_until", 0) > now
    }
    return frozenset(slot for slot in slots if (slot.tenant.partition, slot.run_id, slot.lease) in held)


def note_query(run: ReportRun, lease: str, query: AthenaQuery, *, now: int) -> bool:
    """Note the query that carries the run out, and give the lease back, both or neither; False if the lease was lost."""
    expression, values = _waiting(run, now, QUERY_ATTENTION_SECONDS)
    update = _work.held_update(
        run.tenant, run.id, lease, f"SET query_id = :query, {expression}", values | {":query": query.id}
    )
    operations = [{"Update": update}, athena_queries.put_operation(query)]
    return if_holds(dynamodb().transact_write_items, TransactItems=operations) is not None


def wait(run: ReportRun, lease: str, *, now: int) -> None:
    """Give the lease of a run back whose query runs still."""
    expression, values = _waiting(run, now, QUERY_ATTENTION_SECONDS)
    _work.end(run.tenant, run.id, lease, f"SET {expression}", values)


def _waiting(run: ReportRun, now: int, seconds: int) -> tuple[str, dict[str, Any]]:
    """Return what is set of a run that waits for room or its query: if nothing comes, the sweeper looks after `seconds`.

    The worker has done what it was taken for, so that is no attempt.
    """
    later = max(min(now + seconds, run.deadline), now + 1)
    return (
        "attention_at = :later, attempts = :before REMOVE lease, lease_until",
        {":later": later, ":before": run.attempts - 1},
    )


def forget_query(run: ReportRun, lease: str) -> None:
    """Take a query that came to nothing from its run, for the next attempt to start another.

    Raises:
        LeaseLost: the run has ended, or another worker has it.
    """
    values = {":count": run.queries + 1}
    if not _work.end(run.tenant, run.id, lease, "SET queries = :count REMOVE query_id", values):
        raise leases.LeaseLost


def succeed(
    run: ReportRun,
    lease: str,
    file: File,
    *,
    now: int,
    manifest: Mapping[str, Any] | None = None,
    fingerprint: str | None = None,
    also: Sequence[Any] = (),
) -> bool:
    """Store the file and end the run, both or neither; False if the lease was lost.

    With a fingerprint of its inputs, the result is found again by them. `also` are writes of the same transaction.
    """
    found = dict(manifest or {})
    operations = [
        _success(run, lease, file, now=now, manifest=found),
        files_table.put_operation(run.tenant, file),
    ]
    if fingerprint is not None:
        operations.append(reuse.put_operation(run.tenant, fingerprint, reuse.Result(run.id, file, found)))
    operations += also
    return if_holds(dynamodb().transact_write_items, TransactItems=operations) is not None


def succeed_with(run: ReportRun, lease: str, result: reuse.Result, *, now: int) -> bool:
    """End the run with the result of another run; False if the lease was lost."""
    success = _success(run, lease, result.file, now=now, manifest=result.manifest, reused_from=result.run_id)
    return if_holds(dynamodb().update_item, **success["Update"]) is not None


def _success(
    run: ReportRun,
    lease: str,
    file: File,
    *,
    now: int,
    manifest: dict[str, Any],
    reused_from: str | None = None,
) -> Any:  # noqa: ANN401 - typed by the client that takes it
    values = {
        ":succeeded": "succeeded",
        ":file": file.as_dict(),
        ":now": now,
        ":one": 1,
        ":manifest": manifest,
        ":from": reused_from,
    }
    expression = (
        "SET #status = :succeeded, result_file = :file, succeeded_at = :now, progress = :one, manifest = :manifest"
        + (", reused_from = :from" if reused_from else "")
        + _END
    )
    return {"Update": _work.held_update(run.tenant, run.id, lease, expression, values)}


def fail(run: ReportRun, *, error: str, code: str) -> bool:
    """End a pending run as failed, whoever holds it; False if it had ended already."""
    values = {
        ":failed": "failed",
        ":error": error,
        ":code": code,
        ":now": clock.seconds(),
        ":pending": "pending",
    }
    answer = if_holds(
        dynamodb().update_item,
        TableName=settings().report_runs_table,
        Key=_key(run.tenant, run.id),
        UpdateExpression="SET #status = :failed, error_message = :error, error_code = :code, failed_at = :now"
        + _END,
        ConditionExpression="#status = :pending",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues=to_item(values),
    )
    return answer is not None


def needing_attention(shard: str, *, now: int) -> Iterator[tuple[Tenant, str]]:
    """Yield tenant and id of the shard's unfinished runs whose attention is due, the longest waiting first."""
    return _work.needing_attention(shard, now=now)


def note_queued(run: ReportRun, *, now: int) -> bool:
    """Put off the next attention of a run that is queued again; False if it is no longer due."""
    return _work.note_queued(run.tenant, run.id, now=now) is not None


def _key(tenant: Tenant, run_id: str) -> dict[str, Any]:
    return {"tenant": to_attribute(tenant.partition), "id": to_attribute(run_id)}


def _run(values: dict[str, Any]) -> ReportRun:
    file, sending = values.get("result_file"), values.get("sending")
    return ReportRun(
        tenant=Tenant.from_partition(values["tenant"]),
        id=values["id"],
        report_type=values["report_type"],
        parameters=values["parameters"],
        created=values["created"],
        deadline=values["deadline"],
        status=values["status"],
        attempts=values["attempts"],
        progress=float(values["progress"]),
        file=File(**file) if file else None,
        error=values.get("error_message"),
        error_code=values.get("error_code"),
        succeeded_at=values.get("succeeded_at"),
        failed_at=values.get("failed_at"),
        sending=Sending(**sending) if sending else None,
        resolved=values.get("resolved_parameters", {}),
        manifest=values.get("manifest") or None,
        reused_from=values.get("reused_from"),
        query_id=values.get("query_id"),
        queries=values.get("queries", 0),
    )

"""DatasetUploadsTable: partition key `tenant`, sort key `id`; index `unfinished` for the sweeper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from runsheet import leases
from runsheet.dataset_uploads.model import Upload
from runsheet.runtime.clients import dynamodb
from runsheet.runtime.items import condition_failed, from_item, to_attribute, to_item
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runsheet.datasets.model import BadRow, Batch

# A file that began to arrive just before its URL ended may take this long.
_ARRIVAL_SECONDS = 1800
_HELD = "#status = :processing AND lease = :lease"
_END = " REMOVE unfinished, attention_at, lease, lease_until"


def put(upload: Upload, *, expires_at: int) -> None:
    """Store a new upload; the item is removed at `expires_at` (unix seconds)."""
    item = {
        "tenant": upload.tenant.partition,
        "id": upload.id,
        "dataset": upload.dataset,
        "form": upload.form,
        "batch_id": upload.batch_id,
        "created": upload.created,
        "url_expires_at": upload.url_expires_at,
        "status": upload.status,
        "attempts": upload.attempts,
        "progress": upload.progress,
        "unfinished": leases.shard_of(upload.id),
        # An event that got lost is made up for, and an upload that never came ends, when none can come any more.
        "attention_at": upload.url_expires_at + _ARRIVAL_SECONDS,
        "expires_at": expires_at,
    }
    dynamodb().put_item(
        TableName=settings().dataset_uploads_table,
        Item=to_item(item),
        ConditionExpression="attribute_not_exists(id)",
    )


def get(tenant: Tenant, upload_id: str) -> Upload | None:
    """Return the upload, strongly consistent: it is polled right after it was made."""
    answer = dynamodb().get_item(
        TableName=settings().dataset_uploads_table, Key=_key(tenant, upload_id), ConsistentRead=True
    )
    return _upload(answer["Item"]) if "Item" in answer else None


def take(tenant: Tenant, upload_id: str, lease: str, *, now: int) -> Upload | None:
    """Take the lease of an upload that has not ended and that nobody holds; None if there is none to take."""
    try:
        answer = dynamodb().update_item(
            TableName=settings().dataset_uploads_table,
            Key=_key(tenant, upload_id),
            UpdateExpression=(
                "SET #status = :processing, lease = :lease, lease_until = :until, attention_at = :until, "
                "unfinished = :shard ADD attempts :one"
            ),
            ConditionExpression=(
                "#status IN (:pending, :processing, :expired) "
                "AND (attribute_not_exists(lease_until) OR lease_until <= :now)"
            ),
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues=to_item(
                {
                    ":lease": lease,
                    ":until": now + leases.LEASE_SECONDS,
                    ":shard": leases.shard_of(upload_id),
                    ":one": 1,
                    ":now": now,
                    ":pending": "pending",
                    ":processing": "processing",
                    ":expired": "expired",
                }
            ),
            ReturnValues="ALL_NEW",
        )
    except ClientError as failure:
        if condition_failed(failure):
            return None
        raise
    return _upload(answer["Attributes"])


def extend(upload: Upload, lease: str, *, progress: float, now: int) -> None:
    """Note the progress (0 to 1) and keep the lease; a ClientError says that it is lost."""
    _update(
        upload,
        "SET progress = :progress, lease_until = :until, attention_at = :until",
        {":progress": progress, ":until": now + leases.LEASE_SECONDS, ":lease": lease},
    )


def release(upload: Upload, lease: str, *, now: int) -> None:
    """Give the lease back, if it is held still, so that the next message may take it at once."""
    _update_held(
        upload,
        "SET attention_at = :soon REMOVE lease, lease_until",
        {":soon": now + leases.QUEUED_SECONDS, ":lease": lease},
    )


def succeed(upload: Upload, lease: str, batch: Batch, *, now: int) -> bool:
    """End the upload with its batch; False if the lease was lost to another worker."""
    return _update_held(
        upload,
        "SET #status = :succeeded, succeeded_at = :now, progress = :one, row_count = :rows, deleted_count = :deleted"
        + _END,
        {
            ":succeeded": "succeeded",
            ":now": now,
            ":one": 1,
            ":rows": batch.row_count,
            ":deleted": batch.deleted_count,
            ":lease": lease,
        },
    )


def fail(upload: Upload, lease: str, *, code: str, message: str, bad_rows: Sequence[BadRow] = ()) -> bool:
    """End the upload as failed; False if the lease was lost to another worker."""
    return _update_held(
        upload,
        "SET #status = :failed, failure_code = :code, failure_message = :message, bad_rows = :rows" + _END,
        {
            ":failed": "failed",
            ":code": code,
            ":message": message,
            ":rows": [row.as_dict() for row in bad_rows],
            ":lease": lease,
        },
    )


def expire(upload: Upload, lease: str) -> bool:
    """End the upload, for now, as one whose file never came; False if the lease was lost to another worker."""
    return _update_held(upload, "SET #status = :expired" + _END, {":expired": "expired", ":lease": lease})


def needing_attention(shard: str, *, now: int) -> Iterator[tuple[Tenant, str]]:
    """Yield tenant and id of the shard's unfinished uploads whose attention is due, the longest waiting first."""
    pages = (
        dynamodb()
        .get_paginator("query")
        .paginate(
            TableName=settings().dataset_uploads_table,
            IndexName="unfinished",
            KeyConditionExpression="unfinished = :shard AND attention_at <= :now",
            ExpressionAttributeValues=to_item({":shard": shard, ":now": now}),
        )
    )
    for answer in pages:
        for item in answer["Items"]:
            yield Tenant.from_partition(item["tenant"]["S"]), item["id"]["S"]


def note_queued(tenant: Tenant, upload_id: str, *, now: int) -> Upload | None:
    """Put off the next attention of an upload that is queued again and return it; None if it is no longer due."""
    try:
        answer = dynamodb().update_item(
            TableName=settings().dataset_uploads_table,
            Key=_key(tenant, upload_id),
            UpdateExpression="SET attention_at = :later",
            ConditionExpression="attribute_exists(unfinished) AND attention_at <= :now",
            ExpressionAttributeValues=to_item({":later": now + leases.QUEUED_SECONDS, ":now": now}),
            ReturnValues="ALL_NEW",
        )
    except ClientError as failure:
        if condition_failed(failure):
            return None
        raise
    return _upload(answer["Attributes"])


def _update_held(upload: Upload, expression: str, values: dict[str, Any]) -> bool:
    try:
        _update(upload, expression, values)
    except ClientError as failure:
        if condition_failed(failure):
            return False
        raise
    return True


def _update(upload: Upload, expression: str, values: dict[str, Any]) -> None:
    dynamodb().update_item(
        TableName=settings().dataset_uploads_table,
        Key=_key(upload.tenant, upload.id),
        UpdateExpression=expression,
        ConditionExpression=_HELD,
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues=to_item(values | {":processing": "processing"}),
    )


def _key(tenant: Tenant, upload_id: str) -> dict[str, Any]:
    return {"tenant": to_attribute(tenant.partition), "id": to_attribute(upload_id)}


def _upload(item: Any) -> Upload:  # noqa: ANN401 - an item of DynamoDB
    values = from_item(item)
    return Upload(
        tenant=Tenant.from_partition(values["tenant"]),
        dataset=values["dataset"],
        id=values["id"],
        form=values["form"],
        batch_id=values.get("batch_id"),
        created=values["created"],
        url_expires_at=values["url_expires_at"],
        status=values["status"],
        attempts=values["attempts"],
        progress=float(values["progress"]),
        row_count=values.get("row_count"),
        deleted_count=values.get("deleted_count"),
        failure_code=values.get("failure_code"),
        failure_message=values.get("failure_message"),
        bad_rows=values.get("bad_rows", []),
        succeeded_at=values.get("succeeded_at"),
    )

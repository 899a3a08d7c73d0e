"""DatasetUploadsTable: partition key `tenant`, sort key `id`; index `unfinished` for the sweeper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runsheet import leases
from runsheet.dataset_uploads.model import Upload
from runsheet.runtime.clients import dynamodb
from runsheet.runtime.items import from_item, put_new, to_attribute, to_item
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runsheet.datasets.model import BadRow, Batch

# A file that began to arrive just before its URL ended may take this long.
_ARRIVAL_SECONDS = 1800
_work = leases.Work(
    lambda: settings().dataset_uploads_table, open=("pending", "processing", "expired"), held="processing"
)


def put(upload: Upload, *, expires_at: int) -> Upload:
    """Store a new upload and return it, or the one in its place; removed at `expires_at` (unix seconds)."""
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
    there = put_new(
        dynamodb(),
        TableName=settings().dataset_uploads_table,
        Item=to_item(item),
        ConditionExpression="attribute_not_exists(id)",
    )
    return upload if there is None else _upload(there)


def get(tenant: Tenant, upload_id: str) -> Upload | None:
    """Return the upload, strongly consistent: it is polled right after it was made."""
    answer = dynamodb().get_item(
        TableName=settings().dataset_uploads_table, Key=_key(tenant, upload_id), ConsistentRead=True
    )
    return _upload(from_item(answer["Item"])) if "Item" in answer else None


def take(tenant: Tenant, upload_id: str, lease: str, *, now: int) -> Upload | None:
    """Take the lease of an upload that has not ended and that nobody holds; None if there is none to take."""
    values = _work.take(tenant, upload_id, lease, now=now)
    return _upload(values) if values else None


def extend(upload: Upload, lease: str, *, progress: float, now: int) -> None:
    """Note the progress (0 to 1) and keep the lease; LeaseLost says that it is lost."""
    _work.extend(upload.tenant, upload.id, lease, progress=progress, now=now)


def release(upload: Upload, lease: str, *, now: int) -> None:
    """Give the lease back, if it is held still, so that the next message may take it at once."""
    _work.release(upload.tenant, upload.id, lease, now=now)


def succeed(upload: Upload, lease: str, batch: Batch, *, now: int) -> bool:
    """End the upload with its batch; False if the lease was lost to another worker."""
    return _work.end(
        upload.tenant,
        upload.id,
        lease,
        "SET #status = :succeeded, succeeded_at = :now, progress = :one, row_count = :rows, deleted_count = :deleted"
        + leases.END,
        {
            ":succeeded": "succeeded",
            ":now": now,
            ":one": 1,
            ":rows": batch.row_count,
            ":deleted": batch.deleted_count,
        },
    )


def fail(upload: Upload, lease: str, *, code: str, message: str, bad_rows: Sequence[BadRow] = ()) -> bool:
    """End the upload as failed; False if the lease was lost to another worker."""
    return _work.end(
        upload.tenant,
        upload.id,
        lease,
        "SET #status = :failed, failure_code = :code, failure_message = :message, bad_rows = :rows"
        + leases.END,
        {
            ":failed": "failed",
            ":code": code,
            ":message": message,
            ":rows": [row.as_dict() for row in bad_rows],
        },
    )


def expire(upload: Upload, lease: str) -> bool:
    """End the upload, for now, as one whose file never came; False if the lease was lost to another worker."""
    expired = "SET #status = :expired" + leases.END
    return _work.end(upload.tenant, upload.id, lease, expired, {":expired": "expired"})


def needing_attention(shard: str, *, now: int) -> Iterator[tuple[Tenant, str]]:
    """Yield tenant and id of the shard's unfinished uploads whose attention is due, the longest waiting first."""
    return _work.needing_attention(shard, now=now)


def note_queued(tenant: Tenant, upload_id: str, *, now: int) -> Upload | None:
    """Put off the next attention of an upload that is queued again and return it; None if it is no longer due."""
    values = _work.note_queued(tenant, upload_id, now=now)
    return _upload(values) if values else None


def _key(tenant: Tenant, upload_id: str) -> dict[str, Any]:
    return {"tenant": to_attribute(tenant.partition), "id": to_attribute(upload_id)}


def _upload(values: dict[str, Any]) -> Upload:
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

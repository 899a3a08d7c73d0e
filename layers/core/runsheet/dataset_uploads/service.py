"""Create and retrieve uploads; queue again those that got lost. Nothing here needs the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runsheet import ids, leases
from runsheet.dataset_uploads import table
from runsheet.dataset_uploads.model import BadRowObject, Upload, UploadArrived, UploadObject
from runsheet.datasets import schema
from runsheet.datasets.batch_ids import checked_batch_id
from runsheet.errors import missing
from runsheet.runtime import clients, clock
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from runsheet.dataset_uploads.model import NewUpload
    from runsheet.tenancy import Tenant

# As long as a presigned URL of a role can be relied upon: the role's own session may end it earlier.
URL_SECONDS = 3600
_KEPT_SECONDS = 90 * 24 * 3600


def create(tenant: Tenant, dataset: str, new: NewUpload, origin: ids.Origin | None = None) -> UploadObject:
    """Store an upload and return it with the presigned URL that its file is to be PUT to.

    Of the same `origin` there is one upload, however often it is called.

    Raises:
        NotFound: there is no such dataset.
        InvalidRequest: the batch id is none.
    """
    schema.schema(dataset)
    now = clock.now()
    made = origin or ids.Origin.fresh(now)
    seconds = int(now.timestamp())
    new_upload = Upload(
        tenant=tenant,
        dataset=dataset,
        id=made.new_id("upl"),
        form=new.format,
        batch_id=checked_batch_id(new.batch_id),
        created=int(made.moment.timestamp()),
        url_expires_at=seconds + URL_SECONDS,
    )
    upload = table.put(new_upload, expires_at=seconds + _KEPT_SECONDS)
    url = clients.s3().generate_presigned_url(
        "put_object",
        Params={"Bucket": settings().uploads_bucket, "Key": upload.key},
        ExpiresIn=max(upload.url_expires_at - seconds, 1),
        HttpMethod="PUT",
    )
    return shown(upload, url)


def retrieve(tenant: Tenant, dataset: str, upload_id: str) -> UploadObject:
    """Return an upload. The URL is told once, by create.

    Raises:
        NotFound: unknown, another tenant's or another dataset's.
    """
    schema.schema(dataset)
    upload = table.get(tenant, upload_id) if ids.plausible("upl", upload_id) else None
    if upload is None or upload.dataset != dataset:
        raise missing("dataset_upload", upload_id[:100])
    return shown(upload, None)


def shown(upload: Upload, url: str | None) -> UploadObject:
    """Return the upload as the API shows it."""
    return UploadObject(
        id=upload.id,
        bad_rows=[BadRowObject(**row) for row in upload.bad_rows],
        batch_id=upload.batch_id or upload.id,
        created=upload.created,
        dataset=upload.dataset,
        deleted_count=upload.deleted_count,
        expires_at=upload.url_expires_at,
        failure_code=upload.failure_code,
        failure_message=upload.failure_message,
        format=upload.form,
        headers={},
        livemode=upload.tenant.livemode,
        progress=upload.progress,
        row_count=upload.row_count,
        status=upload.status,
        succeeded_at=upload.succeeded_at,
        url=url,
    )


def sweep() -> None:
    """Queue again the uploads that nobody holds, and have those looked at whose file should be there by now.

    Safe at any time.
    """
    now = clock.seconds()
    for shard in leases.SHARDS:
        for tenant, upload_id in table.needing_attention(shard, now=now):
            upload = table.note_queued(tenant, upload_id, now=now)
            if upload is not None:
                clients.sqs().send_message(
                    QueueUrl=settings().dataset_uploads_queue_url,
                    MessageBody=UploadArrived.of(upload).model_dump_json(),
                    MessageGroupId=tenant.organisation_id,
                )

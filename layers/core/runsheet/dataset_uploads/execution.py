"""Take an uploaded file in: the only part that needs the engine."""

from __future__ import annotations

import hashlib
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from runsheet import ids, leases
from runsheet.dataset_uploads import table
from runsheet.datasets.ingest import Incoming, ingest
from runsheet.datasets.model import BatchIdTaken, RecordsRefused
from runsheet.runtime import clients, clock
from runsheet.runtime.observability import logger
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from runsheet.dataset_uploads.model import Upload, UploadArrived

_BLOCK = 8 * 1024 * 1024
_PROGRESS_SECONDS = 1.0
# The share of the work that fetching the file is.
_FETCHED = 0.2


def execute(message: UploadArrived) -> None:
    """Take the uploaded file in, once, however often the message comes.

    An upload that ended or that another worker holds is left alone. An unexpected error gives the lease back and is
    raised, so that the queue tries again; after `leases.MAX_ATTEMPTS` the upload fails.
    """
    arrived = message.upload
    lease = ids.new_id("lease", clock.now())
    upload = table.take(arrived.tenant, arrived.upload_id, lease, now=clock.seconds())
    if upload is None:
        return
    if upload.attempts > leases.MAX_ATTEMPTS:
        table.fail(
            upload,
            lease,
            code="internal_error",
            message="The file could not be processed. The error is logged under the upload's id.",
        )
        return
    try:
        _process(upload, lease)
    except RecordsRefused as refused:
        message_ = "The file was refused as a whole; bad_rows has the first bad rows."
        table.fail(upload, lease, code="records_invalid", message=message_, bad_rows=refused.rows)
    except BatchIdTaken as taken:
        table.fail(upload, lease, code="batch_id_in_use", message=taken.message)
    except Exception:
        table.release(upload, lease, now=clock.seconds())
        raise


def _process(upload: Upload, lease: str) -> None:
    noted = _Progress(upload, lease)
    with leases.kept(noted.again), tempfile.TemporaryDirectory(prefix="upload-") as directory:
        path = Path(directory) / "file"
        # Fetched as a whole, by one GET: what is hashed, judged and stored is then one version of the file, which
        # the holder of the URL may replace at any time; and a refused file is read again to find its lines.
        digest = _fetch(upload, path, on_progress=lambda share: noted(share * _FETCHED))
        if digest is None:
            table.expire(upload, lease)
            return
        incoming = Incoming(path, upload.form, upload.batch_id or upload.id, digest)
        batch = ingest(
            upload.tenant,
            upload.dataset,
            incoming,
            on_progress=lambda share: noted(_FETCHED + share * (1 - _FETCHED)),
        )
    if not table.succeed(upload, lease, batch, now=clock.seconds()):
        logger.warning("lease lost; another worker has the upload", extra={"upload": upload.id})


def _fetch(upload: Upload, path: Path, *, on_progress: Callable[[float], None]) -> str | None:
    """Fetch the file and return the hash of its content; None if there is no file."""
    try:
        answer = clients.s3().get_object(Bucket=settings().uploads_bucket, Key=upload.key)
    except ClientError as failure:
        if failure.response.get("Error", {}).get("Code") == "NoSuchKey":
            return None
        raise
    size, fetched = answer["ContentLength"], 0
    digest = hashlib.sha256(upload.form.encode() + b"\n")
    with path.open("wb") as file:
        for block in answer["Body"].iter_chunks(_BLOCK):
            file.write(block)
            digest.update(block)
            fetched += len(block)
            on_progress(fetched / size)
    return digest.hexdigest()


class _Progress:
    """Notes how far an upload is, at most once a second; never backwards."""

    def __init__(self, upload: Upload, lease: str) -> None:
        self._upload = upload
        self._lease = lease
        self._share = upload.progress
        self._noted_at = -_PROGRESS_SECONDS

    def __call__(self, share: float) -> None:
        self._share = max(self._share, round(share, 3))
        if time.monotonic() - self._noted_at >= _PROGRESS_SECONDS:
            self.again()

    def again(self) -> None:
        """Note it now, and keep the lease. That this fails is no reason to give up what would succeed."""
        self._noted_at = time.monotonic()
        try:
            table.extend(self._upload, self._lease, progress=self._share, now=clock.seconds())
        except (ClientError, BotoCoreError, leases.LeaseLost):
            logger.exception("progress not noted", extra={"upload": self._upload.id})

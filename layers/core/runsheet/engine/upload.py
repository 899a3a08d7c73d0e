"""Sends a result to S3 as it is made, in constant memory: one put if it is small, else a multipart upload."""

from __future__ import annotations

import base64
import hashlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Self

from isal import isal_zlib

from runsheet.engine.errors import too_large

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

# S3 refuses parts under 5 MiB, other than the last, and more than 10,000 of them.
PART_BYTES = 8 * 1024 * 1024
_MOST_PARTS = 10_000
# Parts on their way at once: one connection to S3 is slower than the network of a Lambda.
_SENDERS = 3


class Upload:
    """An object in the making; it exists only after `finish`, and nothing of it is left after a failure."""

    def __init__(self, client: S3Client, bucket: str, key: str, content_type: str) -> None:
        """Nothing is sent yet.

        Args:
            client: may put objects and abort uploads in the bucket.
            bucket: where.
            key: under which key.
            content_type: of the object.
        """
        self._client = client
        self._bucket, self._key = bucket, key
        self._content_type = content_type
        self._upload_id: str | None = None
        self._pending: list[bytes] = []
        self._pending_bytes = 0
        self._sent = 0
        self._parts: list[CompletedPartTypeDef] = []
        self._flying: deque[Future[CompletedPartTypeDef]] = deque()
        self._senders = ThreadPoolExecutor(_SENDERS, thread_name_prefix="upload")
        self._digest = hashlib.sha256()
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Wait for what is on its way; after a failure, have S3 forget the parts (they cost money)."""
        self._senders.shutdown(wait=True, cancel_futures=error is not None)
        if error is not None and self._upload_id is not None:
            self._client.abort_multipart_upload(Bucket=self._bucket, Key=self._key, UploadId=self._upload_id)

    @property
    def sha256(self) -> str:
        """The SHA-256 (hex) of what was written so far."""
        return self._digest.hexdigest()

    def write(self, data: bytes) -> None:
        """Append bytes."""
        view = memoryview(data)
        while view:
            taken = bytes(view[: PART_BYTES - self._pending_bytes])
            view = view[len(taken) :]
            self._append(taken)

    def write_file(self, path: Path) -> None:
        """Append the bytes of a file: most parts are read once and sent as they are."""
        with path.open("rb", buffering=0) as file:
            while data := file.read(PART_BYTES - self._pending_bytes):
                self._append(data)

    def finish(self) -> None:
        """Make the object visible; the last part may be of any size."""
        if self._upload_id is None:
            body = self._take()
            self._client.put_object(
                Bucket=self._bucket, Key=self._key, Body=body, ContentType=self._content_type
            )
            return
        if self._pending:
            self._send_part()
        self._collect(len(self._flying))
        self._client.complete_multipart_upload(
            Bucket=self._bucket,
            Key=self._key,
            UploadId=self._upload_id,
            MultipartUpload={"Parts": self._parts},
        )

    def _append(self, data: bytes) -> None:
        self._pending.append(data)
        self._pending_bytes += len(data)
        if self._pending_bytes == PART_BYTES:
            self._send_part()

    def _take(self) -> bytes:
        data = self._pending[0] if len(self._pending) == 1 else b"".join(self._pending)
        self._pending, self._pending_bytes = [], 0
        self._digest.update(data)
        self.size += len(data)
        return data

    def _send_part(self) -> None:
        if self._upload_id is None:
            answer = self._client.create_multipart_upload(
                Bucket=self._bucket, Key=self._key, ContentType=self._content_type, ChecksumAlgorithm="CRC32"
            )
            self._upload_id = answer["UploadId"]
        if self._sent == _MOST_PARTS:
            raise too_large()
        self._collect(len(self._flying) - _SENDERS)
        self._sent += 1
        self._flying.append(self._senders.submit(self._put_part, self._upload_id, self._sent, self._take()))

    def _put_part(self, upload_id: str, number: int, data: bytes) -> CompletedPartTypeDef:
        # S3 checks it, and wants it again on completion. boto3 would use zlib's, at a quarter of the speed.
        checksum = base64.b64encode(isal_zlib.crc32(data).to_bytes(4, "big")).decode()
        answer = self._client.upload_part(
            Bucket=self._bucket,
            Key=self._key,
            UploadId=upload_id,
            PartNumber=number,
            Body=data,
            ChecksumCRC32=checksum,
        )
        return {"PartNumber": number, "ETag": answer["ETag"], "ChecksumCRC32": checksum}

    def _collect(self, count: int) -> None:
        for _ in range(count):
            self._parts.append(self._flying.popleft().result())

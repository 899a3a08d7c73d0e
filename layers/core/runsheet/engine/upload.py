"""Sends a result to S3 as it is made, in constant memory: one put if it is small, else a multipart upload.

Pieces of an earlier object may be joined in: S3 copies them itself, and their bytes never come here. Checksums are
combined from those of the pieces, so every object has a CRC-32 of all its bytes; a SHA-256 takes every byte in turn, so
that an object with copied pieces has none.
"""

from __future__ import annotations

import base64
import hashlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import ClientError
from isal import isal_zlib

from runsheet.engine.errors import OriginalGone, too_large
from runsheet.runtime import object_failures

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

MIB = 1024 * 1024
# S3 refuses parts under 5 MiB, other than the last, and more than 10,000 of them.
PART_BYTES = 8 * MIB
LEAST_PART_BYTES = 5 * MIB
_MOST_PARTS = 10_000
# S3 takes up to 5 GB, but copies several at once faster than one.
_COPIED_BYTES = 64 * MIB
# Parts on their way at once: one connection to S3 is slower than the network of a Lambda. Copies hold no memory.
_SENDERS, _COPIERS = 3, 8
# What S3 says of an object that is another by now, or shorter.
_CHANGED = frozenset({"PreconditionFailed", "InvalidRange", "412"})


@dataclass(frozen=True, slots=True)
class Original:
    """An object that pieces are copied of; by its `etag`, as it was and no other."""

    bucket: str
    key: str
    etag: str


@dataclass(frozen=True, slots=True)
class Piece:
    """Consecutive bytes of an object.

    Attributes:
        offset, size: where they are.
        crc32: their CRC-32.
        plain_size, plain_crc32: of what they hold; the same where nothing is compressed.
    """

    offset: int
    size: int
    crc32: int
    plain_size: int
    plain_crc32: int


class Upload:
    """An object in the making; it exists only after `finish`, and nothing of it is left after a failure.

    Attributes:
        size: bytes so far.
        etag: S3's name for these bytes; after `finish`.
    """

    def __init__(self, client: S3Client, bucket: str, key: str, content_type: str) -> None:
        """Nothing is sent yet.

        Args:
            client: may put objects and abort uploads in the bucket, and read what is copied.
            bucket: where.
            key: under which key.
            content_type: of the object.
        """
        self._client = client
        self._bucket, self._key = bucket, key
        self._content_type = content_type
        self._upload_id: str | None = None
        self._pending: list[bytes] = []
        self._pending_bytes, self._pending_crc32 = 0, 0
        # What is to be copied behind the pending bytes: neighbours are copied at once.
        self._range: tuple[Original, int, int] | None = None
        self._sent = 0
        self._parts: list[CompletedPartTypeDef] = []
        self._flying: deque[Future[CompletedPartTypeDef]] = deque()
        self._copies: list[Future[CompletedPartTypeDef]] = []
        self._senders = ThreadPoolExecutor(_SENDERS, thread_name_prefix="upload")
        self._copiers = ThreadPoolExecutor(_COPIERS, thread_name_prefix="copy")
        self._digest: Any = hashlib.sha256()
        # The CRC-32 of all pieces before the one that begins at `_begin`, and of that one.
        self._before, self._begin, self._crc32 = 0, 0, 0
        self.size = 0
        self.etag = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Wait for what is on its way; after a failure, have S3 forget the parts (they cost money)."""
        for pool in (self._senders, self._copiers):
            pool.shutdown(wait=True, cancel_futures=error is not None)
        if error is not None and self._upload_id is not None:
            self._client.abort_multipart_upload(Bucket=self._bucket, Key=self._key, UploadId=self._upload_id)

    @property
    def sha256(self) -> str | None:
        """The SHA-256 (hex) of what was written so far; None if any of it was copied."""
        digest: str | None = self._digest.hexdigest() if self._digest else None
        return digest

    @property
    def crc32(self) -> int:
        """The CRC-32 of all bytes so far."""
        return isal_zlib.crc32_combine(self._before, self._crc32, self.size - self._begin)

    def write(self, data: bytes) -> None:
        """Append bytes."""
        self._settle()
        view = memoryview(data)
        while view:
            taken = view[: PART_BYTES - self._pending_bytes]
            view = view[len(taken) :]
            self._append(data if len(taken) == len(data) else bytes(taken))

    def write_file(self, path: Path) -> None:
        """Append the bytes of a file: most parts are read once and sent as they are."""
        self._settle()
        with path.open("rb", buffering=0) as file:
            while data := file.read(PART_BYTES - self._pending_bytes):
                self._append(data)

    def cut(self) -> Piece:
        """Return what was written since the last cut, and begin another piece."""
        size = self.size - self._begin
        piece = Piece(self._begin, size, self._crc32, size, self._crc32)
        self._before, self._begin, self._crc32 = self.crc32, self.size, 0
        return piece

    def copy(self, original: Original, piece: Piece) -> Piece:
        """Append a piece of another object, and return it as it is in this one. What was written before is one of its own.

        Raises:
            OriginalGone: S3 does not have it, or not as it was; also raised by what follows, up to `finish`.
        """
        self.cut()
        self._digest = None
        placed = replace(piece, offset=self.size)
        self._before = isal_zlib.crc32_combine(self._before, piece.crc32, piece.size)
        self.size += piece.size
        self._begin = self.size
        end = piece.offset + piece.size
        if self._range and self._range[0] == original and self._range[2] == piece.offset:
            self._range = (original, self._range[1], end)
        else:
            self._settle()
            self._range = (original, piece.offset, end)
        return placed

    def finish(self) -> None:
        """Make the object visible; the last part may be of any size.

        Raises:
            OriginalGone: see `copy`.
            RuntimeError: S3 has other bytes than were appended.
        """
        self._settle()
        if self._upload_id is None:
            body = self._take()
            put = self._client.put_object(
                Bucket=self._bucket, Key=self._key, Body=body, ContentType=self._content_type
            )
            self.etag = put["ETag"]
            return
        if self._pending:
            self._send_part()
        self._collect(len(self._flying))
        self._parts += [copied.result() for copied in self._copies]
        answer = self._client.complete_multipart_upload(
            Bucket=self._bucket,
            Key=self._key,
            UploadId=self._upload_id,
            MultipartUpload={"Parts": sorted(self._parts, key=lambda part: part["PartNumber"])},
            MpuObjectSize=self.size,
        )
        self._upload_id = None
        # What imitates S3 may know no checksum of the whole object, and answers with one of the parts' checksums.
        stored = answer.get("ChecksumCRC32")
        if answer.get("ChecksumType") == "FULL_OBJECT" and stored != _encoded(self.crc32):
            self._client.delete_object(Bucket=self._bucket, Key=self._key)
            raise RuntimeError("S3 has put the parts together to other bytes than were sent")
        self.etag = answer["ETag"]

    def _append(self, data: bytes) -> None:
        """Append what fits into the part that is pending."""
        if self._digest:
            self._digest.update(data)
        crc32 = isal_zlib.crc32(data)
        self._crc32 = isal_zlib.crc32_combine(self._crc32, crc32, len(data))
        self.size += len(data)
        self._gather(data, crc32)

    def _gather(self, data: bytes, crc32: int) -> None:
        self._pending.append(data)
        self._pending_bytes += len(data)
        self._pending_crc32 = isal_zlib.crc32_combine(self._pending_crc32, crc32, len(data))
        if self._pending_bytes == PART_BYTES:
            self._send_part()

    def _take(self) -> bytes:
        data = self._pending[0] if len(self._pending) == 1 else b"".join(self._pending)
        self._pending, self._pending_bytes, self._pending_crc32 = [], 0, 0
        return data

    def _settle(self) -> None:
        """Copy what is to be copied; what makes no part of its own is read, as is what fills up the part before it."""
        if self._range is None:
            return
        (original, first, end), self._range = self._range, None
        missing = max(LEAST_PART_BYTES - self._pending_bytes, 0) if self._pending else 0
        if end - first - missing < LEAST_PART_BYTES:
            self._fetch(original, first, end)
            return
        self._fetch(original, first, first + missing)
        first += missing
        if self._pending:
            self._send_part()
        pieces = -(-(end - first) // _COPIED_BYTES)
        borders = [first + (end - first) * number // pieces for number in range(pieces + 1)]
        for number in range(pieces):
            upload_id, part = self._next_part()
            extent = (borders[number], borders[number + 1])
            self._copies.append(self._copiers.submit(self._copy_part, upload_id, part, original, extent))

    def _next_part(self) -> tuple[str, int]:
        """Return the id of the upload, which begins with its first part, and the number of the next part."""
        if self._upload_id is None:
            answer = self._client.create_multipart_upload(
                Bucket=self._bucket,
                Key=self._key,
                ContentType=self._content_type,
                ChecksumAlgorithm="CRC32",
                ChecksumType="FULL_OBJECT",
            )
            self._upload_id = answer["UploadId"]
        if self._sent == _MOST_PARTS:
            raise too_large()
        self._sent += 1
        return self._upload_id, self._sent

    def _send_part(self) -> None:
        upload_id, number = self._next_part()
        self._collect(len(self._flying) - _SENDERS)
        # A copy that has failed ends the upload now, and not when everything else is made.
        for copied in self._copies:
            if copied.done():
                copied.result()
        checksum = _encoded(self._pending_crc32)
        self._flying.append(self._senders.submit(self._put_part, upload_id, number, self._take(), checksum))

    def _put_part(self, upload_id: str, number: int, data: bytes, checksum: str) -> CompletedPartTypeDef:
        # S3 checks it, and wants it again on completion. boto3 would use zlib's, at a quarter of the speed.
        answer = self._client.upload_part(
            Bucket=self._bucket,
            Key=self._key,
            UploadId=upload_id,
            PartNumber=number,
            Body=data,
            ChecksumCRC32=checksum,
        )
        return {"PartNumber": number, "ETag": answer["ETag"], "ChecksumCRC32": checksum}

    def _copy_part(
        self, upload_id: str, number: int, original: Original, extent: tuple[int, int]
    ) -> CompletedPartTypeDef:
        copied = _unless_gone(
            lambda: self._client.upload_part_copy(
                Bucket=self._bucket,
                Key=self._key,
                UploadId=upload_id,
                PartNumber=number,
                CopySource={"Bucket": original.bucket, "Key": original.key},
                CopySourceIfMatch=original.etag,
                CopySourceRange=_range(*extent),
            )
        )["CopyPartResult"]
        part: CompletedPartTypeDef = {"PartNumber": number, "ETag": copied["ETag"]}
        if "ChecksumCRC32" in copied:
            part["ChecksumCRC32"] = copied["ChecksumCRC32"]
        return part

    def _fetch(self, original: Original, first: int, end: int) -> None:
        """Append bytes of the original by reading them, as much at once as fits into a part."""
        while first < end:
            extent = (first, min(end, first + PART_BYTES - self._pending_bytes))
            body = self._read(original, extent)
            if len(body) != extent[1] - extent[0]:
                raise OriginalGone
            self._gather(body, isal_zlib.crc32(body))
            first = extent[1]

    def _read(self, original: Original, extent: tuple[int, int]) -> bytes:
        answer = _unless_gone(
            lambda: self._client.get_object(
                Bucket=original.bucket, Key=original.key, IfMatch=original.etag, Range=_range(*extent)
            )
        )
        body: bytes = answer["Body"].read()
        return body

    def _collect(self, count: int) -> None:
        for _ in range(count):
            self._parts.append(self._flying.popleft().result())


def _unless_gone(call: Callable[[], Any]) -> Any:  # noqa: ANN401 - an answer of S3
    try:
        return call()
    except ClientError as failure:
        if object_failures.is_gone(failure) or object_failures.code(failure) in _CHANGED:
            raise OriginalGone from failure
        raise


def _range(first: int, end: int) -> str:
    return f"bytes={first}-{end - 1}"


def _encoded(crc32: int) -> str:
    return base64.b64encode(crc32.to_bytes(4, "big")).decode()

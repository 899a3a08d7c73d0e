"""Retrieve and list files, and hand out their bytes."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from runsheet import ids
from runsheet.errors import missing
from runsheet.files import table
from runsheet.files.model import PURPOSE, FileList, file_object
from runsheet.runtime import clients, clock, object_failures, paging
from runsheet.runtime.http import Response
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

    from runsheet.files.model import File, FileListQuery
    from runsheet.tenancy import Tenant

# Lambda answers with at most 6 MB, which is 4.5 MB of bytes in base64; the rest is for the headers.
MAX_INLINE_BYTES = 4_400_000
# A CSV shrinks to 20 to 40 %, so beyond this size trying is a waste.
_MAX_GZIP_BYTES = 5 * MAX_INLINE_BYTES
# The others are compressed already.
_SHRINKING = ("csv", "jsonl")
DOWNLOAD_SECONDS = 900


def retrieve(tenant: Tenant, file_id: str) -> File:
    """Return a file that has not expired.

    Raises:
        NotFound: unknown, another tenant's, or expired.
    """
    file = table.get(tenant, file_id) if ids.plausible("file", file_id) else None
    if file is None or file.expires_at <= clock.now().timestamp():
        raise missing("file", file_id[:100])
    return file


def listed(tenant: Tenant, query: FileListQuery, base_url: str) -> FileList:
    """Return a page of files, newest first, without those that have expired.

    A file that has expired still serves as a cursor while it is there: who pages to the end meets it.

    Raises:
        InvalidRequest: both cursors, or one that is no file of this tenant.
    """
    span = paging.span(query, prefix="file", noun="file", known=lambda file_id: table.get(tenant, file_id))
    if query.purpose not in {None, PURPOSE}:
        return FileList(has_more=False, data=[])
    files, has_more = table.page(tenant, span, now=clock.seconds())
    return FileList(has_more=has_more, data=[file_object(file, base_url) for file in files])


def download_url(
    file: File,
    *,
    seconds: int = DOWNLOAD_SECONDS,
    operation: Literal["get_object", "head_object"] = "get_object",
) -> str:
    """Return a presigned S3 URL for a GET, or for a HEAD: S3 takes it for no other verb.

    It ends with the role's session at the latest, whatever its own expiry says.
    """
    return clients.s3().generate_presigned_url(
        operation,
        Params={
            "Bucket": settings().results_bucket,
            "Key": file.key,
            "ResponseContentType": file.content_type,
            "ResponseContentDisposition": _disposition(file),
        },
        ExpiresIn=seconds,
    )


def contents(tenant: Tenant, file_id: str, headers: Mapping[str, str]) -> Response:
    """Answer with the file's bytes, as gzip if the client takes it; with 302 to S3 if they are too many.

    Bytes rather than a redirect wherever they fit: plain curl and the Node SDK's stream do not follow one
    (contracts: v1, section 3.3).

    Raises:
        NotFound: see `retrieve`; or the object is gone already, as S3 may expire it first.
    """
    file = retrieve(tenant, file_id)
    etag = f'"{file.mark}"'
    standing = {"ETag": etag, "Vary": "Accept-Encoding", "Cache-Control": "private, no-cache"}
    if _matches(headers.get("if-none-match", ""), file.mark):
        return Response(304, standing)
    encodes = file.type in _SHRINKING and _accepts_gzip(headers.get("accept-encoding", ""))
    if file.size > (_MAX_GZIP_BYTES if encodes else MAX_INLINE_BYTES):
        return Response(302, standing | {"Location": download_url(file)})
    body = stored_object(file)["Body"].read()
    shown = {"Content-Type": file.content_type, "Content-Disposition": _disposition(file), **standing}
    if encodes and len(body) > 1000:
        # Level 1: half the size of the work at level 6 for a tenth more bytes. mtime 0: the same bytes each time.
        body = gzip.compress(body, compresslevel=1, mtime=0)
        shown |= {"Content-Encoding": "gzip", "ETag": f'"{file.mark}-gzip"'}
    if len(body) > MAX_INLINE_BYTES:
        return Response(302, standing | {"Location": download_url(file)})
    return Response(200, shown, body)


def stored_object(file: File, extent: str | None = None) -> GetObjectOutputTypeDef:
    """Return S3's answer to the file's object, whole or an extent of it (`bytes=0-99`).

    Raises:
        NotFound: the object is gone, as S3 may expire it before the file.
    """
    options: Any = {"Range": extent} if extent else {}
    try:
        return clients.s3().get_object(Bucket=settings().results_bucket, Key=file.key, **options)
    except ClientError as failure:
        if object_failures.is_gone(failure):
            raise missing("file", file.id) from None
        raise


def _matches(if_none_match: str, mark: str) -> bool:
    tags = {
        tag.strip().removeprefix("W/").strip('"').removesuffix("-gzip") for tag in if_none_match.split(",")
    }
    return mark in tags or if_none_match.strip() == "*"


def _accepts_gzip(accept_encoding: str) -> bool:
    for coding in accept_encoding.lower().split(","):
        name, _, parameters = coding.partition(";")
        if name.strip() in {"gzip", "*"}:
            return parameters.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


def _disposition(file: File) -> str:
    return f'attachment; filename="{file.filename}"'

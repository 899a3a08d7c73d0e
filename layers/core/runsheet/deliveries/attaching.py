"""Read a report's CSV as far as a mail needs it: attached, zipped, or only its ends. Never more than 7 MB in memory."""

from __future__ import annotations

import tempfile
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runsheet.errors import NotFound
from runsheet.files import service as files
from runsheet.mail import summary
from runsheet.mail.addresses import Undeliverable
from runsheet.mail.model import Attachment

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

    from runsheet.files.model import File
    from runsheet.mail.model import Summary
    from runsheet.report_configs.model import Attach

MAX_BYTES = 5_000_000
# In base64 it stays below the 10 MB that mail servers commonly take.
MAX_BYTES_ALWAYS = 7_000_000
# A CSV shrinks to a twentieth at best, so beyond this trying is a waste; half a processor zips it in 10 s.
_MAX_ZIPPED_FROM = 20 * MAX_BYTES
_HEAD_BYTES, _TAIL_BYTES = 16_384, 65_536
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Contents:
    """What of a file goes into a mail.

    Attributes:
        attachment: the CSV or a zip of it; None for the link alone.
        note: how it is attached, or why it is not, in a sentence.
        summary: what is shown of it.
    """

    attachment: Attachment | None
    note: str
    summary: Summary | None


def contents(file: File, attach: Attach, name: str) -> Contents:
    """Return what of `file` goes into a mail, under the name `name`.csv or .zip. Other formats are for machines: a link.

    Raises:
        Undeliverable: the file is gone from S3.
    """
    if file.type != "csv":
        return Contents(None, "The file is not attached, as it is no CSV.", None)
    whole = _read(file) if file.size <= _whole_up_to(attach) else None
    shown = summary.of_csv(whole.decode(errors="replace")) if whole is not None else _of_ends(file)
    if attach == "never":
        return Contents(None, "The CSV is not attached, as this report is set up.", shown)
    if whole is not None:
        return Contents(Attachment(f"{name}.csv", "text/csv", whole), "The CSV is attached.", shown)
    zipped = _zipped(file, name, MAX_BYTES) if file.size <= _MAX_ZIPPED_FROM else None
    if zipped is not None:
        note = "The CSV is attached as a zip file."
        return Contents(Attachment(f"{name}.zip", "application/zip", zipped), note, shown)
    return Contents(None, "The CSV is too large to be attached.", shown)


def _whole_up_to(attach: Attach) -> int:
    match attach:
        case "always":
            return MAX_BYTES_ALWAYS
        case "auto":
            return MAX_BYTES
        case "never":
            return _TAIL_BYTES


def _of_ends(file: File) -> Summary | None:
    head = _read(file, f"bytes=0-{_HEAD_BYTES - 1}")
    tail = _read(file, f"bytes={max(file.size - _TAIL_BYTES, 0)}-")
    return summary.of_ends(head.decode(errors="replace"), tail.decode(errors="replace"))


def _zipped(file: File, name: str, limit: int) -> bytes | None:
    """Return a zip of the file; None as soon as it is larger than `limit`. It grows on disk, not in memory."""
    with tempfile.TemporaryFile() as stored:
        with (
            zipfile.ZipFile(stored, "w", zipfile.ZIP_DEFLATED) as archive,
            archive.open(f"{name}.csv", "w", force_zip64=True) as member,
        ):
            for chunk in _object(file)["Body"].iter_chunks(_CHUNK):
                member.write(chunk)
                if stored.tell() > limit:
                    return None
        if stored.tell() > limit:
            return None
        stored.seek(0)
        return stored.read()


def _read(file: File, extent: str | None = None) -> bytes:
    content: bytes = _object(file, extent)["Body"].read()
    return content


def _object(file: File, extent: str | None = None) -> GetObjectOutputTypeDef:
    try:
        return files.stored_object(file, extent)
    except NotFound:
        raise Undeliverable("The report's file is gone.") from None

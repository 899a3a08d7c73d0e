"""A file and how the v1 contract shows it (contracts: v1, section 3.1)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from runsheet.runtime.model import CreatedListQuery, Model

# The contract's purposes. Only what report runs have made is stored here.
Purpose = Literal[
    "account_requirement",
    "additional_verification",
    "business_icon",
    "business_logo",
    "customer_signature",
    "dispute_evidence",
    "document_provider_identity_document",
    "finance_report_run",
    "financial_account_statement",
    "identity_document",
    "identity_document_downloadable",
    "issuing_regulatory_reporting",
    "pci_document",
    "platform_terms_of_service",
    "selfie",
    "sigma_scheduled_query",
    "tax_document_user_upload",
    "terminal_android_apk",
    "terminal_reader_splashscreen",
    "terminal_wifi_certificate",
    "terminal_wifi_private_key",
]
PURPOSE: Literal["finance_report_run"] = "finance_report_run"

if TYPE_CHECKING:
    from collections.abc import Mapping


FileType = Literal["csv", "gz", "jsonl", "parquet", "zip"]

CONTENT_TYPES: Mapping[FileType, str] = MappingProxyType(
    {
        "csv": "text/csv; charset=utf-8",
        "gz": "application/gzip",
        "jsonl": "application/x-ndjson",
        "parquet": "application/vnd.apache.parquet",
        "zip": "application/zip",
    }
)


@dataclass(frozen=True, slots=True)
class File:
    """A stored result.

    Attributes:
        id: `file_…`.
        key: the object in the results bucket.
        filename: the name offered to who downloads it.
        title: a line that says where it comes from.
        size: bytes.
        row_count: rows without the header.
        created, expires_at: unix seconds.
        type: what it is, by the end of its name.
        sha256: of the bytes, hex; None where parts of an earlier result were copied into it.
        crc32: of the bytes, hex; None of files that are older than it.
    """

    id: str
    key: str
    filename: str
    title: str
    size: int
    row_count: int
    created: int
    expires_at: int
    type: FileType = "csv"
    sha256: str | None = None
    crc32: str | None = None

    @property
    def mark(self) -> str:
        """What stands for its bytes, which never change: no other file has it, unless it has the same bytes."""
        return self.sha256 or self.id

    @property
    def content_type(self) -> str:
        """Its media type."""
        return CONTENT_TYPES[self.type]

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name, for a table."""
        return asdict(self)


class FileLinks(Model):
    """The links of a file, as the contract's inline list."""

    object: Literal["list"] = "list"
    data: list[Any] = []
    has_more: bool = False
    url: str


class FileObject(Model):
    """A file as the contract shows it."""

    id: str
    object: Literal["file"] = "file"
    created: int
    expires_at: int | None
    filename: str | None
    links: FileLinks
    purpose: Literal["finance_report_run"] = PURPOSE
    size: int
    title: str | None
    type: FileType
    url: str


class FileListQuery(CreatedListQuery):
    """The query of list."""

    purpose: Purpose | None = None


class FileList(Model):
    """A page of files, newest first."""

    object: Literal["list"] = "list"
    url: Literal["/v1/files"] = "/v1/files"
    has_more: bool
    data: list[FileObject]


def file_object(file: File, base_url: str) -> FileObject:
    """Return the contract's object; `base_url` is the customer's address of the API."""
    return FileObject(
        id=file.id,
        created=file.created,
        expires_at=file.expires_at,
        filename=file.filename,
        links=FileLinks(url=f"/v1/file_links?file={file.id}"),
        size=file.size,
        title=file.title,
        type=file.type,
        url=f"{base_url}/v1/files/{file.id}/contents",
    )

"""An upload, how the API shows it, and the message that it has arrived."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import ConfigDict, Field

from runsheet.datasets.model import Format
from runsheet.runtime.model import FormText, Model
from runsheet.tenancy import Tenant

Status = Literal["pending", "processing", "succeeded", "failed", "expired"]


@dataclass(frozen=True, slots=True)
class Upload:
    """A stored upload.

    Attributes:
        tenant: whose it is.
        dataset: where its records belong.
        id: `upl_…`, ordered by creation.
        form: csv, ndjson or parquet.
        batch_id: the loader's own; None stands for the upload's id.
        created: unix seconds.
        url_expires_at: unix seconds; a file cannot begin to arrive later.
        status: `pending` until the file is seen, `processing`, then `succeeded` or `failed` for good; `expired` if no
            file came in time (one that was long on its way is still taken).
        attempts: how many times a worker has taken it.
        progress: 0 to 1.
        row_count, deleted_count: of the batch, once it succeeded.
        failure_code, failure_message: why it failed, for programs and in words.
        bad_rows: the first bad rows: line, column, reason.
        succeeded_at: unix seconds.
    """

    tenant: Tenant
    dataset: str
    id: str
    form: Format
    batch_id: str | None
    created: int
    url_expires_at: int
    status: Status = "pending"
    attempts: int = 0
    progress: float = 0.0
    row_count: int | None = None
    deleted_count: int | None = None
    failure_code: str | None = None
    failure_message: str | None = None
    bad_rows: list[dict[str, Any]] = field(default_factory=list)
    succeeded_at: int | None = None

    @property
    def key(self) -> str:
        """The key of its object in the uploads bucket."""
        return f"uploads/{self.tenant.organisation_id}/{self.tenant.mode}/{self.dataset}/{self.id}"


class NewUpload(Model):
    """The body of create."""

    format: Format
    batch_id: FormText | None = None


class BadRowObject(Model):
    """A row that was refused, as the API shows it."""

    line: int | None
    column: str | None
    reason: str


class UploadObject(Model):
    """An upload, as the API shows it.

    There is no field `error`: the v1 contract's Node client takes a 200 with one for an error of the call.
    """

    id: str
    object: Literal["dataset_upload"] = "dataset_upload"
    bad_rows: list[BadRowObject]
    batch_id: str
    created: int
    dataset: str
    deleted_count: int | None
    expires_at: int
    failure_code: str | None
    failure_message: str | None
    format: Format
    headers: dict[str, str]
    livemode: bool
    method: Literal["PUT"] = "PUT"
    progress: float
    row_count: int | None
    status: Status
    succeeded_at: int | None
    url: str | None


class UploadKey(NamedTuple):
    """What the key of an uploaded object says."""

    tenant: Tenant
    dataset: str
    upload_id: str


class _Received(Model):
    """A part of an EventBridge event: what AWS adds to it later must not stop it from being read."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class _Object(_Received):
    key: Annotated[str, Field(pattern=r"^uploads/[^/#]+/(live|test)/[^/#]+/[^/#]+$")]


class _Detail(_Received):
    object: _Object


class UploadArrived(_Received):
    """The message of DatasetUploadsQueue: an EventBridge event of S3, or the sweeper's, which looks the same."""

    detail: _Detail

    @classmethod
    def of(cls, upload: Upload) -> UploadArrived:
        """Return the message for an upload."""
        return cls(detail=_Detail(object=_Object(key=upload.key)))

    @property
    def upload(self) -> UploadKey:
        """Which upload it is about."""
        _, organisation_id, mode, dataset, upload_id = self.detail.object.key.split("/")
        return UploadKey(Tenant(organisation_id, "live" if mode == "live" else "test"), dataset, upload_id)

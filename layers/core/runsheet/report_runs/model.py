"""A report run, and how the v1 contract shows it (contracts: v1, section 1.1)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field

from runsheet.files.model import File, FileObject
from runsheet.runtime.model import ExpandQuery, FormInt, FormText, Model
from runsheet.tenancy import Tenant

# A run that a backlog or a fault keeps waiting longer than this fails, and says so, rather than surprise somebody.
DEADLINE_SECONDS = 6 * 60 * 60

# A function has 25 seconds, the gateway 30, a start of the function among them.
MAX_WAIT_SECONDS = 20

Status = Literal["pending", "succeeded", "failed"]


@dataclass(frozen=True, slots=True)
class Sending:
    """Why a run is mailed when it ends.

    Attributes:
        config_id: the report config that asked for it.
        kind: `scheduled` by the dispatcher; `now`, asked for by the customer; `test`, to other recipients, which
            does not count as the config's last send.
        scheduled_for: unix seconds; the slot, or the moment of the request.
        recipient_emails: in place of the config's own; only for a test.
        missed: how many earlier slots this one stands for, after an outage.
        first_day, last_day: the local days that it is about (ISO dates), both included.
        timezone: the IANA name of the zone of these days.
    """

    config_id: str
    kind: Literal["scheduled", "now", "test"]
    scheduled_for: int
    recipient_emails: list[str] | None
    missed: int
    first_day: str
    last_day: str
    timezone: str

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name, for a table."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ReportRun:
    """A stored run.

    Attributes:
        tenant: whose run it is.
        id: `frr_…`, ordered by creation.
        report_type: an id of the catalogue.
        parameters: what the caller sent, validated; nothing is filled in.
        resolved: what stands for `interval` among the parameters, as it was when the run was made.
        created: unix seconds.
        deadline: unix seconds; a run that is still pending then fails.
        status: `pending`, then `succeeded` or `failed`, for good.
        attempts: how many times a worker has taken it.
        progress: 0 to 1.
        file: the result, once there is one.
        error, error_code: why it failed, in words and as a stable code.
        succeeded_at, failed_at: unix seconds.
        sending: why it is mailed; None if it is not.
        reused_from: the run whose result this one was given; None if it has its own.
        query_id: the query of Athena that carries it out; None if a worker does.
        queries: how many queries of it have come to nothing.
        manifest: of the result, as `Manifest` dumps it; None before there is one, and of runs that are older than manifests.
    """

    tenant: Tenant
    id: str
    report_type: str
    parameters: dict[str, Any]
    created: int
    deadline: int
    status: Status = "pending"
    attempts: int = 0
    progress: float = 0.0
    file: File | None = None
    error: str | None = None
    error_code: str | None = None
    succeeded_at: int | None = None
    failed_at: int | None = None
    sending: Sending | None = None
    resolved: dict[str, Any] = field(default_factory=dict)
    manifest: dict[str, Any] | None = None
    reused_from: str | None = None
    query_id: str | None = None
    queries: int = 0

    @property
    def bindable(self) -> dict[str, Any]:
        """The parameters with what stands for `interval` in its place, as the report type binds them."""
        return {name: value for name, value in self.parameters.items() if name != "interval"} | self.resolved

    @property
    def ended_at(self) -> int:
        """When it ended, in unix seconds; its creation for one that failed before that was noted."""
        return self.succeeded_at or self.failed_at or self.created


Wait = Annotated[
    FormInt,
    Field(ge=0, le=MAX_WAIT_SECONDS, description="Seconds to hold the answer for, until the run has ended"),
]


class NewReportRun(Model):
    """The body of create. What `parameters` may hold is the report type's to say."""

    report_type: FormText
    parameters: dict[str, Any] = {}
    expand: list[str] = []
    wait: Wait = 0


class RunQuery(ExpandQuery):
    """The query of retrieve."""

    wait: Wait = 0


class ControlTotals(Model):
    """What the columns of amounts add up to in one currency, in minor units; `currency` is null for amounts of none."""

    currency: str | None
    sums: dict[str, int]


class Manifest(Model):
    """What a result holds and what it was made from: the same for every run that the result is of.

    `parameters` are those in force: defaults filled in, a period as its bounds. `data_versions` are the versions of the
    datasets that were read. `size` and the checksums are of the file as it is downloaded, `row_count` is without its header.
    """

    object: Literal["reporting.manifest"] = "reporting.manifest"
    report_run: str = Field(description="The run that the result was made for")
    report_type: str
    parameters: dict[str, Any]
    data_versions: dict[str, int]
    format: str = "csv"
    compress: str | None = None
    engine: Literal["duckdb", "athena"] = Field("duckdb", description="What has made it; both make the same")
    row_count: int
    column_count: int
    size: int
    sha256: str | None = Field(
        description="Hex; null for a large result that parts of an earlier one were copied into: it has `crc32`"
    )
    crc32: str | None = Field(None, description="Hex; null for results that are older than it")
    control_totals: list[ControlTotals]
    created: int


class ReportRunObject(Model):
    """A run as the contract shows it; the fields behind `succeeded_at` are additions to it."""

    id: str
    object: Literal["reporting.report_run"] = "reporting.report_run"
    created: int
    error: str | None
    livemode: bool
    parameters: dict[str, Any]
    report_type: str
    result: FileObject | None
    status: Status
    succeeded_at: int | None
    error_code: str | None
    progress: float
    row_count: int | None
    sha256: str | None
    crc32: str | None
    download_url: str | None
    download_url_expires_at: int | None
    resolved_parameters: dict[str, Any] | None = Field(
        description="What stands for `interval`; null for a run without it"
    )
    manifest: Manifest | None
    reused_from: str | None = Field(
        description="The earlier run whose result this is, as the data has not changed since; null for a result of its own"
    )


class PreviewQuery(ExpandQuery):
    """The query of a preview."""

    limit: Annotated[FormInt, Field(ge=1, le=1000)] = 10
    cursor: FormText | None = Field(None, description="The `next_cursor` of the page before")


class ReportRunPreview(Model):
    """A page of the rows of a result: objects by the names of its columns, null for an empty cell."""

    object: Literal["list"] = "list"
    url: str
    columns: list[str]
    first_row: int = Field(description="Number of the first row of the page; 1 is that behind the header")
    data: list[dict[str, Any]]
    has_more: bool
    next_cursor: str | None


class ReportRunList(Model):
    """A page of runs, newest first."""

    object: Literal["list"] = "list"
    url: Literal["/v1/reporting/report_runs"] = "/v1/reporting/report_runs"
    has_more: bool
    data: list[ReportRunObject]


class RunRequested(Model):
    """The message that asks a worker to carry out a run."""

    organisation_id: str
    mode: Literal["live", "test"]
    run_id: str

    @property
    def tenant(self) -> Tenant:
        """Whose run it is."""
        return Tenant(self.organisation_id, self.mode)

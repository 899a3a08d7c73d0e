"""Create, retrieve and list report runs; queue again those that got lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from runsheet import catalog, ids, leases
from runsheet.datasets import service as datasets
from runsheet.errors import InvalidRequest, NotFound, missing
from runsheet.files.model import file_object
from runsheet.files.service import DOWNLOAD_SECONDS, download_url
from runsheet.report_runs import table
from runsheet.report_runs.model import ReportRun, ReportRunList, ReportRunObject, RunRequested
from runsheet.runtime import clients, clock
from runsheet.runtime.observability import logger
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from runsheet.report_runs.model import NewReportRun
    from runsheet.runtime.model import CreatedListQuery
    from runsheet.tenancy import Tenant

# A run that a backlog or a fault keeps waiting longer than this fails, and says so, rather than surprise somebody.
DEADLINE_SECONDS = 6 * 60 * 60
_DAY = 24 * 60 * 60


def create(tenant: Tenant, new: NewReportRun) -> ReportRun:
    """Store a run and queue it.

    The item is written first: a run whose message cannot be sent is queued by the sweeper within two minutes.

    Raises:
        InvalidRequest: the report type is unknown, wants live mode, or refuses the parameters; the interval lies
            outside the available data (contracts: v1, section 1.3).
    """
    try:
        report_type = catalog.report_type(new.report_type)
    except NotFound as unknown:
        allowed = ", ".join(sorted(catalog.report_types()))
        raise InvalidRequest(
            f"{unknown.message}. Must be one of: {allowed}.", param="report_type", code="resource_missing"
        ) from None
    if report_type.requires_live and not tenant.livemode:
        raise InvalidRequest(
            f"The report type {report_type.id} requires a live-mode API key; you used a test-mode key.",
            param="report_type",
        )
    bound = report_type.bind(new.parameters)
    for dataset in report_type.reads:
        available = datasets.availability(tenant, dataset)
        report_type.check_available(bound, available.start, available.end)
    now = clock.now()
    created = int(now.timestamp())
    run = ReportRun(
        tenant=tenant,
        id=ids.new_id("frr", now),
        report_type=report_type.id,
        parameters=dict(sorted(bound.echo.items())),
        created=created,
        deadline=created + DEADLINE_SECONDS,
    )
    table.put(run, expires_at=created + int(settings().retention_days) * _DAY)
    try:
        queue(run)
    except (ClientError, BotoCoreError):
        logger.exception("run not queued; the sweeper will", extra={"run": run.id})
    return run


def retrieve(tenant: Tenant, run_id: str) -> ReportRun:
    """Return a run.

    Raises:
        NotFound: unknown, or another tenant's.
    """
    run = table.get(tenant, run_id) if ids.plausible("frr", run_id) else None
    if run is None:
        raise missing("report_run", run_id[:100])
    return run


def listed(tenant: Tenant, query: CreatedListQuery, base_url: str) -> ReportRunList:
    """Return a page of runs, newest first.

    Raises:
        InvalidRequest: both cursors, or one that is no run of this tenant.
    """
    if query.starting_after and query.ending_before:
        raise InvalidRequest("You cannot use both starting_after and ending_before.", param="ending_before")
    for param, cursor in (("starting_after", query.starting_after), ("ending_before", query.ending_before)):
        if cursor:
            _check_cursor(tenant, cursor, param)
    runs, has_more = table.page(
        tenant,
        limit=query.limit,
        since=query.created.since(),
        before=query.created.before(),
        older_than=query.starting_after,
        newer_than=query.ending_before,
    )
    return ReportRunList(has_more=has_more, data=[shown(run, base_url) for run in runs])


def _check_cursor(tenant: Tenant, cursor: str, param: str) -> None:
    try:
        retrieve(tenant, cursor)
    except NotFound as unknown:
        raise InvalidRequest(unknown.message, param=param, code=unknown.code) from None


def shown(run: ReportRun, base_url: str) -> ReportRunObject:
    """Return the contract's object; a finished run gets a fresh download URL each time."""
    file = run.file
    return ReportRunObject(
        id=run.id,
        created=run.created,
        error=run.error,
        livemode=run.tenant.livemode,
        parameters=run.parameters,
        report_type=run.report_type,
        result=file_object(file, base_url) if file else None,
        status=run.status,
        succeeded_at=run.succeeded_at,
        error_code=run.error_code,
        progress=run.progress,
        row_count=file.row_count if file else None,
        sha256=file.sha256 if file else None,
        download_url=download_url(file) if file else None,
        download_url_expires_at=int(clock.now().timestamp()) + DOWNLOAD_SECONDS if file else None,
    )


def sweep() -> None:
    """Queue again the pending runs that nobody holds, and end those past their deadline. Safe at any time."""
    now = int(clock.now().timestamp())
    for shard in leases.SHARDS:
        for tenant, run_id in table.needing_attention(shard, now=now):
            run = table.get(tenant, run_id)
            if run is None or run.status != "pending":
                continue
            if run.deadline <= now:
                hours = DEADLINE_SECONDS // 3600
                table.fail(
                    run, error=f"The report could not be run within {hours} hours.", code="deadline_exceeded"
                )
            elif table.note_queued(run, now=now):
                queue(run)


def queue(run: ReportRun) -> None:
    """Ask for a worker."""
    message = RunRequested(organisation_id=run.tenant.organisation_id, mode=run.tenant.mode, run_id=run.id)
    clients.sqs().send_message(
        QueueUrl=settings().report_runs_queue_url, MessageBody=message.model_dump_json()
    )

"""Retrieve and list report runs. Nothing here needs the catalogue: reading a run starts a function fast."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runsheet import ids
from runsheet.errors import missing
from runsheet.files.model import file_object
from runsheet.files.service import DOWNLOAD_SECONDS, download_url
from runsheet.report_runs import table
from runsheet.report_runs.model import Manifest, ReportRunList, ReportRunObject
from runsheet.runtime import clock, paging

if TYPE_CHECKING:
    from runsheet.report_runs.model import ReportRun
    from runsheet.runtime.model import CreatedListQuery
    from runsheet.tenancy import Tenant


def retrieve(tenant: Tenant, run_id: str) -> ReportRun:
    """Return a run.

    Raises:
        NotFound: unknown, another tenant's, or expired.
    """
    run = table.get(tenant, run_id, now=clock.seconds()) if ids.plausible("frr", run_id) else None
    if run is None:
        raise missing("report_run", run_id[:100])
    return run


def listed(tenant: Tenant, query: CreatedListQuery, base_url: str) -> ReportRunList:
    """Return a page of runs, newest first, without those that have expired.

    A run that has expired still serves as a cursor while it is there: who pages to the end meets it.

    Raises:
        InvalidRequest: both cursors, or one that is no run of this tenant.
    """
    span = paging.span(query, prefix="frr", noun="report_run", known=lambda run_id: table.get(tenant, run_id))
    runs, has_more = table.page(tenant, span, now=clock.seconds())
    return ReportRunList(has_more=has_more, data=[shown(run, base_url) for run in runs])


def shown(run: ReportRun, base_url: str) -> ReportRunObject:
    """Return the contract's object; a finished run gets a fresh download URL each time, while its file is kept."""
    if run.file is None or run.file.expires_at <= clock.seconds():
        return recorded(run, base_url)
    fresh = {
        "download_url": download_url(run.file),
        "download_url_expires_at": clock.seconds() + DOWNLOAD_SECONDS,
    }
    return recorded(run, base_url).model_copy(update=fresh)


def recorded(run: ReportRun, base_url: str) -> ReportRunObject:
    """Return the contract's object without a download URL, to be kept: who has one needs no key."""
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
        crc32=file.crc32 if file else None,
        download_url=None,
        download_url_expires_at=None,
        resolved_parameters=run.resolved or None,
        manifest=Manifest.model_validate(run.manifest) if run.manifest else None,
        reused_from=run.reused_from,
    )

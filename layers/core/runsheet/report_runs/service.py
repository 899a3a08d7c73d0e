"""Retrieve and list report runs. Nothing here needs the catalogue: reading a run starts a function fast."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runsheet import ids
from runsheet.errors import InvalidRequest, NotFound, missing
from runsheet.files.model import file_object
from runsheet.files.service import DOWNLOAD_SECONDS, download_url
from runsheet.report_runs import table
from runsheet.report_runs.model import Manifest, ReportRunList, ReportRunObject
from runsheet.runtime import clock

if TYPE_CHECKING:
    from runsheet.report_runs.model import ReportRun
    from runsheet.runtime.model import CreatedListQuery
    from runsheet.tenancy import Tenant


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
        download_url_expires_at=clock.seconds() + DOWNLOAD_SECONDS if file else None,
        resolved_parameters=run.resolved or None,
        manifest=Manifest.model_validate(run.manifest) if run.manifest else None,
        reused_from=run.reused_from,
    )

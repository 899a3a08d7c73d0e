"""How far an export is, and what the credits used so far come to."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from runsheet.account_usage import FAMILY, forecasting, subscription
from runsheet.account_usage.model import UsageForecast, UsageReportStatus
from runsheet.errors import NotFound
from runsheet.files.service import download_url
from runsheet.report_runs import service as report_runs
from runsheet.runtime import clock

if TYPE_CHECKING:
    from runsheet.account_usage.model import ForecastQuery
    from runsheet.report_runs.model import ReportRun
    from runsheet.tenancy import Tenant

# The contract: "valid for 10 minutes".
DOWNLOAD_SECONDS = 600


def status(tenant: Tenant, job_id: str) -> UsageReportStatus:
    """Return the status of an export, with a fresh download URL once it has succeeded.

    Raises:
        NotFound: no such run of this tenant, a run of another report, or one whose file has expired: all the same.
    """
    run = _export(tenant, job_id)
    if run.status == "failed":
        message = run.error or "The report could not be run."
        return UsageReportStatus(
            status="Failed",
            code=f"usage:{run.error_code or 'internal_error'}",
            message=message,
            status_message=message,
            detail=f"The export {run.id} has ended; begin a new one.",
        )
    if run.file is None:
        message = "The report is being made."
        return UsageReportStatus(
            status="InProgress", code="usage:in_progress", message=message, status_message=message
        )
    message = "Successful request"
    return UsageReportStatus(
        status="Success",
        code="usage:success",
        message=message,
        status_message=message,
        report_download_url=download_url(run.file, seconds=DOWNLOAD_SECONDS),
    )


def _export(tenant: Tenant, job_id: str) -> ReportRun:
    try:
        run = report_runs.retrieve(tenant, job_id)
    except NotFound:
        run = None
    gone = run is not None and run.file is not None and run.file.expires_at <= clock.seconds()
    if run is None or gone or not run.report_type.startswith(FAMILY):
        raise NotFound("There is no such job.")
    return run


def forecast(tenant: Tenant, query: ForecastQuery) -> UsageForecast:
    """Return the credits used so far and what they come to at this rate; see `forecasting`.

    Raises:
        PermissionDenied: the plan has no credits.
        InvalidRequest: the subscription has no first or no last day.
    """
    organisation = subscription.organisation_of(tenant)
    start, end = organisation.subscription_start, organisation.subscription_end
    if start is None or end is None:
        raise subscription.no_subscription("A forecast needs its first and its last day.")
    today = clock.now().date()
    # Here, because it brings the engine, which nobody needs who only asks how far an export is.
    from runsheet.account_usage import totals  # noqa: PLC0415

    used = totals.credits_by_day(tenant, start, min(today, end)) if start <= today else {}
    found = forecasting.forecast(
        used,
        forecasting.Subscription(start, end, organisation.subscription_credits),
        today=today,
        over=None if query.number_of_days is None else timedelta(days=query.number_of_days),
    )
    return UsageForecast(
        average_usage=float(found.average),
        usage_percentage=float(found.used_share),
        forecasted_usage=float(found.forecast),
        forecasted_usage_percentage=float(found.forecast_share),
        remaining_days=found.remaining_days,
    )

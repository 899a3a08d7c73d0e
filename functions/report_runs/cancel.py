"""POST /v1/reporting/report_runs/{id}/cancel."""

from runsheet.report_runs import cancelling, service
from runsheet.report_runs.model import ReportRunObject
from runsheet.runtime.http import Request, endpoint


@endpoint("POST /v1/reporting/report_runs/{id}/cancel", permission="report_runs_and_report_types_read")
def handler(request: Request) -> ReportRunObject:
    """Cancel a report run that is pending: it ends as failed, with the error_code cancelled."""
    return service.shown(cancelling.cancel(request.tenant, request.path["id"]), request.base_url)

"""POST /v1/reporting/report_runs."""

from runsheet.report_runs import creation, service, waiting
from runsheet.report_runs.model import NewReportRun, ReportRunObject
from runsheet.runtime.http import Request, endpoint


@endpoint("POST /v1/reporting/report_runs", permission="report_runs_and_report_types_read")
def handler(request: Request, body: NewReportRun) -> ReportRunObject:
    """Create a report run and begin running the report."""
    run = waiting.ended(creation.create(request.tenant, body, request.origin), body.wait)
    return service.shown(run, request.base_url)

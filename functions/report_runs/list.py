"""GET /v1/reporting/report_runs."""

from runsheet.report_runs import service
from runsheet.report_runs.model import ReportRunList
from runsheet.runtime.http import Request, endpoint
from runsheet.runtime.model import CreatedListQuery


@endpoint("GET /v1/reporting/report_runs", permission="report_runs_and_report_types_read")
def handler(request: Request, query: CreatedListQuery) -> ReportRunList:
    """List report runs, the newest first."""
    return service.listed(request.tenant, query, request.base_url)

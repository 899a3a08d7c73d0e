"""GET /v1/reporting/report_types."""

from runsheet.report_types import service
from runsheet.report_types.model import ReportTypeList
from runsheet.runtime.http import Request, endpoint
from runsheet.runtime.model import ListQuery


@endpoint("GET /v1/reporting/report_types", permission="report_runs_and_report_types_read")
def handler(request: Request, query: ListQuery) -> ReportTypeList:  # noqa: ARG001 - all are on one page; clients send limit
    """List all report types."""
    return service.listed(request.tenant)

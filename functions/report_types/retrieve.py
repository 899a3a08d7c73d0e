"""GET /v1/reporting/report_types/{id}."""

from runsheet.report_types import service
from runsheet.report_types.model import ReportTypeDetails
from runsheet.runtime.http import Request, endpoint
from runsheet.runtime.model import ExpandQuery


@endpoint("GET /v1/reporting/report_types/{id}", permission="report_runs_and_report_types_read")
def handler(request: Request, query: ExpandQuery) -> ReportTypeDetails:  # noqa: ARG001 - the query is only checked
    """Retrieve a report type."""
    return service.retrieve(request.tenant, request.path["id"])

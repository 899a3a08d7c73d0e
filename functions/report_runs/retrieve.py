"""GET /v1/reporting/report_runs/{id}."""

from runsheet.report_runs import service
from runsheet.report_runs.model import ReportRunObject
from runsheet.runtime.http import Request, endpoint
from runsheet.runtime.model import ExpandQuery


@endpoint("GET /v1/reporting/report_runs/{id}", permission="report_runs_and_report_types_read")
def handler(request: Request, query: ExpandQuery) -> ReportRunObject:  # noqa: ARG001 - the query is only checked
    """Retrieve a report run."""
    return service.shown(service.retrieve(request.tenant, request.path["id"]), request.base_url)

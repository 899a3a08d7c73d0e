"""GET /v1/reporting/report_runs/{id}."""

from runsheet.report_runs import service, waiting
from runsheet.report_runs.model import ReportRunObject, RunQuery
from runsheet.runtime.http import Request, endpoint


@endpoint("GET /v1/reporting/report_runs/{id}", permission="report_runs_and_report_types_read")
def handler(request: Request, query: RunQuery) -> ReportRunObject:
    """Retrieve a report run."""
    run = waiting.ended(service.retrieve(request.tenant, request.path["id"]), query.wait)
    return service.shown(run, request.base_url)

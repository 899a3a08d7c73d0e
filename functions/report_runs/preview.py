"""GET /v1/reporting/report_runs/{id}/preview."""

from runsheet.report_runs import preview
from runsheet.report_runs.model import PreviewQuery, ReportRunPreview
from runsheet.runtime.http import Request, endpoint


@endpoint("GET /v1/reporting/report_runs/{id}/preview", permission="report_runs_and_report_types_read")
def handler(request: Request, query: PreviewQuery) -> ReportRunPreview:
    """Show rows of a report run's result as JSON, page by page."""
    return preview.preview(request.tenant, request.path["id"], query)

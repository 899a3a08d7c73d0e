"""GET /v2/report-configs/{id}."""

from runsheet.report_configs import service
from runsheet.report_configs.objects import ReportConfigObject
from runsheet.runtime.http import Request, endpoint


@endpoint("GET /v2/report-configs/{id}", permission="report_configs_read")
def handler(request: Request) -> ReportConfigObject:
    """Retrieve a report config."""
    return service.shown(service.retrieve(request.tenant, request.path["id"]))

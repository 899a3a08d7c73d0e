"""GET /v2/report-configs."""

from runsheet.report_configs import service
from runsheet.report_configs.objects import ReportConfigObject, ReportConfigsQuery
from runsheet.runtime.http import Request, endpoint


@endpoint("GET /v2/report-configs", permission="report_configs_read")
def handler(request: Request, query: ReportConfigsQuery) -> list[ReportConfigObject]:
    """List report configs, the oldest first."""
    return [service.shown(config) for config in service.listed(request.tenant, query.report_type)]

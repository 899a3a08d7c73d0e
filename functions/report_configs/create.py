"""POST /v2/report-configs."""

from runsheet.report_configs import service
from runsheet.report_configs.objects import NewReportConfig, ReportConfigObject
from runsheet.runtime.http import Request, endpoint


@endpoint("POST /v2/report-configs", permission="report_configs_write")
def handler(request: Request, body: NewReportConfig) -> ReportConfigObject:
    """Create a report config: a report that is mailed every day, week or month."""
    return service.shown(service.create(request.tenant, body, request.origin))

"""PATCH /v2/report-configs/{id}."""

from runsheet.report_configs import service
from runsheet.report_configs.objects import ReportConfigChanges, ReportConfigObject
from runsheet.runtime.http import Request, endpoint


@endpoint("PATCH /v2/report-configs/{id}", permission="report_configs_write")
def handler(request: Request, body: ReportConfigChanges) -> ReportConfigObject:
    """Update a report config: what is left out stays as it is."""
    return service.shown(service.update(request.tenant, request.path["id"], body))

"""GET /v2/report-configs/{id}/upcoming."""

from runsheet.report_configs import service
from runsheet.report_configs.objects import SendTimeObject
from runsheet.runtime.http import Request, endpoint


@endpoint("GET /v2/report-configs/{id}/upcoming", permission="report_configs_read")
def handler(request: Request) -> list[SendTimeObject]:
    """List the next ten send times of a report config, with what a change of the clocks does to them."""
    return service.upcoming(request.tenant, request.path["id"])

"""DELETE /v2/report-configs/{id}."""

from runsheet.report_configs import service
from runsheet.runtime.http import Request, endpoint


@endpoint("DELETE /v2/report-configs/{id}", permission="report_configs_write")
def handler(request: Request) -> None:
    """Delete a report config: nothing is sent for it any more, not even by a run that is under way."""
    service.delete(request.tenant, request.path["id"])

"""GET /v1/account/usage/report/{jobId}/status."""

from runsheet.account_usage import service
from runsheet.account_usage.model import UsageReportStatus
from runsheet.runtime.http import Request, endpoint


@endpoint("GET /v1/account/usage/report/{jobId}/status", also_under="/api", permission="account_usage_read")
def handler(request: Request) -> UsageReportStatus:
    """Tell how far an export is, and where its CSV is once it is there."""
    return service.status(request.tenant, request.path["jobId"])

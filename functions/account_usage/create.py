"""POST /v1/account/usage/report."""

from runsheet.account_usage import creation
from runsheet.account_usage.model import NewUsageReport, UsageReportJob
from runsheet.runtime.http import Request, endpoint


@endpoint("POST /v1/account/usage/report", also_under="/api", permission="account_usage_read")
def handler(request: Request, body: NewUsageReport) -> UsageReportJob:
    """Begin an export of the credits used, by day, week or month."""
    return creation.create(request.tenant, request.key, body, request.origin)

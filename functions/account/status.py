"""GET /v1/account/status."""

from runsheet.account import service
from runsheet.account.model import AccountStatus
from runsheet.runtime.http import Request, endpoint


@endpoint("GET /v1/account/status", also_under="/api", permission="account_usage_read")
def handler(request: Request) -> AccountStatus:
    """Tell plan and subscription of the account."""
    return service.status(request.tenant)

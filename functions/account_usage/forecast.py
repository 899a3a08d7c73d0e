"""GET /v1/account/usageForecast."""

from runsheet.account_usage import service
from runsheet.account_usage.model import ForecastQuery, UsageForecast
from runsheet.runtime.http import Request, endpoint


@endpoint("GET /v1/account/usageForecast", also_under="/api", permission="account_usage_read")
def handler(request: Request, query: ForecastQuery) -> UsageForecast:
    """Tell the credits used so far, and what they come to by the end of the subscription."""
    return service.forecast(request.tenant, query)

"""GET /v1/webhook_endpoints."""

from runsheet.runtime.http import Request, endpoint
from runsheet.runtime.model import ListQuery
from runsheet.webhook_endpoints import service
from runsheet.webhook_endpoints.objects import WebhookEndpointList


@endpoint("GET /v1/webhook_endpoints", permission="webhook_endpoints_read")
def handler(request: Request, query: ListQuery) -> WebhookEndpointList:
    """List the webhook endpoints, the newest first."""
    return service.listed(request.tenant, query)

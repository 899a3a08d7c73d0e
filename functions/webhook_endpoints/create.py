"""POST /v1/webhook_endpoints."""

from runsheet.runtime.http import Request, endpoint
from runsheet.webhook_endpoints import service
from runsheet.webhook_endpoints.objects import NewWebhookEndpoint, NewWebhookEndpointObject


@endpoint("POST /v1/webhook_endpoints", permission="webhook_endpoints_write")
def handler(request: Request, body: NewWebhookEndpoint) -> NewWebhookEndpointObject:
    """Create a webhook endpoint: events are sent to its URL. Its secret is shown this once."""
    return service.create(request.tenant, body, request.origin)

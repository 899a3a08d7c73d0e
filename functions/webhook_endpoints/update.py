"""POST /v1/webhook_endpoints/{id}."""

from runsheet.runtime.http import Request, endpoint
from runsheet.webhook_endpoints import service
from runsheet.webhook_endpoints.objects import WebhookEndpointChanges, WebhookEndpointObject


@endpoint("POST /v1/webhook_endpoints/{id}", permission="webhook_endpoints_write")
def handler(request: Request, body: WebhookEndpointChanges) -> WebhookEndpointObject:
    """Update a webhook endpoint: what is left out stays as it is."""
    return service.shown(service.update(request.tenant, request.path["id"], body))

"""DELETE /v1/webhook_endpoints/{id}."""

from runsheet.runtime.http import Request, endpoint
from runsheet.webhook_endpoints import service
from runsheet.webhook_endpoints.objects import DeletedWebhookEndpoint


@endpoint("DELETE /v1/webhook_endpoints/{id}", permission="webhook_endpoints_write")
def handler(request: Request) -> DeletedWebhookEndpoint:
    """Delete a webhook endpoint: nothing is sent to it any more."""
    service.delete(request.tenant, request.path["id"])
    return DeletedWebhookEndpoint(id=request.path["id"])

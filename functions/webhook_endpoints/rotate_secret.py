"""POST /v1/webhook_endpoints/{id}/rotate_secret."""

from runsheet.runtime.http import Request, endpoint
from runsheet.webhook_endpoints import service
from runsheet.webhook_endpoints.objects import RotatedWebhookEndpointObject, SecretRotation


@endpoint("POST /v1/webhook_endpoints/{id}/rotate_secret", permission="webhook_endpoints_write")
def handler(request: Request, body: SecretRotation) -> RotatedWebhookEndpointObject:
    """Give a webhook endpoint a new secret, shown this once; the previous one signs as well for up to 24 hours."""
    return service.rotate_secret(request.tenant, request.path["id"], body, request.origin)

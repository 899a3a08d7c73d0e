"""GET /v1/webhook_endpoints/{id}."""

from runsheet.runtime.http import Request, endpoint
from runsheet.runtime.model import ExpandQuery
from runsheet.webhook_endpoints import service
from runsheet.webhook_endpoints.objects import WebhookEndpointObject


@endpoint("GET /v1/webhook_endpoints/{id}", permission="webhook_endpoints_read")
def handler(request: Request, query: ExpandQuery) -> WebhookEndpointObject:  # noqa: ARG001 - it is only checked
    """Retrieve a webhook endpoint, without its secret."""
    return service.shown(service.retrieve(request.tenant, request.path["id"]))

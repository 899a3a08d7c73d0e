"""GET /v1/webhook_endpoints/{id}/deliveries."""

from runsheet.runtime.http import Request, endpoint
from runsheet.runtime.model import ListQuery
from runsheet.webhook_deliveries import service
from runsheet.webhook_deliveries.model import WebhookDeliveryList


@endpoint("GET /v1/webhook_endpoints/{id}/deliveries", permission="webhook_endpoints_read")
def handler(request: Request, query: ListQuery) -> WebhookDeliveryList:
    """List what was sent to a webhook endpoint and what came of each try, that of the newest event first."""
    return service.listed(request.tenant, request.path["id"], query)

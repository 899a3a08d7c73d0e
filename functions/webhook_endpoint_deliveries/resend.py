"""POST /v1/webhook_endpoints/{id}/deliveries/{delivery}/resend."""

from runsheet.runtime.http import Request, endpoint
from runsheet.runtime.model import ExpandQuery
from runsheet.webhook_deliveries import service
from runsheet.webhook_deliveries.model import WebhookDeliveryObject


@endpoint(
    "POST /v1/webhook_endpoints/{id}/deliveries/{delivery}/resend", permission="webhook_endpoints_write"
)
def handler(request: Request, body: ExpandQuery) -> WebhookDeliveryObject:  # noqa: ARG001 - it is only checked
    """Send an event to a webhook endpoint again, now: the same event, with the same id."""
    return service.shown(service.resend(request.tenant, request.path["id"], request.path["delivery"]))

"""GET /v2/report-configs/{id}/deliveries."""

from runsheet.deliveries import service as deliveries
from runsheet.deliveries.objects import DeliveriesQuery, DeliveryObject, delivery_object
from runsheet.report_configs import service
from runsheet.runtime.http import Request, endpoint


@endpoint("GET /v2/report-configs/{id}/deliveries", permission="report_configs_read")
def handler(request: Request, query: DeliveriesQuery) -> list[DeliveryObject]:
    """List who got a config's reports and when, or why not; those of the newest run first."""
    config = service.retrieve(request.tenant, request.path["id"])
    found = deliveries.of_config(request.tenant, config.id, query.limit)
    return [delivery_object(delivery) for delivery in found]

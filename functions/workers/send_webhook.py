"""WebhooksQueue: send one event to one endpoint."""

from runsheet.runtime.queue import worker
from runsheet.runtime.settings import settings
from runsheet.webhook_deliveries.execution import send
from runsheet.webhook_deliveries.model import DeliveryDue

handler = worker(DeliveryDue, send, queue_url=lambda: settings().webhooks_queue_url)

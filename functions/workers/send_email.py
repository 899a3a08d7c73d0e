"""EmailsQueue: send one delivery."""

from runsheet.deliveries.execution import send
from runsheet.deliveries.model import DeliveryRequested
from runsheet.runtime.queue import worker
from runsheet.runtime.settings import settings

handler = worker(DeliveryRequested, send, queue_url=lambda: settings().emails_queue_url)

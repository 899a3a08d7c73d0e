"""MailEventsQueue: note what SES tells of a mail: delivered, bounced, complained about."""

from runsheet.deliveries.mail_events import MailEvent, note
from runsheet.runtime.queue import worker
from runsheet.runtime.settings import settings

handler = worker(MailEvent, note, queue_url=lambda: settings().mail_events_queue_url)

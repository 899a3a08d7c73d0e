"""POST /v2/report-configs/{id}/send."""

from runsheet.report_configs import running, service
from runsheet.report_configs.objects import NewSending, SendingObject
from runsheet.runtime.http import Request, endpoint


@endpoint("POST /v2/report-configs/{id}/send", permission="report_configs_write")
def handler(request: Request, body: NewSending | None) -> SendingObject:
    """Send the report of a config now, to its recipients or, as a test, to others."""
    config = service.retrieve_in_zone(request.tenant, request.path["id"])
    run = running.send_now(config, body.recipient_emails if body else None, request.origin)
    return running.shown(run, config)

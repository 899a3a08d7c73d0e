"""POST /unsubscribe/{token}."""

from runsheet.deliveries import unsubscribing
from runsheet.runtime.http import Response
from runsheet.runtime.pages import Visit, page, shown


@page("POST /unsubscribe/{token}")
def handler(visit: Visit) -> Response:
    """Unsubscribe the recipient of a mail from its report: the page's button, or a mail client's one click."""
    unsubscribing.unsubscribe(visit.path["token"])
    return shown(200, "You are unsubscribed", "You will get no more mails of this report.")

"""GET /unsubscribe/{token}."""

from runsheet.deliveries import unsubscribing
from runsheet.runtime.http import Response
from runsheet.runtime.pages import Visit, page, shown


@page("GET /unsubscribe/{token}")
def handler(visit: Visit) -> Response:
    """Ask whether to unsubscribe; changes nothing, because programs open the links of a mail too."""
    unsubscribing.check(visit.path["token"])
    return shown(200, "Unsubscribe?", "You will get no more mails of this report.", button="Unsubscribe")

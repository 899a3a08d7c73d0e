"""HEAD /links/{token}."""

from runsheet.file_links import following
from runsheet.runtime.http import Response
from runsheet.runtime.pages import Visit, page, redirect


@page("HEAD /links/{token}")
def handler(visit: Visit) -> Response:
    """Tell where a link leads, as a GET does, without following it: programs that scan mails ask."""
    return redirect(following.check(visit.path["token"]))

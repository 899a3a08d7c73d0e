"""GET /links/{token}."""

from runsheet.file_links import following
from runsheet.runtime.http import Response
from runsheet.runtime.pages import Visit, page, redirect


@page("GET /links/{token}")
def handler(visit: Visit) -> Response:
    """Follow a link to a file: a redirect to S3, signed afresh."""
    return redirect(following.follow(visit.path["token"]))

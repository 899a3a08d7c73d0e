"""GET /v1/files/{id}/contents."""

from runsheet.files import service
from runsheet.runtime.http import Request, Response, endpoint


@endpoint("GET /v1/files/{id}/contents", permission="files_read")
def handler(request: Request) -> Response:
    """Download a file: its bytes, or a redirect to S3 where they are more than a function can answer with."""
    return service.contents(request.tenant, request.path["id"], request.headers)

"""POST /v1/file_links."""

from runsheet.file_links import service
from runsheet.file_links.objects import FileLinkObject, NewFileLink
from runsheet.runtime.http import Request, endpoint


@endpoint("POST /v1/file_links", permission="file_links_write")
def handler(request: Request, body: NewFileLink) -> FileLinkObject:
    """Create a file link: a public address of a file, which needs no key."""
    return service.shown(service.create(request.tenant, body, request.origin), request.base_url, body.expand)

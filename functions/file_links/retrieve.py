"""GET /v1/file_links/{id}."""

from runsheet.file_links import service
from runsheet.file_links.objects import FileLinkObject, FileLinkQuery
from runsheet.runtime.http import Request, endpoint


@endpoint("GET /v1/file_links/{id}", permission="file_links_read")
def handler(request: Request, query: FileLinkQuery) -> FileLinkObject:
    """Retrieve a file link."""
    link = service.retrieve(request.tenant, request.path["id"])
    return service.shown(link, request.base_url, query.expand)

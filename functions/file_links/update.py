"""POST /v1/file_links/{id}."""

from runsheet.file_links import service
from runsheet.file_links.objects import FileLinkChanges, FileLinkObject
from runsheet.runtime.http import Request, endpoint


@endpoint("POST /v1/file_links/{id}", permission="file_links_write")
def handler(request: Request, body: FileLinkChanges) -> FileLinkObject:
    """Update a file link: when it ends, which may be now, and its metadata. An expired one stays as it is."""
    link = service.update(request.tenant, request.path["id"], body)
    return service.shown(link, request.base_url, body.expand)

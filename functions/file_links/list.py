"""GET /v1/file_links."""

from runsheet.file_links import service
from runsheet.file_links.objects import FileLinkList, FileLinkListQuery
from runsheet.runtime.http import Request, endpoint


@endpoint("GET /v1/file_links", permission="file_links_read")
def handler(request: Request, query: FileLinkListQuery) -> FileLinkList:
    """List file links, those in mails too, the newest first."""
    return service.listed(request.tenant, query, request.base_url)

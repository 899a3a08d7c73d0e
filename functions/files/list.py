"""GET /v1/files."""

from runsheet.files import service
from runsheet.files.model import FileList, FileListQuery
from runsheet.runtime.http import Request, endpoint


@endpoint("GET /v1/files", permission="files_read")
def handler(request: Request, query: FileListQuery) -> FileList:
    """List files that have not expired, the newest first."""
    return service.listed(request.tenant, query, request.base_url)

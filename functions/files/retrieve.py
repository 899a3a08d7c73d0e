"""GET /v1/files/{id}."""

from runsheet.files import service
from runsheet.files.model import FileObject, file_object
from runsheet.runtime.http import Request, endpoint
from runsheet.runtime.model import ExpandQuery


@endpoint("GET /v1/files/{id}", permission="files_read")
def handler(request: Request, query: ExpandQuery) -> FileObject:  # noqa: ARG001 - the query is only checked
    """Retrieve a file."""
    return file_object(service.retrieve(request.tenant, request.path["id"]), request.base_url)

"""GET /v1/datasets/{dataset}/uploads/{id}."""

from runsheet.dataset_uploads import service
from runsheet.dataset_uploads.model import UploadObject
from runsheet.runtime.http import Request, endpoint
from runsheet.runtime.model import ExpandQuery


@endpoint("GET /v1/datasets/{dataset}/uploads/{id}", permission="datasets_read")
def handler(request: Request, query: ExpandQuery) -> UploadObject:  # noqa: ARG001 - the query is only checked
    """Retrieve an upload: how far it is, or what became of it."""
    return service.retrieve(request.tenant, request.path["dataset"], request.path["id"])

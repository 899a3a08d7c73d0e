"""POST /v1/datasets/{dataset}/uploads."""

from runsheet.dataset_uploads import service
from runsheet.dataset_uploads.model import NewUpload, UploadObject
from runsheet.runtime.http import Request, endpoint


@endpoint("POST /v1/datasets/{dataset}/uploads", permission="datasets_write")
def handler(request: Request, body: NewUpload) -> UploadObject:
    """Create an upload: a URL to PUT one file of records to, which is processed when it arrives."""
    return service.create(request.tenant, request.path["dataset"], body, request.origin)

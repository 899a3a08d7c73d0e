"""POST /v1/datasets/{dataset}/records."""

from runsheet.datasets import records
from runsheet.datasets.objects import BatchObject, BatchQuery
from runsheet.runtime.http import Request, endpoint


@endpoint("POST /v1/datasets/{dataset}/records", permission="datasets_write")
def handler(request: Request, query: BatchQuery, body: bytes) -> BatchObject:
    """Store a batch of records, a JSON array or NDJSON; all or none of them."""
    return records.create(
        request.tenant,
        request.path["dataset"],
        body,
        content_type=request.headers.get("content-type", ""),
        batch_id=query.batch_id,
        origin=request.origin,
    )

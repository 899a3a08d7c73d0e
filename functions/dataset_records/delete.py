"""DELETE /v1/datasets/{dataset}/records/{id}."""

from runsheet.datasets import records
from runsheet.datasets.objects import DeletedRecord
from runsheet.runtime.http import Request, endpoint
from runsheet.runtime.model import ExpandQuery


@endpoint("DELETE /v1/datasets/{dataset}/records/{id}", permission="datasets_write")
def handler(request: Request, query: ExpandQuery) -> DeletedRecord:  # noqa: ARG001 - the query is only checked
    """Delete a record; it is no error if there is none."""
    return records.delete(request.tenant, request.path["dataset"], request.path["id"])

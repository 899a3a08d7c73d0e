"""GET /v1/datasets/{dataset}."""

from runsheet.datasets import description
from runsheet.datasets.objects import DatasetObject
from runsheet.runtime.http import Request, endpoint
from runsheet.runtime.model import ExpandQuery


@endpoint("GET /v1/datasets/{dataset}", permission="datasets_read")
def handler(request: Request, query: ExpandQuery) -> DatasetObject:  # noqa: ARG001 - the query is only checked
    """Retrieve a dataset: its schema, how many records it holds and from when to when."""
    return description.retrieve(request.tenant, request.path["dataset"])

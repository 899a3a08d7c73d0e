"""GET /v1/datasets."""

from runsheet.datasets import description
from runsheet.datasets.objects import DatasetList
from runsheet.runtime.http import Request, endpoint
from runsheet.runtime.model import ExpandQuery


@endpoint("GET /v1/datasets", permission="datasets_read")
def handler(request: Request, query: ExpandQuery) -> DatasetList:  # noqa: ARG001 - the query is only checked
    """List the datasets, with their schemas and how many records they hold."""
    return description.listed(request.tenant)

"""POST /v1/datasets/{dataset}."""

from runsheet.datasets import description
from runsheet.datasets.objects import DatasetChanges, DatasetObject
from runsheet.runtime.http import Request, endpoint


@endpoint("POST /v1/datasets/{dataset}", permission="datasets_write")
def handler(request: Request, body: DatasetChanges) -> DatasetObject:
    """Say up to when all records of a dataset are there: reports accept intervals up to then."""
    return description.update(request.tenant, request.path["dataset"], body)

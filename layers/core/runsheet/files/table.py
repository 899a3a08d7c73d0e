"""FilesTable: partition key `tenant`, sort key `id`; items expire with their file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runsheet.files.model import File
from runsheet.runtime.clients import dynamodb
from runsheet.runtime.items import from_item, to_attribute, to_item
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from runsheet.tenancy import Tenant


def get(tenant: Tenant, file_id: str) -> File | None:
    """Return the file, strongly consistent: it is read as soon as its run says `succeeded`."""
    answer = dynamodb().get_item(
        TableName=settings().files_table,
        Key={"tenant": to_attribute(tenant.partition), "id": to_attribute(file_id)},
        ConsistentRead=True,
    )
    if "Item" not in answer:
        return None
    values = from_item(answer["Item"])
    del values["tenant"]
    return File(**values)


def put_operation(tenant: Tenant, file: File) -> Any:  # noqa: ANN401 - typed by the client that takes it
    """Return the write that stores a file, for the transaction that completes its run."""
    item = to_item({"tenant": tenant.partition, **file.as_dict()})
    return {"Put": {"TableName": settings().files_table, "Item": item}}

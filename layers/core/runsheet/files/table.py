"""FilesTable: partition key `tenant`, sort key `id`; items expire with their file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runsheet.files.model import File
from runsheet.runtime.clients import dynamodb
from runsheet.runtime.items import from_item, to_attribute, to_item
from runsheet.runtime.reading import batch_get
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from collections.abc import Collection

    from runsheet.runtime.paging import Span
    from runsheet.tenancy import Tenant


def get(tenant: Tenant, file_id: str) -> File | None:
    """Return the file, strongly consistent: it is read as soon as its run says `succeeded`."""
    answer = dynamodb().get_item(
        TableName=settings().files_table,
        Key={"tenant": to_attribute(tenant.partition), "id": to_attribute(file_id)},
        ConsistentRead=True,
    )
    return _file(from_item(answer["Item"])) if "Item" in answer else None


def get_all(tenant: Tenant, file_ids: Collection[str]) -> dict[str, File]:
    """Return those of the files that are there, by id, strongly consistent."""
    keys = [{"tenant": to_attribute(tenant.partition), "id": to_attribute(file_id)} for file_id in file_ids]
    return {values["id"]: _file(values) for values in batch_get(settings().files_table, keys)}


def page(tenant: Tenant, span: Span, *, now: int) -> tuple[list[File], bool]:
    """Return the span's page of files that have not expired at `now` (unix seconds), and whether more follow."""
    found = span.items(
        {":tenant": tenant.partition, ":now": now},
        TableName=settings().files_table,
        KeyConditionExpression="tenant = :tenant AND id BETWEEN :first AND :last",
        # DynamoDB takes up to two days to remove what has expired.
        FilterExpression="expires_at > :now",
        ConsistentRead=True,
    )
    return span.cut(map(_file, found))


def put_operation(tenant: Tenant, file: File) -> Any:  # noqa: ANN401 - typed by the client that takes it
    """Return the write that stores a file, for the transaction that completes its run."""
    item = to_item({"tenant": tenant.partition, **file.as_dict()})
    return {"Put": {"TableName": settings().files_table, "Item": item}}


def _file(values: dict[str, Any]) -> File:
    return File(**{name: value for name, value in values.items() if name != "tenant"})

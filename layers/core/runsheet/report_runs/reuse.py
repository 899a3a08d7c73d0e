"""ReusableResultsTable: partition key `tenant`, sort key `fingerprint`: the newest result of the same inputs.

An item is written in the transaction that ends the run of its result, so its file is there. The fingerprint of a family of
runs stands for the newest result whose parts are kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runsheet.files.model import File
from runsheet.runtime.clients import dynamodb
from runsheet.runtime.items import from_item, to_item
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from runsheet.tenancy import Tenant


@dataclass(frozen=True, slots=True)
class Result:
    """A result that may be given again.

    Attributes:
        run_id: the run that it was made for.
        file: the result.
        manifest: its manifest, as a run keeps it.
    """

    run_id: str
    file: File
    manifest: dict[str, Any]


def find(tenant: Tenant, fingerprint: str, *, now: int) -> Result | None:
    """Return the result of the same inputs, by one strongly consistent read; None without one.

    It has at least half of its time left: who asks for a report does not expect its file to be gone tomorrow.
    """
    values = item(tenant, fingerprint)
    if values is None:
        return None
    file = File(**values["result_file"])
    if 2 * (file.expires_at - now) < file.expires_at - file.created:
        return None
    return Result(values["run_id"], file, values["manifest"])


def put_operation(tenant: Tenant, fingerprint: str, result: Result) -> Any:  # noqa: ANN401 - typed by the client
    """Return the write that remembers a result, in place of an earlier one of the same inputs."""
    values = {"run_id": result.run_id, "result_file": result.file.as_dict(), "manifest": result.manifest}
    return _put(tenant, fingerprint, values, expires_at=result.file.expires_at)


def kept_operation(tenant: Tenant, family: str, file: File) -> Any:  # noqa: ANN401 - typed by the client
    """Return the write that remembers a result as the newest of its family."""
    return _put(tenant, family, {"key": file.key}, expires_at=file.expires_at)


def item(tenant: Tenant, fingerprint: str) -> dict[str, Any] | None:
    """Return what one of the operations has written, by one strongly consistent read; None without an item."""
    answer = dynamodb().get_item(
        TableName=settings().reusable_results_table,
        Key=to_item({"tenant": tenant.partition, "fingerprint": fingerprint}),
        ConsistentRead=True,
    )
    return from_item(answer["Item"]) if "Item" in answer else None


def _put(tenant: Tenant, fingerprint: str, values: dict[str, Any], *, expires_at: int) -> Any:  # noqa: ANN401
    key = {"tenant": tenant.partition, "fingerprint": fingerprint}
    written = to_item(key | values | {"expires_at": expires_at})
    return {"Put": {"TableName": settings().reusable_results_table, "Item": written}}

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
    values = _get(tenant, fingerprint)
    if values is None:
        return None
    file = File(**values["result_file"])
    if 2 * (file.expires_at - now) < file.expires_at - file.created:
        return None
    return Result(values["run_id"], file, values["manifest"])


def put_operation(tenant: Tenant, fingerprint: str, result: Result) -> Any:  # noqa: ANN401 - typed by the client
    """Return the write that remembers a result, in place of an earlier one of the same inputs."""
    item = {
        "tenant": tenant.partition,
        "fingerprint": fingerprint,
        "run_id": result.run_id,
        "result_file": result.file.as_dict(),
        "manifest": result.manifest,
        "expires_at": result.file.expires_at,
    }
    return {"Put": {"TableName": settings().reusable_results_table, "Item": to_item(item)}}


def kept(tenant: Tenant, family: str) -> dict[str, Any] | None:
    """Return `key` and `expires_at` of a family's newest result, by one strongly consistent read; None without one."""
    return _get(tenant, family)


def kept_operation(tenant: Tenant, family: str, file: File) -> Any:  # noqa: ANN401 - typed by the client
    """Return the write that remembers a result as the newest of its family."""
    item = {
        "tenant": tenant.partition,
        "fingerprint": family,
        "key": file.key,
        "expires_at": file.expires_at,
    }
    return {"Put": {"TableName": settings().reusable_results_table, "Item": to_item(item)}}


def _get(tenant: Tenant, fingerprint: str) -> dict[str, Any] | None:
    answer = dynamodb().get_item(
        TableName=settings().reusable_results_table,
        Key=to_item({"tenant": tenant.partition, "fingerprint": fingerprint}),
        ConsistentRead=True,
    )
    return from_item(answer["Item"]) if "Item" in answer else None

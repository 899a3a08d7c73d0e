"""DatasetsTable: partition key `tenant_dataset`, sort key `item`: `batch#<id>`, `file#<id>` and `summary`.

Registering a batch is one transaction: its files, its receipt and the summary, all or nothing. The summary's version
makes registrations follow one another, so "the latest version of a record" is the one registered last. A compaction
swaps files without moving the version; its transaction and that of a registration exclude each other by `swaps`.
"""

from __future__ import annotations

import time
import zlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from runsheet.datasets.model import Batch, DataFile, Summary
from runsheet.errors import Unavailable
from runsheet.runtime.clients import dynamodb
from runsheet.runtime.items import from_item, if_holds, to_attribute, to_item
from runsheet.runtime.reading import batch_get
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from runsheet.runtime.stream import Change

# A transaction takes 100 items: the receipt, the summary, and when to compact are three of them.
MAX_FILES_IN_A_BATCH = 97
_READS = 7
_FIRST_WAIT_SECONDS = 0.01
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# Reasons why a transaction was cancelled that may be gone at the next try.
_PASSING = frozenset(
    {"ConditionalCheckFailed", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
)
_TIMES = ("first", "last", "updated", "complete_through")


class Moved(NamedTuple):
    """A change of what a dataset has: its first batch came (`begins`), or `complete_through` moved."""

    tenant: Tenant
    dataset: str
    begins: bool
    before: datetime | None
    after: datetime | None


class BatchExistsError(Exception):
    """A batch of this id is registered already."""


class VersionMovedError(Exception):
    """Another batch was registered, or files were swapped, since the summary was read."""


class NotSwappedError(Exception):
    """Files were not swapped: one of them, or what else the transaction was to change, is another by now."""


def summary(tenant: Tenant, dataset: str) -> Summary:
    """Return the summary, strongly consistent; an empty one for a dataset without a record."""
    answer = dynamodb().get_item(
        TableName=settings().datasets_table, Key=_key(tenant, dataset, "summary"), ConsistentRead=True
    )
    return _summary(answer["Item"]) if "Item" in answer else Summary()


def summaries(tenant: Tenant, datasets: Iterable[str]) -> dict[str, Summary]:
    """Return the summaries of some datasets, at most 100, by one strongly consistent read; empty ones as in `summary`."""
    wanted = list(datasets)
    found = {
        item["tenant_dataset"].rpartition("#")[2]: item
        for item in batch_get(
            settings().datasets_table, [_key(tenant, dataset, "summary") for dataset in wanted]
        )
    }
    return {dataset: _summary_of(found.get(dataset, {})) for dataset in wanted}


def files(tenant: Tenant, dataset: str) -> tuple[Summary, tuple[DataFile, ...]]:
    """Return the summary and the files of one data version, from one strongly consistent Query.

    A Query sees each item of a concurrent transaction on its own, so the answer is held against what the summary says
    of the files and asked for again if they differ.

    Raises:
        Unavailable: batches are registered faster than the files can be listed.
    """
    for attempt in range(_READS):
        found, listed = _query(tenant, dataset)
        whole = len(listed) == found.files and found.digest in (None, digest(file.id for file in listed))
        if whole and all(file.version <= found.version for file in listed):
            return found, listed
        time.sleep(_FIRST_WAIT_SECONDS * 2**attempt)
    raise Unavailable("The dataset is changing too fast to be read at this moment. Try again shortly.")


def batch(tenant: Tenant, dataset: str, batch_id: str) -> Batch | None:
    """Return the receipt of a batch, strongly consistent."""
    answer = dynamodb().get_item(
        TableName=settings().datasets_table,
        Key=_key(tenant, dataset, f"batch#{batch_id}"),
        ConsistentRead=True,
    )
    if "Item" not in answer:
        return None
    values = from_item(answer["Item"])
    return Batch(
        id=batch_id,
        content_hash=values["content_hash"],
        row_count=values["row_count"],
        deleted_count=values["deleted_count"],
        created=moment(values["created"]),
    )


def digest(ids: Iterable[str]) -> int:
    """Return what tells one set of files from another: a sum, so that a change of the set is a change of the sum.

    Of 32 bits each, so that it is exact in whatever computes with doubles.
    """
    return sum(zlib.crc32(file_id.encode()) for file_id in ids)


def register(
    tenant: Tenant,
    dataset: str,
    receipt: Batch,
    added: Sequence[DataFile],
    change: tuple[Summary, Summary],
    *,
    also: Sequence[Any] = (),
) -> None:
    """Make a batch visible: its files, its receipt, the summary's `change` from one to another; `also` other writes.

    Raises:
        BatchExistsError: the batch id is taken.
        VersionMovedError: the summary is another by now, another transaction is under way, or too many are: read
            and try again.
    """
    known, updated = change
    partition = f"{tenant.partition}#{dataset}"
    items = [
        {
            "tenant_dataset": partition,
            "item": f"batch#{receipt.id}",
            "content_hash": receipt.content_hash,
            "row_count": receipt.row_count,
            "deleted_count": receipt.deleted_count,
            "created": _microseconds(receipt.created),
            "version": updated.version,
        }
    ] + [_file_item(tenant, dataset, file) for file in added]
    advance: Any = {"Update": _advance(tenant, dataset, known, updated)}
    try:
        dynamodb().transact_write_items(TransactItems=[*map(_put_new, items), advance, *also])
    except ClientError as failure:
        reasons = _reasons(failure)
        if reasons and reasons[0] == "ConditionalCheckFailed":
            raise BatchExistsError from failure
        if not _PASSING.isdisjoint(reasons):
            raise VersionMovedError from failure
        raise


def swap(
    tenant: Tenant,
    dataset: str,
    *,
    removed: Sequence[DataFile],
    added: Sequence[DataFile],
    also: Sequence[Any],
) -> None:
    """Put files in the place of others that hold the same records, all at once; `also` other writes.

    The data version stays, and registrations that read the summary before are refused.

    Raises:
        NotSwappedError: nothing was changed, and nothing will be by trying again.
        VersionMovedError: another transaction is under way, or too many are: try again.
    """
    difference = digest(file.id for file in added) - digest(file.id for file in removed)
    summary_update: Any = {
        "TableName": settings().datasets_table,
        "Key": _key(tenant, dataset, "summary"),
        "UpdateExpression": "SET #files = #files + :files, digest = digest + :digest, "
        "swaps = if_not_exists(swaps, :none) + :one",
        "ConditionExpression": "attribute_exists(digest)",
        "ExpressionAttributeNames": {"#files": "files"},
        "ExpressionAttributeValues": to_item(
            {":files": len(added) - len(removed), ":digest": difference, ":none": 0, ":one": 1}
        ),
    }
    there = {
        "TableName": settings().datasets_table,
        "ConditionExpression": "attribute_exists(tenant_dataset)",
    }
    deletes: list[Any] = [
        {"Delete": there | {"Key": _key(tenant, dataset, f"file#{file.id}")}} for file in removed
    ]
    puts = [_put_new(_file_item(tenant, dataset, file)) for file in added]
    try:
        dynamodb().transact_write_items(TransactItems=[{"Update": summary_update}, *puts, *deletes, *also])
    except ClientError as failure:
        reasons = _reasons(failure)
        if "ConditionalCheckFailed" in reasons:
            raise NotSwappedError from failure
        if not _PASSING.isdisjoint(reasons):
            raise VersionMovedError from failure
        raise


def note_loose(tenant: Tenant, dataset: str, known: Summary, *, also: Sequence[Any] = ()) -> None:
    """Note how many files are loose, and the digest, if nothing has changed since `known` was read; `also` other writes.

    Raises:
        VersionMovedError: something has; or one of the other writes was refused.
    """
    values = {"loose_files": known.loose_files, "loose_bytes": known.loose_bytes, "digest": known.digest}
    try:
        dynamodb().transact_write_items(
            TransactItems=[{"Update": _change(tenant, dataset, known, values)}, *also]
        )
    except ClientError as failure:
        if _PASSING.isdisjoint(_reasons(failure)):
            raise
        raise VersionMovedError from failure


def note_visible_rows(tenant: Tenant, dataset: str, rows: int, *, version: int) -> None:
    """Keep the number of visible rows of a data version, unless that of a later one is kept."""
    if_holds(
        dynamodb().update_item,
        TableName=settings().datasets_table,
        Key=_key(tenant, dataset, "summary"),
        UpdateExpression="SET visible_rows = :rows, visible_rows_version = :version",
        ConditionExpression="visible_rows_version < :version",
        ExpressionAttributeValues=to_item({":rows": rows, ":version": version}),
    )


def set_complete_through(tenant: Tenant, dataset: str, through: datetime | None) -> None:
    """Set or unset `complete_through`; a dataset may have it before its first record."""
    key = _key(tenant, dataset, "summary")
    table = settings().datasets_table
    if through is None:
        dynamodb().update_item(TableName=table, Key=key, UpdateExpression="REMOVE complete_through")
        return
    dynamodb().update_item(
        TableName=table,
        Key=key,
        UpdateExpression="SET complete_through = :through",
        ExpressionAttributeValues=to_item({":through": _microseconds(through)}),
    )


def moved(change: Change) -> Moved | None:
    """Return what a change in the stream says about when there is data; None if it says nothing."""
    if change.key["item"] != "summary":
        return None
    partition, _, dataset = change.key["tenant_dataset"].rpartition("#")
    before, after = (_through(image) for image in (change.old, change.new))
    begins = "version" in change.new and "version" not in change.old
    if before == after and not begins:
        return None
    return Moved(Tenant.from_partition(partition), dataset, begins, before, after)


def _through(image: dict[str, Any]) -> datetime | None:
    microseconds = image.get("complete_through")
    return None if microseconds is None else moment(int(microseconds))


def _advance(tenant: Tenant, dataset: str, known: Summary, updated: Summary) -> Any:  # noqa: ANN401 - an update of the client's
    """Return the summary's update. `complete_through` is the loader's alone, and not touched here."""
    values = {
        "version": updated.version,
        "files": updated.files,
        "first": _microseconds(updated.first),
        "last": _microseconds(updated.last),
        "updated": _microseconds(updated.updated),
        "visible_rows": updated.visible_rows,
        "visible_rows_version": updated.visible_rows_version,
        "digest": updated.digest,
        "loose_files": updated.loose_files,
        "loose_bytes": updated.loose_bytes,
    }
    return _change(tenant, dataset, known, values)


def _change(tenant: Tenant, dataset: str, known: Summary, values: dict[str, Any]) -> Any:  # noqa: ANN401 - an update of the client's
    """Return the update of a summary that nobody has changed since it was read."""
    given = {name: value for name, value in values.items() if value is not None}
    known_values = {"version": known.version, "swaps": known.swaps}
    unchanged = (
        f"#{name} = :known_{name}" if value else f"attribute_not_exists(#{name})"
        for name, value in known_values.items()
    )
    return {
        "TableName": settings().datasets_table,
        "Key": _key(tenant, dataset, "summary"),
        "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in given),
        "ConditionExpression": " AND ".join(unchanged),
        "ExpressionAttributeNames": {f"#{name}": name for name in given | known_values},
        "ExpressionAttributeValues": to_item(
            {f":{name}": value for name, value in given.items()}
            | {f":known_{name}": value for name, value in known_values.items() if value}
        ),
    }


def _reasons(failure: ClientError) -> list[str | None]:
    return [reason.get("Code") for reason in failure.response.get("CancellationReasons", [])]


def _put_new(item: dict[str, Any]) -> Any:  # noqa: ANN401 - a write of the client's
    return {
        "Put": {
            "TableName": settings().datasets_table,
            "Item": to_item(item),
            "ConditionExpression": "attribute_not_exists(tenant_dataset)",
        }
    }


def _file_item(tenant: Tenant, dataset: str, file: DataFile) -> dict[str, Any]:
    return {
        "tenant_dataset": f"{tenant.partition}#{dataset}",
        "item": f"file#{file.id}",
        "key": file.key,
        "rows": file.rows,
        "bytes": file.bytes,
        "first": _microseconds(file.first),
        "last": _microseconds(file.last),
        "level": file.level,
        "version": file.version,
    }


def _query(tenant: Tenant, dataset: str) -> tuple[Summary, tuple[DataFile, ...]]:
    pages = (
        dynamodb()
        .get_paginator("query")
        .paginate(
            TableName=settings().datasets_table,
            # "batch#" sorts before "file#", "summary" behind it: the receipts are not read.
            KeyConditionExpression="tenant_dataset = :partition AND #item >= :first",
            ExpressionAttributeNames={"#item": "item"},
            ExpressionAttributeValues=to_item(
                {":partition": f"{tenant.partition}#{dataset}", ":first": "file#"}
            ),
            ConsistentRead=True,
        )
    )
    found = Summary()
    listed = []
    for page in pages:
        for item in page["Items"]:
            if item["item"]["S"] == "summary":
                found = _summary(item)
            else:
                listed.append(_file(item))
    return found, tuple(listed)


def _key(tenant: Tenant, dataset: str, item: str) -> dict[str, Any]:
    return {"tenant_dataset": to_attribute(f"{tenant.partition}#{dataset}"), "item": to_attribute(item)}


def _summary(item: Any) -> Summary:  # noqa: ANN401 - an item of DynamoDB
    return _summary_of(from_item(item))


def _summary_of(values: Mapping[str, Any]) -> Summary:
    return Summary(
        version=values.get("version", 0),
        files=values.get("files", 0),
        visible_rows=values.get("visible_rows", 0),
        visible_rows_version=values.get("visible_rows_version", 0),
        digest=values.get("digest"),
        swaps=values.get("swaps", 0),
        loose_files=values.get("loose_files", 0),
        loose_bytes=values.get("loose_bytes", 0),
        **{name: _optional_moment(values.get(name)) for name in _TIMES},
    )


def _file(item: Any) -> DataFile:  # noqa: ANN401 - an item of DynamoDB
    values = from_item(item)
    return DataFile(
        id=values["item"].removeprefix("file#"),
        key=values["key"],
        rows=values["rows"],
        bytes=values["bytes"],
        first=_optional_moment(values.get("first")),
        last=_optional_moment(values.get("last")),
        level=values["level"],
        version=values["version"],
    )


def _microseconds(moment: datetime | None) -> int | None:
    """Return microseconds since the epoch: seconds would lose which of two records came first."""
    return None if moment is None else (moment - _EPOCH) // _MICROSECOND


def moment(microseconds: int) -> datetime:
    """Return the instant that many microseconds after the epoch."""
    return _EPOCH + timedelta(microseconds=microseconds)


def _optional_moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else moment(microseconds)

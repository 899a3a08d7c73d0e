"""Datasets as the API shows them. The count of rows needs the engine where newer versions hide older ones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from runsheet.datasets import schema, service, table
from runsheet.datasets.model import DECIMAL, Snapshot
from runsheet.datasets.objects import ColumnObject, DatasetList, DatasetObject
from runsheet.errors import InvalidRequest
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runsheet.datasets.model import Schema, Summary
    from runsheet.datasets.objects import DatasetChanges
    from runsheet.tenancy import Tenant

_TYPES: Mapping[str, Literal["text", "integer", "decimal", "timestamp", "date", "boolean", "map"]] = {
    "VARCHAR": "text",
    "BIGINT": "integer",
    DECIMAL: "decimal",
    "TIMESTAMP": "timestamp",
    "DATE": "date",
    "BOOLEAN": "boolean",
    "MAP(VARCHAR, VARCHAR)": "map",
}


def retrieve(tenant: Tenant, dataset: str) -> DatasetObject:
    """Return a dataset with its exact number of records.

    Raises:
        NotFound: there is no such dataset.
    """
    return _counted(tenant, schema.schema(dataset), table.summary(tenant, dataset))


def listed(tenant: Tenant) -> DatasetList:
    """Return all datasets, those without a record included."""
    found = table.summaries(tenant, schema.schemas())
    return DatasetList(data=[_counted(tenant, schema.schema(name), found[name]) for name in schema.schemas()])


def update(tenant: Tenant, dataset: str, changes: DatasetChanges) -> DatasetObject:
    """Set or unset `complete_through`.

    Raises:
        NotFound: there is no such dataset.
        InvalidRequest: it lies in the future.
    """
    seconds = changes.complete_through
    through = None if seconds is None else _instant(seconds)
    service.set_complete_through(tenant, dataset, through)
    return retrieve(tenant, dataset)


def _counted(tenant: Tenant, described: Schema, summary: Summary) -> DatasetObject:
    dataset = described.dataset
    if summary.visible_rows_version < summary.version:
        summary, files = table.files(tenant, dataset)
        rows = _visible_rows(tenant, Snapshot(described, settings().lake_bucket, files, summary.version))
        table.note_visible_rows(tenant, dataset, rows, version=summary.version)
    else:
        rows = summary.visible_rows
    return _shown(tenant, described, summary, rows)


def _visible_rows(tenant: Tenant, snapshot: Snapshot) -> int:
    if all(file.level == "base" for file in snapshot.files):
        return sum(file.rows for file in snapshot.files)
    # Imported here: most calls find the count stored or the files plain, and start in half the time without it.
    from runsheet.datasets.counting import visible_rows  # noqa: PLC0415

    return visible_rows(tenant, snapshot)


def _shown(tenant: Tenant, described: Schema, summary: Summary, rows: int) -> DatasetObject:
    return DatasetObject(
        id=described.dataset,
        livemode=tenant.livemode,
        title=described.title,
        columns=[
            ColumnObject(name=c.name, type=_TYPES[c.type], nullable=c.nullable, meaning=c.meaning)
            for c in described.columns
        ],
        key_column=described.key,
        time_column=described.time,
        row_count=rows,
        first_record_at=_seconds(summary.first),
        last_record_at=_seconds(summary.last),
        complete_through=_seconds(summary.complete_through),
        updated=_seconds(summary.updated),
    )


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def _instant(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise InvalidRequest(
            "Invalid complete_through: must be unix seconds that are not in the future.",
            param="complete_through",
        ) from None

"""Datasets as the API shows them. The count of rows needs the engine where newer versions hide older ones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from runsheet.datasets import schema, service, table
from runsheet.datasets.casting import quoted
from runsheet.datasets.model import ColumnObject, DatasetList, DatasetObject
from runsheet.engine.credentials import lake_credentials
from runsheet.engine.session import attach_lake, connect, literal, lock
from runsheet.errors import InvalidRequest
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runsheet.datasets.model import DataFile, DatasetChanges, Schema, Summary
    from runsheet.tenancy import Tenant

_TYPES: Mapping[str, Literal["text", "integer", "timestamp", "date", "boolean", "map"]] = {
    "VARCHAR": "text",
    "BIGINT": "integer",
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
    described = schema.schema(dataset)
    summary = table.summary(tenant, dataset)
    if summary.visible_rows_version < summary.version:
        summary, files = table.files(tenant, dataset)
        rows = _visible_rows(tenant, described, files)
        table.note_visible_rows(tenant, dataset, rows, version=summary.version)
    else:
        rows = summary.visible_rows
    return _shown(tenant, described, summary, rows)


def listed(tenant: Tenant) -> DatasetList:
    """Return all datasets, those without a record included."""
    return DatasetList(data=[retrieve(tenant, dataset) for dataset in schema.schemas()])


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


def _visible_rows(tenant: Tenant, described: Schema, files: Iterable[DataFile]) -> int:
    """Count the records that a report sees: base without what recent files replace, and the latest of those."""
    base = [file for file in files if file.level == "base"]
    recent = [file for file in files if file.level == "recent"]
    urls = {file.id: f"s3://{settings().lake_bucket}/{file.key}" for file in (*base, *recent)}
    if not recent:
        return sum(file.rows for file in base)
    key = quoted(described.key)
    each = " union all ".join(
        f"select {key}, _deleted, {file.version} as version from read_parquet({literal(urls[file.id])})"
        for file in recent
    )
    latest = f"select {key}, arg_max(_deleted, version) as deleted from ({each}) group by {key}"
    older = f"select {key} from read_parquet([{', '.join(literal(urls[file.id]) for file in base)}])"
    kept = f"(select count(*) from ({older}) as base anti join latest using ({key}))" if base else "0"
    with connect() as connection:
        attach_lake(connection, lake_credentials(tenant))
        lock(connection, urls.values())
        counted = connection.execute(
            f"with latest as materialized ({latest}) select {kept} + (select count(*) from latest where not deleted)"
        ).fetchone()
    return int(counted[0]) if counted else 0


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

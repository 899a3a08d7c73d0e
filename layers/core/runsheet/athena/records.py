"""The records of a dataset in Trino's SQL: the latest version of every record of the files of a snapshot.

As `engine.relations` reads them: base without the keys of recent, then the latest of recent. Which files these are is asked
of `"$path"`, and the partition is named by constants, so that Athena lists and opens no other file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runsheet.engine.session import literal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from runsheet.engine.relations import Relation, Source
    from runsheet.tenancy import Tenant

_PART = re.compile(r"[0-9A-Za-z_-]+", re.ASCII)
_BUCKET = re.compile(r"[0-9a-z.-]+", re.ASCII)
_FILE = re.compile(r"[0-9A-Za-z_-]+\.parquet", re.ASCII)


def name(dataset: str) -> str:
    """Return the name of the records of a dataset; its own is the table's."""
    return f"{dataset}_records"


def queries(
    tenant: Tenant, relation: Relation, names: Collection[str], condition: str | None
) -> dict[str, str]:
    """Return the common table expressions of a dataset's records in Trino's SQL, the last one by `name`.

    Args:
        tenant: whose records.
        relation: its files.
        names: of the columns that are needed.
        condition: on records, over the dataset's columns; None for all.

    Raises:
        ValueError: a file is not one of the tenant's files of the dataset.
    """
    schema = relation.schema
    folder = _folder(tenant, relation)
    columns = [column.name for column in schema.columns if column.name in names or column.name == schema.key]
    table, key = schema.dataset, schema.key
    recent, latest = f"{table}_recent", f"{table}_latest"
    made = {}
    parts = []
    if relation.recent:
        # Within the folder: a thousand whole paths twice would be too long for a statement.
        files = ", ".join(literal(source.path.removeprefix(folder)) for source in relation.recent)
        index = f'array_position(array[{files}], substr("$path", {len(folder) + 1}))'
        made[recent] = (
            f"select {', '.join(columns)}, _deleted, {index} as file_index from {table}"  # noqa: S608
            f" where {_of(tenant, relation.recent)}"
        )
        made[latest] = f"select {key}, max(file_index) as file_index from {recent} group by {key}"  # noqa: S608
    if relation.base:
        # Its keys are distinct and never NULL, so this join leaves out and repeats nothing else.
        join = f" left join {latest} as latest on latest.{key} = base.{key}" if relation.recent else ""
        left_out = f" and latest.{key} is null" if relation.recent else ""
        parts.append(
            f"select {_listed('base', columns)} from {table} as base{join}"  # noqa: S608
            f" where {_of(tenant, relation.base)}{left_out}"
        )
    if relation.recent:
        parts.append(
            f"select {_listed('recent', columns)} from {recent} as recent"  # noqa: S608
            f" join {latest} as latest on latest.{key} = recent.{key} and latest.file_index = recent.file_index"
            " where recent._deleted is distinct from true"
        )
    if not parts:
        nothing = ", ".join(
            f"cast(null as {column.type}) as {column.name}"
            for column in schema.columns
            if column.name in columns
        )
        parts.append(f"select {nothing} where false")
    every = " union all ".join(parts)
    made[name(table)] = f"select * from ({every}) as records where {condition}" if condition else every  # noqa: S608
    return made


def _folder(tenant: Tenant, relation: Relation) -> str:
    """Return the folder that all files lie in."""
    sources = (*relation.base, *relation.recent)
    if not sources:
        return ""
    if not _PART.fullmatch(tenant.organisation_id) or not _PART.fullmatch(tenant.mode):
        raise ValueError(f"not the partition of a tenant: {tenant!r}")
    bucket = sources[0].path.removeprefix("s3://").split("/", 1)[0]
    folder = f"s3://{bucket}/lake/{relation.schema.dataset}/{tenant.organisation_id}/{tenant.mode}/"
    for source in sources:
        file = source.path.removeprefix(folder)
        if not _BUCKET.fullmatch(bucket) or not source.path.startswith(folder) or not _FILE.fullmatch(file):
            raise ValueError(f"not a data file of the tenant: {source.path!r}")
    return folder


def _of(tenant: Tenant, sources: Iterable[Source]) -> str:
    paths = ", ".join(literal(source.path) for source in sources)
    return (
        f"lake_organisation = {literal(tenant.organisation_id)} and lake_mode = {literal(tenant.mode)}"
        f' and "$path" in ({paths})'
    )


def _listed(table: str, columns: Iterable[str]) -> str:
    return ", ".join(f"{table}.{column}" for column in columns)

"""ReportConfigsTable: partition key `tenant`, sort key `id`; index `due` of the enabled ones, for the dispatcher.

An enabled config carries `shard` and `next_run_at`, the keys of the sparse index; a disabled one has neither. Every
write names the revision that it read, so two changes at once never undo each other.
"""

from __future__ import annotations

import zlib
from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any

from runsheet.report_configs.model import ReportConfig
from runsheet.runtime.clients import dynamodb
from runsheet.runtime.items import from_item, if_holds, put_new, to_attribute, to_item
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARDS = tuple(f"{number:02d}" for number in range(16))


def shard_of(config_id: str) -> str:
    """Return the shard of the `due` index that a config belongs to."""
    return SHARDS[zlib.crc32(config_id.encode()) % len(SHARDS)]


def put(config: ReportConfig) -> ReportConfig:
    """Store a new config and return it, or the one in its place."""
    there = put_new(
        dynamodb(),
        TableName=settings().report_configs_table,
        Item=_item(config),
        ConditionExpression="attribute_not_exists(id)",
    )
    return config if there is None else _config(there)


def get(tenant: Tenant, config_id: str) -> ReportConfig | None:
    """Return the config, strongly consistent: it decides what is sent."""
    answer = dynamodb().get_item(
        TableName=settings().report_configs_table, Key=_key(tenant, config_id), ConsistentRead=True
    )
    return _config(from_item(answer["Item"])) if "Item" in answer else None


def update(config: ReportConfig) -> ReportConfig | None:
    """Store a changed config and return it with its new revision; None if it was changed or deleted meanwhile."""
    answer = if_holds(dynamodb().put_item, **update_operation(config))
    return None if answer is None else _next(config)


def update_operation(config: ReportConfig) -> Any:  # noqa: ANN401 - typed by the client that takes it
    """Return the write that stores a changed config if it is still at the revision that was read, for a transaction."""
    return {
        "TableName": settings().report_configs_table,
        "Item": _item(_next(config)),
        "ConditionExpression": "revision = :read",
        "ExpressionAttributeValues": to_item({":read": config.revision}),
    }


def delete(tenant: Tenant, config_id: str) -> bool:
    """Delete a config; False if there is none."""
    answer = dynamodb().delete_item(
        TableName=settings().report_configs_table, Key=_key(tenant, config_id), ReturnValues="ALL_OLD"
    )
    return "Attributes" in answer


def of_tenant(tenant: Tenant) -> list[ReportConfig]:
    """Return the tenant's configs, oldest first, strongly consistent."""
    return [_config(from_item(item)) for page in _pages(tenant) for item in page["Items"]]


def count(tenant: Tenant) -> int:
    """Return how many configs the tenant has."""
    return sum(page["Count"] for page in _pages(tenant, Select="COUNT"))


def due(shard: str, *, until: int) -> Iterator[ReportConfig]:
    """Yield the shard's configs whose `next_run_at` is at or before `until` (unix seconds), the longest due first.

    The index lags by some milliseconds: act on a config only on condition of the revision that was read.
    """
    pages = (
        dynamodb()
        .get_paginator("query")
        .paginate(
            TableName=settings().report_configs_table,
            IndexName="due",
            KeyConditionExpression="#shard = :shard AND next_run_at <= :until",
            ExpressionAttributeNames={"#shard": "shard"},
            ExpressionAttributeValues=to_item({":shard": shard, ":until": until}),
        )
    )
    for page in pages:
        yield from (_config(from_item(item)) for item in page["Items"])


def _pages(tenant: Tenant, **options: Any) -> Any:  # noqa: ANN401 - the client's own pages
    return (
        dynamodb()
        .get_paginator("query")
        .paginate(
            TableName=settings().report_configs_table,
            KeyConditionExpression="tenant = :tenant",
            ExpressionAttributeValues=to_item({":tenant": tenant.partition}),
            ConsistentRead=True,
            **options,
        )
    )


def _next(config: ReportConfig) -> ReportConfig:
    return replace(config, revision=config.revision + 1)


def _key(tenant: Tenant, config_id: str) -> dict[str, Any]:
    return {"tenant": to_attribute(tenant.partition), "id": to_attribute(config_id)}


def _item(config: ReportConfig) -> dict[str, Any]:
    shard = shard_of(config.id) if config.next_run_at is not None else None
    return to_item(asdict(config) | {"tenant": config.tenant.partition, "shard": shard})


def _config(values: dict[str, Any]) -> ReportConfig:
    # A field that is None has no attribute.
    known = {field.name: values.get(field.name) for field in fields(ReportConfig)}
    return ReportConfig(**(known | {"tenant": Tenant.from_partition(values["tenant"])}))  # type: ignore[arg-type]

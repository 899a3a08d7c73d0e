"""Making a written batch visible, once, behind every batch before it."""

# ruff: noqa: S608 - identifiers are quoted, texts are literals; DuckDB binds no names of columns and files

from __future__ import annotations

import random
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from runsheet.dataset_compactions import table as compactions
from runsheet.dataset_compactions.triggers import Loose, due_by
from runsheet.datasets import schema as schemas
from runsheet.datasets import table
from runsheet.datasets.model import BatchIdTaken, DataFile, Summary
from runsheet.engine.credentials import lake_credentials
from runsheet.engine.session import attach_lake, connect, identifier, literal, lock
from runsheet.errors import Unavailable
from runsheet.runtime import clock
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from runsheet.datasets.model import Batch, Level
    from runsheet.datasets.writing import Written
    from runsheet.tenancy import Tenant

_TRIES = 40
# After so many batches came in between, a batch is registered as recent rather than looked through once more.
_CHECKS = 5
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.02, 0.5

Overlaps = "Callable[[Sequence[DataFile]], bool]"


def repeated(tenant: Tenant, dataset: str, batch_id: str, content_hash: str) -> Batch | None:
    """Return the receipt of a batch that is registered already, None for a new one.

    Raises:
        BatchIdTaken: the id was used for other content.
    """
    receipt = table.batch(tenant, dataset, batch_id)
    if receipt is not None and receipt.content_hash != content_hash:
        raise BatchIdTaken(batch_id)
    return receipt


def register(
    tenant: Tenant,
    dataset: str,
    batch: Batch,
    written: Sequence[Written],
    *,
    overlaps: Callable[[Sequence[DataFile]], bool],
) -> Batch:
    """Make the batch's objects visible and return its receipt, or that of the batch it repeats.

    They become `base` files if none of their keys is in any other file, which holds for the data version it was
    checked at: a batch that comes in between is checked too. Else they are `recent`. If there are many loose files with
    them, a compaction is due.

    Args:
        tenant: whose batch it is.
        dataset: where it belongs.
        batch: its receipt.
        written: the objects of its records.
        overlaps: whether any of its keys, or a deletion, keeps it from standing beside these files as base.

    Raises:
        BatchIdTaken: the id was used for other content.
        Unavailable: too many batches are registered at once.
    """
    level: Level | None = None
    checked: set[str] = set()
    for attempt in range(_TRIES):
        if level == "recent":
            known = table.summary(tenant, dataset)
        else:
            known, files = table.files(tenant, dataset)
            unchecked = [file for file in files if file.id not in checked]
            level = "recent" if attempt >= _CHECKS or overlaps(unchecked) else "base"
            checked.update(file.id for file in unchecked)
        added = [_file(one, level, known.version + 1) for one in written]
        advanced = _advanced(known, added, batch.created)
        also = _compaction(tenant, dataset, known, advanced)
        try:
            table.register(tenant, dataset, batch, added, (known, advanced), also=also)
        except table.BatchExistsError:
            found = repeated(tenant, dataset, batch.id, batch.content_hash)
            if found is not None:
                return found
            raise
        except table.VersionMovedError:
            longest = min(_FIRST_WAIT_SECONDS * 2**attempt, _LONGEST_WAIT_SECONDS)
            time.sleep(random.uniform(0, longest))  # noqa: S311 - spreads the loaders, no secret
        else:
            return batch
    raise Unavailable("Too many batches of this dataset are sent at once. Try again shortly.")


def keys_exist(tenant: Tenant, dataset: str, keys: Path, files: Sequence[DataFile]) -> bool:
    """Return whether any key of the Parquet file `keys` is in any of the lake's `files`."""
    if not files:
        return False
    key = identifier(schemas.schema(dataset).key)
    urls = [f"s3://{settings().lake_bucket}/{file.key}" for file in files]
    with connect() as connection:
        attach_lake(connection, lake_credentials(tenant))
        lock(connection, [str(keys), *urls])
        listed = ", ".join(literal(url) for url in urls)
        found = connection.execute(
            f"select 1 from read_parquet([{listed}]) as stored "
            f"semi join read_parquet({literal(str(keys))}) as incoming using ({key}) limit 1"
        ).fetchone()
    return found is not None


def _file(written: Written, level: Level, version: int) -> DataFile:
    return DataFile(
        id=written.id,
        key=written.key,
        rows=written.rows,
        bytes=written.bytes,
        first=written.first,
        last=written.last,
        level=level,
        version=version,
    )


def _compaction(tenant: Tenant, dataset: str, known: Summary, advanced: Summary) -> list[Any]:
    """Return the write that makes a compaction due, if this batch is the one that does."""
    before, after = (Loose(each.loose_files, each.loose_bytes) for each in (known, advanced))
    due = due_by(before, after, now=clock.seconds())
    return [] if due is None else [compactions.due_operation(tenant, dataset, due)]


def _advanced(known: Summary, added: Sequence[DataFile], now: datetime) -> Summary:
    """Return the summary with the files added; the count of visible rows stays known if all of them are new."""
    firsts = [time for time in (known.first, *(file.first for file in added)) if time is not None]
    lasts = [time for time in (known.last, *(file.last for file in added)) if time is not None]
    counted = known.visible_rows_version == known.version and all(file.level == "base" for file in added)
    return replace(
        known,
        version=known.version + 1,
        files=known.files + len(added),
        first=min(firsts, default=None),
        last=max(lasts, default=None),
        updated=now,
        # Where it was not noted, a compaction will: by one of the added files alone it cannot be known.
        digest=None
        if known.digest is None and known.version
        else (known.digest or 0) + table.digest(f.id for f in added),
        loose_files=known.loose_files + len(added),
        loose_bytes=known.loose_bytes + sum(file.bytes for file in added if file.level == "recent"),
        visible_rows=known.visible_rows + sum(file.rows for file in added) if counted else known.visible_rows,
        visible_rows_version=known.version + 1 if counted else known.visible_rows_version,
    )

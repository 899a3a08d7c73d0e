"""Compact one dataset: the only part that needs the engine. docs/datasets.md says what a reader sees of it: nothing."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from runsheet import ids, leases
from runsheet.dataset_compactions import merging, planning, table
from runsheet.dataset_compactions.model import GRACE_SECONDS, Discarded
from runsheet.dataset_compactions.triggers import Loose, due_with
from runsheet.datasets import schema as schemas
from runsheet.datasets import table as datasets
from runsheet.datasets import writing
from runsheet.datasets.model import DataFile, Snapshot
from runsheet.engine.credentials import lake_credentials
from runsheet.runtime import clients, clock
from runsheet.runtime.observability import logger
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runsheet.dataset_compactions.model import CompactionDue
    from runsheet.dataset_compactions.planning import Step
    from runsheet.datasets.writing import Written
    from runsheet.tenancy import Tenant

_DROPPED_AT_ONCE = 90
_TRIES = 20
_LONGEST_WAIT_SECONDS = 0.5


def execute(message: CompactionDue) -> None:
    """Compact the dataset, if it needs it, and delete the objects whose time has come.

    A dataset that another worker holds is left to it. An unexpected error gives the lease back and is raised.
    """
    tenant, dataset = message.tenant, message.dataset
    lease = ids.new_id("lease", clock.now())
    attempts = table.take(tenant, dataset, lease, now=clock.seconds())
    if attempts is None:
        return
    try:
        with leases.kept(lambda: table.extend(tenant, dataset, lease, now=clock.seconds())) as check:
            _Compaction(tenant, dataset, lease, check).run()
    except leases.LeaseLost:
        logger.warning("lease lost; another worker has the dataset", extra={"dataset": dataset})
    except Exception:
        table.back_off(tenant, dataset, lease, attempts=attempts, now=clock.seconds())
        raise


class _Compaction:
    """One compaction, under one lease."""

    def __init__(self, tenant: Tenant, dataset: str, lease: str, check: Callable[[], None]) -> None:
        self._tenant = tenant
        self._schema = schemas.schema(dataset)
        self._dataset = dataset
        self._lease = lease
        self._check = check

    def run(self) -> None:
        """Delete what is due, merge, and say when to look again."""
        self._delete_discarded()
        self._note_digest()
        summary, files = datasets.files(self._tenant, self._dataset)
        recent = planning.taken(file for file in files if file.level == "recent")
        base = [file for file in files if file.level == "base"]
        snapshot = Snapshot(self._schema, settings().lake_bucket, (*base, *recent), summary.version)
        found = planning.spans(base)
        with merging.opened(self._tenant, snapshot) as merge:
            arrivals = merge.arrivals(found)
            steps = planning.steps(found, arrivals, most_rows=merging.most_rows(self._schema))
            for step in steps:
                self._check()
                self._carry_out(merge, step, summary.version)
        for first in range(0, len(recent), _DROPPED_AT_ONCE):
            self._swap(recent[first : first + _DROPPED_AT_ONCE], (), self._new_list(()))
        is_rest = any(not step.with_recent for step in steps)
        self._end(seen=summary.version, again=is_rest)
        logger.info(
            "compacted",
            extra={
                "organisation": self._tenant.organisation_id,
                "mode": self._tenant.mode,
                "dataset": self._dataset,
                "recent_files": len(recent),
                "rewritten_files": sum(len(step.removed) for step in steps),
            },
        )

    def _carry_out(self, merge: merging.Merge, step: Step, version: int) -> None:
        """Write the files of a step and put them in the place of the old ones."""
        file_ids = [ids.new_id("dsf", clock.now()) for _ in range(merge.pieces(step))]
        # Before there is any of them: whatever dies from here on, they are deleted unless they are swapped in.
        listed = self._new_list([writing.key_of(self._tenant, self._schema, one) for one in file_ids])
        table.discard(self._tenant, listed)
        written = merge.write(step, file_ids, check=self._check)
        self._swap(step.removed, [_base(one, version) for one in written], listed)

    def _swap(self, removed: Sequence[DataFile], added: Sequence[DataFile], listed: Discarded) -> None:
        """Put files in the place of others, in one transaction which lists those, and only under the lease."""
        old = listed._replace(keys=tuple(file.key for file in removed), due=clock.seconds() + GRACE_SECONDS)
        for attempt in range(_TRIES):
            also = [
                table.hold_operation(self._tenant, self._dataset, self._lease, now=clock.seconds()),
                table.discard_operation(self._tenant, old),
            ]
            try:
                datasets.swap(self._tenant, self._dataset, removed=removed, added=added, also=also)
            except datasets.NotSwappedError:
                # Files change under the lease alone, so it is the lease that is not held.
                raise leases.LeaseLost from None
            except datasets.VersionMovedError:
                if attempt == _TRIES - 1:
                    raise
                _wait(attempt)
            else:
                return

    def _end(self, *, seen: int, again: bool) -> None:
        """Say how much is loose and when to look again, as one; a batch that comes in between has its say."""
        for attempt in range(_TRIES):
            summary, files = datasets.files(self._tenant, self._dataset)
            loose = [file for file in files if file.level == "recent" or file.version > seen]
            left = Loose(len(loose), sum(file.bytes for file in loose if file.level == "recent"))
            now = clock.seconds()
            times = [listed.due for listed in table.discarded(self._tenant, self._dataset)]
            times += [now] if again else []
            times += [due for due in [due_with(left, now=now)] if due is not None]
            end = table.end_operation(
                self._tenant, self._dataset, self._lease, next_at=min(times, default=None)
            )
            known = replace(summary, loose_files=left.files, loose_bytes=left.bytes)
            try:
                datasets.note_loose(self._tenant, self._dataset, known, also=[end])
            except datasets.VersionMovedError:
                self._check()
                if attempt == _TRIES - 1:
                    raise
                _wait(attempt)
            else:
                return

    def _note_digest(self) -> None:
        """Note the digest of a dataset that has none, from before there were any."""
        for _ in range(_TRIES):
            summary, files = datasets.files(self._tenant, self._dataset)
            if summary.digest is not None or not summary.version:
                return
            known = replace(summary, digest=datasets.digest(file.id for file in files))
            try:
                datasets.note_loose(self._tenant, self._dataset, known)
            except datasets.VersionMovedError:
                continue

    def _delete_discarded(self) -> None:
        """Delete the objects of the lists that are due, but none that a registration names."""
        now = clock.seconds()
        due = [one for one in table.discarded(self._tenant, self._dataset) if one.due <= now]
        if not due:
            return
        _, files = datasets.files(self._tenant, self._dataset)
        named = {file.key for file in files}
        credentials = lake_credentials(self._tenant, delete=True)
        client = clients.s3_as(
            credentials.access_key_id,
            credentials.secret_access_key,
            credentials.session_token,
            credentials.region,
        )
        for listed in due:
            self._check()
            for key in listed.keys:
                if key in named:
                    logger.error("a named object was listed to be deleted", extra={"key_in_lake": key})
                else:
                    client.delete_object(Bucket=settings().lake_bucket, Key=key)
            table.forget(self._tenant, listed)

    def _new_list(self, keys: Sequence[str]) -> Discarded:
        list_id = f"{self._dataset}#{ids.new_id('discarded', clock.now())}"
        return Discarded(list_id, tuple(keys), clock.seconds() + GRACE_SECONDS)


def _base(written: Written, version: int) -> DataFile:
    return DataFile(
        id=written.id,
        key=written.key,
        rows=written.rows,
        bytes=written.bytes,
        first=written.first,
        last=written.last,
        level="base",
        version=version,
    )


def _wait(attempt: int) -> None:
    time.sleep(random.uniform(0, min(0.02 * 2**attempt, _LONGEST_WAIT_SECONDS)))  # noqa: S311 - no secret

"""Work that one worker at a time holds, and that nobody can lose: leases, and the index of unfinished work.

An item of unfinished work carries `unfinished` (its shard) and `attention_at` (unix seconds), the keys of the sparse
index `unfinished`. A worker takes the lease by a conditional update, extends it while it works, and every later write
names the lease. Whatever dies leaves an item whose attention is due, and the sweeper queues it again.
"""

from __future__ import annotations

import threading
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runsheet.runtime.clients import dynamodb
from runsheet.runtime.items import from_item, if_holds, to_attribute, to_item
from runsheet.runtime.observability import logger
from runsheet.tenancy import Tenant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

LEASE_SECONDS = 60
_EXTEND_EVERY_SECONDS = 15
# How long a message may wait in the queue before the sweeper sends another; a second one does no harm.
QUEUED_SECONDS = 300
# How long after the write of an item its message must have been seen, or else it was never sent.
FIRST_ATTENTION_SECONDS = 30
MAX_ATTEMPTS = 3
# One value of an index takes 1,000 writes a second, and a run makes about five in its life (docs/scale.md).
SHARDS = tuple(str(number) for number in range(16))


class LeaseLost(Exception):
    """The work is no longer this worker's: it has ended, or another worker has taken it over."""


_HELD = "#status = :held AND lease = :lease"
END = " REMOVE unfinished, attention_at, lease, lease_until"


def shard_of(object_id: str) -> str:
    """Return the shard of the `unfinished` index that an object belongs to."""
    return SHARDS[zlib.crc32(object_id.encode()) % len(SHARDS)]


@contextmanager
def kept(extend: Callable[[], None]) -> Iterator[Callable[[], None]]:
    """Call `extend` every 15 s while the body runs, on a thread of its own: a long query cannot do it itself.

    Yields what the body may call as often as it likes: it raises LeaseLost once `extend` has. Any other failure to
    extend is logged and left: the worker's last write names the lease and is refused if it was lost.
    """
    done, lost = threading.Event(), threading.Event()

    def check() -> None:
        if lost.is_set():
            raise LeaseLost

    def beat() -> None:
        while not done.wait(_EXTEND_EVERY_SECONDS):
            try:
                extend()
            except LeaseLost:
                lost.set()
                return
            except Exception:  # noqa: BLE001 - a thread has nobody to raise to
                logger.exception("lease not extended")

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield check
    finally:
        done.set()
        thread.join()


@dataclass(frozen=True, slots=True)
class Work:
    """A table of work with the keys `tenant` and `id`.

    Attributes:
        table: its name.
        open: the statuses in which a worker may take an item.
        held: the status of an item that a worker holds.
        not_before: the attribute that says from when on it may be taken (unix seconds); none if it may be at once.
        until_taken: an attribute that goes when it is taken.
    """

    table: Callable[[], str]
    open: tuple[str, ...]
    held: str
    not_before: str | None = None
    until_taken: str | None = None

    def take(self, tenant: Tenant, object_id: str, lease: str, *, now: int) -> dict[str, Any] | None:
        """Take the lease of an item that is open and that nobody holds, and return the item; None if there is none."""
        statuses = {f":open{number}": status for number, status in enumerate(self.open)}
        due = f" AND {self.not_before} <= :now" if self.not_before else ""
        return self._changed(
            tenant,
            object_id,
            "SET #status = :held, lease = :lease, lease_until = :until, attention_at = :until, unfinished = :shard "
            "ADD attempts :one" + (f" REMOVE {self.until_taken}" if self.until_taken else ""),
            f"#status IN ({', '.join(statuses)}) AND (attribute_not_exists(lease_until) OR lease_until <= :now)"
            + due,
            statuses
            | {":held": self.held, ":lease": lease, ":until": now + LEASE_SECONDS, ":now": now, ":one": 1}
            | {":shard": shard_of(object_id)},
        )

    def extend(self, tenant: Tenant, object_id: str, lease: str, *, progress: float, now: int) -> None:
        """Note the progress (0 to 1) and keep the lease.

        Raises:
            LeaseLost: it is held no longer.
        """
        expression = "SET progress = :progress, lease_until = :until, attention_at = :until"
        values = {":progress": progress, ":until": now + LEASE_SECONDS}
        if not self.end(tenant, object_id, lease, expression, values):
            raise LeaseLost

    def release(self, tenant: Tenant, object_id: str, lease: str, *, now: int) -> None:
        """Give the lease back, if it is held still, so that the next message may take it at once."""
        expression = "SET attention_at = :soon REMOVE lease, lease_until"
        self.end(tenant, object_id, lease, expression, {":soon": now + QUEUED_SECONDS})

    def end(
        self, tenant: Tenant, object_id: str, lease: str, expression: str, values: Mapping[str, Any]
    ) -> bool:
        """Carry out a worker's change, such as its last one; False if the lease was lost."""
        update = self.held_update(tenant, object_id, lease, expression, values)
        return if_holds(dynamodb().update_item, **update) is not None

    def held_update(
        self, tenant: Tenant, object_id: str, lease: str, expression: str, values: Mapping[str, Any]
    ) -> Any:  # noqa: ANN401 - typed by the client that takes it
        """Return the update of an item on the condition that `lease` still holds it."""
        return {
            "TableName": self.table(),
            "Key": _key(tenant, object_id),
            "UpdateExpression": expression,
            "ConditionExpression": _HELD,
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": to_item({**values, ":held": self.held, ":lease": lease}),
        }

    def needing_attention(self, shard: str, *, now: int) -> Iterator[tuple[Tenant, str]]:
        """Yield tenant and id of the shard's unfinished items whose attention is due, the longest waiting first."""
        pages = (
            dynamodb()
            .get_paginator("query")
            .paginate(
                TableName=self.table(),
                IndexName="unfinished",
                KeyConditionExpression="unfinished = :shard AND attention_at <= :now",
                ExpressionAttributeValues=to_item({":shard": shard, ":now": now}),
            )
        )
        for answer in pages:
            for item in answer["Items"]:
                yield Tenant.from_partition(item["tenant"]["S"]), item["id"]["S"]

    def note_queued(self, tenant: Tenant, object_id: str, *, now: int) -> dict[str, Any] | None:
        """Put off the next attention of an item that is queued again and return it; None if it is no longer due."""
        return self._changed(
            tenant,
            object_id,
            "SET attention_at = :later",
            "attribute_exists(unfinished) AND attention_at <= :now",
            {":later": now + QUEUED_SECONDS, ":now": now},
        )

    def _changed(
        self, tenant: Tenant, object_id: str, expression: str, condition: str, values: Mapping[str, Any]
    ) -> dict[str, Any] | None:
        names: Any = {"ExpressionAttributeNames": {"#status": "status"}} if "#status" in condition else {}
        answer = if_holds(
            dynamodb().update_item,
            TableName=self.table(),
            Key=_key(tenant, object_id),
            UpdateExpression=expression,
            ConditionExpression=condition,
            ExpressionAttributeValues=to_item(values),
            ReturnValues="ALL_NEW",
            **names,
        )
        return from_item(answer["Attributes"]) if answer else None


def _key(tenant: Tenant, object_id: str) -> dict[str, Any]:
    return {"tenant": to_attribute(tenant.partition), "id": to_attribute(object_id)}

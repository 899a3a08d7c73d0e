"""Work that one worker at a time holds, and that nobody can lose: the attributes and the waiting around a lease.

An item of unfinished work carries `unfinished` (its shard) and `attention_at` (unix seconds), the keys of the sparse
index `unfinished`. A worker takes the lease by a conditional update, extends it while it works, and every later write
names the lease. Whatever dies leaves an item whose attention is due, and the sweeper queues it again.
"""

from __future__ import annotations

import threading
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from runsheet.runtime.observability import logger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LEASE_SECONDS = 60
_EXTEND_EVERY_SECONDS = 15
# How long a message may wait in the queue before the sweeper sends another; a second one does no harm.
QUEUED_SECONDS = 300
# How long after the write of an item its message must have been seen, or else it was never sent.
FIRST_ATTENTION_SECONDS = 30
MAX_ATTEMPTS = 3
SHARDS = ("0", "1", "2", "3")


def shard_of(object_id: str) -> str:
    """Return the shard of the `unfinished` index that an object belongs to."""
    return SHARDS[zlib.crc32(object_id.encode()) % len(SHARDS)]


@contextmanager
def kept(extend: Callable[[], None]) -> Iterator[None]:
    """Call `extend` every 15 s while the body runs, on a thread of its own: a long query cannot do it itself.

    A failure to extend is logged and left: the worker's last write names the lease and is refused if it was lost.
    """
    done = threading.Event()

    def beat() -> None:
        while not done.wait(_EXTEND_EVERY_SECONDS):
            try:
                extend()
            except Exception:  # noqa: BLE001 - a thread has nobody to raise to
                logger.exception("lease not extended")

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()

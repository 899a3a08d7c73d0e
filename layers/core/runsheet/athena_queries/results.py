"""The result object of a query, read once from its beginning to its end in constant memory.

Athena's first record is the names of its columns, which are nobody's, and the last one the control totals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import HTTPClientError, IncompleteReadError

from runsheet.athena_queries import service
from runsheet.runtime import clients
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Read whole before it is sent on: a connection that waits for the other side is closed by S3.
_RANGE_BYTES = 16 * 1024 * 1024
# botocore repeats a request, not the reading of its answer.
_TRIES = 3


class Body:
    """The records between the first and the last one; iterate once.

    Attributes:
        last: the last record with its end, after all others were taken.
    """

    def __init__(self, blocks: Iterable[bytes]) -> None:
        """Take the bytes of the object, in blocks of any size."""
        self._blocks = blocks
        self.last = b""

    def __iter__(self) -> Iterator[bytes]:
        """Yield the records in blocks, each of which ends where a record does.

        Raises:
            ValueError: the object has no first or no last record.
        """
        held = b""
        has_begun = False
        for block in self._blocks:
            held += block
            if not has_begun:
                first, end, held = held.partition(b"\n")
                has_begun = bool(end)
                if not has_begun:
                    held = first
                    continue
            cut = _end_of_records(held)
            if cut:
                yield held[:cut]
                held = held[cut:]
        if not has_begun or not held:
            raise ValueError("the result of a query without its first or its last record")
        self.last = held


def blocks(query_id: str) -> Iterator[tuple[bytes, float]]:
    """Yield the bytes of a query's result, and the share of all that they complete (up to 1.0)."""
    done, size = 0, 1
    while done < size:
        data, size = _range(service.result_key(query_id), done)
        done += len(data)
        yield data, done / size


def _range(key: str, first: int) -> tuple[bytes, int]:
    """Return a range of an object and the size of all; one that breaks off is asked for again."""
    tries = _TRIES
    while True:
        answer = clients.s3().get_object(
            Bucket=settings().results_bucket, Key=key, Range=f"bytes={first}-{first + _RANGE_BYTES - 1}"
        )
        try:
            return answer["Body"].read(), int(answer["ContentRange"].rpartition("/")[2])
        except (HTTPClientError, IncompleteReadError):
            tries -= 1
            if not tries:
                raise


def _end_of_records(data: bytes) -> int:
    """Return where the last record that is followed by another byte ends; 0 if none is.

    A line feed between quotes ends nothing. Data begins where a record does, so an even number of quotes stands before the
    end of one.
    """
    cut = data.rfind(b"\n", 0, len(data) - 1) + 1
    quotes = data.count(b'"', 0, cut)
    while cut and quotes % 2:
        earlier = data.rfind(b"\n", 0, cut - 1) + 1
        quotes -= data.count(b'"', earlier, cut)
        cut = earlier
    return cut

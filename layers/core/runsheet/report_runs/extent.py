"""A result read from some byte on, record by record, with as few requests to S3 as that takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runsheet.files import service as files

if TYPE_CHECKING:
    from runsheet.files.model import File

# A record has up to 2 MB, and quotes of its own; more than that is no record of ours.
MAX_RECORD_BYTES = 16_000_000


class Extent:
    """The bytes of a file from `start` on, as far as they are asked for."""

    def __init__(self, file: File, start: int) -> None:
        """Nothing is read yet."""
        self._file = file
        self._next = start
        self._bytes = b""
        self._position = 0

    def take(self, count: int, expected: int) -> bytes:
        """Return the next bytes, fewer at the end; `expected` is how many to ask S3 for, if it has to be asked."""
        while len(self._bytes) - self._position < count and self._more(expected):
            pass
        taken = self._bytes[self._position : self._position + count]
        self._position += len(taken)
        return taken

    def record(self, expected: int, *, quotes: bool = True) -> bytes:
        """Return the next record with its end: up to a line feed, which in a CSV is not between quotes.

        Args:
            expected: how many bytes to ask S3 for, if it has to be asked.
            quotes: whether it is a CSV.

        Raises:
            ValueError: there is no end within what a record may have.
        """
        searched, open_quotes = self._position, 0
        while True:
            end = self._bytes.find(b"\n", searched)
            if end >= 0:
                open_quotes += self._bytes.count(b'"', searched, end) if quotes else 0
                searched = end + 1
                if open_quotes % 2 == 0:
                    break
                continue
            open_quotes += self._bytes.count(b'"', searched) if quotes else 0
            searched = len(self._bytes)
            if searched - self._position > MAX_RECORD_BYTES:
                raise ValueError("a record without an end")
            if not self._more(expected):
                break
        taken = self._bytes[self._position : searched]
        self._position = searched
        return taken

    def _more(self, expected: int) -> bool:
        if self._next >= self._file.size:
            return False
        # A record that did not end takes twice as much each time, rather than many requests.
        wanted = max(expected, len(self._bytes))
        last = min(self._next + wanted, self._file.size) - 1
        self._bytes += files.stored_object(self._file, f"bytes={self._next}-{last}")["Body"].read()
        self._next = last + 1
        return True

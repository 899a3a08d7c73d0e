"""Compresses a result on its way to S3, in constant memory: one gzip member, or a zip of one file.

isal does both, at eight times the speed of zlib. One member and not one for each part: some readers end at the first. A
member is joined of pieces all the same: each is compressed without looking at what is before it, and ends on a whole byte
(RFC 1951, 3.2.4); the sum at the end of the member is combined from theirs.
"""

from __future__ import annotations

import struct
import zipfile
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from isal import isal_zlib

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from runsheet.engine.upload import Original, Piece, Upload

_LEVEL = 1
_BLOCK = 1024 * 1024
_RAW = -15
# RFC 1952, 2.3: deflate, no name, no time, no system.
_HEADER = bytes([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF])


class Body(Protocol):
    """What a result is written to."""

    def write(self, data: bytes) -> None:
        """Append bytes."""

    def write_file(self, path: Path) -> None:
        """Append the bytes of a file."""

    def finish(self) -> None:
        """Nothing follows."""


class JoinedBody(Body, Protocol):
    """One that pieces of another may be joined into."""

    def cut(self) -> Piece:
        """Return what was written since the last cut, and begin another piece."""

    def copy(self, original: Original, piece: Piece) -> Piece:
        """Append a piece of another object, of the same compression, and return it as it is in this one."""


@contextmanager
def compressed(upload: Upload, compress: str | None, name: str, made: datetime) -> Iterator[Body]:
    """Yield what the result is written to: the upload itself, or what compresses it on its way there.

    Args:
        upload: it is finished when the body is.
        compress: `gzip`, `zip` or None.
        name: of the only file in a zip.
        made: the time that it shows.
    """
    if compress is None:
        yield upload
    elif compress == "gzip":
        yield _Gzip(upload)
    else:
        archive = _Zip(upload, name, made)
        try:
            yield archive
        finally:
            archive.close()


class _Gzip:
    def __init__(self, upload: Upload) -> None:
        self._upload = upload
        self._deflate = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, _RAW)
        # Of what is compressed: of all pieces before this one, and of this one.
        self._before, self._before_crc32 = 0, 0
        self._size, self._crc32 = 0, 0
        upload.write(_HEADER)

    def write(self, data: bytes) -> None:
        self._size += len(data)
        self._crc32 = isal_zlib.crc32(data, self._crc32)
        self._upload.write(self._deflate.compress(data))

    def write_file(self, path: Path) -> None:
        _copy(path, self.write)

    def cut(self) -> Piece:
        self._upload.write(self._deflate.flush(isal_zlib.Z_FULL_FLUSH))
        self._deflate = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, _RAW)
        piece = replace(self._upload.cut(), plain_size=self._size, plain_crc32=self._crc32)
        self._join(piece)
        self._size, self._crc32 = 0, 0
        return piece

    def copy(self, original: Original, piece: Piece) -> Piece:
        if self._size:
            self.cut()
        self._join(piece)
        return self._upload.copy(original, piece)

    def finish(self) -> None:
        self._upload.write(self._deflate.flush())
        crc32 = isal_zlib.crc32_combine(self._before_crc32, self._crc32, self._size)
        self._upload.write(struct.pack("<II", crc32, (self._before + self._size) % 2**32))
        self._upload.finish()

    def _join(self, piece: Piece) -> None:
        self._before_crc32 = isal_zlib.crc32_combine(self._before_crc32, piece.plain_crc32, piece.plain_size)
        self._before += piece.plain_size


class _Zip:
    def __init__(self, upload: Upload, name: str, made: datetime) -> None:
        self._upload = upload
        self._sink = _Sink(upload.write)
        file: Any = self._sink
        self._archive = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)
        entry = zipfile.ZipInfo(name, made.timetuple()[:6])
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = 0o644 << 16
        self._member = self._archive.open(entry, "w", force_zip64=True)
        # zipfile knows no other deflate than zlib's; a test tells when a release of Python no longer takes this one.
        member: Any = self._member
        member._compressor = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, _RAW)  # noqa: SLF001

    def write(self, data: bytes) -> None:
        self._member.write(data)

    def write_file(self, path: Path) -> None:
        _copy(path, self.write)

    def finish(self) -> None:
        self._member.close()
        self._archive.close()
        self._sink.pass_on = len
        self._upload.finish()

    def close(self) -> None:
        """Let go of an archive that was not finished, without another byte."""
        self._sink.pass_on = len
        self._member.close()
        self._archive.close()


class _Sink:
    """A file that cannot seek, as zipfile knows them."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self.pass_on: Callable[[bytes], object] = write

    def write(self, data: bytes) -> int:
        self.pass_on(data)
        return len(data)

    def flush(self) -> None:
        """Everything is passed on at once."""


def _copy(path: Path, write: Callable[[bytes], object]) -> None:
    with path.open("rb", buffering=0) as file:
        while block := file.read(_BLOCK):
            write(block)

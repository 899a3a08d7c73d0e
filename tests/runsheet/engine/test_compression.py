"""Compressed results: what unpacks them gives the bytes that were written, and nothing stays in memory."""

from __future__ import annotations

import gzip
import hashlib
import io
import random
import shutil
import subprocess
import tempfile
import tracemalloc
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from isal import isal_zlib

from runsheet.engine.compression import compressed

MADE = datetime(2026, 3, 1, 8, 30, 2, tzinfo=UTC)


class Kept:
    """As much of an upload as is written to."""

    def __init__(self) -> None:
        self.content = io.BytesIO()
        self.finished = False

    def write(self, data: bytes) -> None:
        assert not self.finished
        self.content.write(data)

    def finish(self) -> None:
        self.finished = True


class Dropped(Kept):
    def write(self, data: bytes) -> None:
        self.content.seek(0)
        self.content.write(data)


def noise(size: int) -> bytes:
    return bytes(random.Random(1).choices(b'abcdefgh,"\n0123', k=size))  # noqa: S311 - the same on each run


def packed(compress: str | None, content: bytes, tmp_path: Path) -> bytes:
    kept: Any = Kept()
    path = tmp_path / "part"
    path.write_bytes(content[7:])
    with compressed(kept, compress, "frr_1.csv", MADE) as body:
        body.write(content[:7])
        if compress is None:
            body.write(content[7:])
        else:
            body.write_file(path)
        body.finish()
    assert kept.finished
    return bytes(kept.content.getvalue())


@pytest.mark.parametrize("size", [7, 100, 3_500_000])
def test_a_gzip_is_one_member_that_every_reader_takes(size: int, tmp_path: Path) -> None:
    content = noise(size)
    made = packed("gzip", content, tmp_path)
    assert gzip.decompress(made) == content
    one = zlib.decompressobj(31)
    assert one.decompress(made) == content
    assert (one.eof, one.unused_data) == (True, b"")


@pytest.mark.parametrize("size", [7, 100, 3_500_000])
def test_a_zip_holds_one_file(size: int, tmp_path: Path) -> None:
    content = noise(size)
    made = packed("zip", content, tmp_path)
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert archive.testzip() is None
        [entry] = archive.infolist()
        assert (entry.filename, entry.date_time, entry.file_size) == (
            "frr_1.csv",
            (2026, 3, 1, 8, 30, 2),
            size,
        )
        assert archive.read(entry) == content


def test_a_zip_is_deflated_by_isal(tmp_path: Path) -> None:
    """zipfile is given another deflate than its own; should a release of Python not take it, this tells."""
    content = noise(500_000)
    deflate = isal_zlib.compressobj(1, isal_zlib.DEFLATED, -15)
    raw = deflate.compress(content[:7]) + deflate.compress(content[7:]) + deflate.flush()
    assert raw in packed("zip", content, tmp_path)


@pytest.mark.skipif(shutil.which("unzip") is None, reason="unzip is not there")
def test_a_zip_is_taken_by_unzip(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(packed("zip", noise(200_000), tmp_path))
    unzip = shutil.which("unzip") or ""
    subprocess.run([unzip, "-t", str(path)], check=True, capture_output=True)
    unpacked = subprocess.run([unzip, "-p", str(path)], check=True, capture_output=True).stdout
    assert unpacked == noise(200_000)


def test_without_compression_it_is_the_upload_itself(tmp_path: Path) -> None:
    assert packed(None, b"abc,def\n", tmp_path) == b"abc,def\n"


@pytest.mark.parametrize("compress", ["gzip", "zip"])
def test_what_ends_early_writes_nothing_more(compress: str) -> None:
    kept: Any = Kept()
    written: list[int] = []

    def end_early() -> None:
        with compressed(kept, compress, "x", MADE) as body:
            body.write(noise(100_000))
            written.append(len(kept.content.getvalue()))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        end_early()
    assert (len(kept.content.getvalue()), kept.finished) == (written[0], False)


@pytest.mark.parametrize("compress", ["gzip", "zip"])
def test_memory_does_not_grow_with_the_result(compress: str) -> None:
    block = noise(1_000_000)
    dropped: Any = Dropped()
    tracemalloc.start()
    with compressed(dropped, compress, "x", MADE) as body:
        for _ in range(50):
            body.write(block)
        body.finish()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory() as other:
        for compress in ("gzip", "zip"):
            made = {
                hashlib.sha256(packed(compress, b"x" * 99, Path(one))).digest() for one in (tmp_path, other)
            }
            assert len(made) == 1

"""A result on its way to S3; moto refuses parts under 5 MiB as S3 does."""

from __future__ import annotations

import base64
import hashlib
import os
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from runsheet.engine import upload
from runsheet.engine.errors import OriginalGone, ReportFailed
from runsheet.engine.upload import PART_BYTES, Original, Piece, Upload
from runsheet.runtime import clients
from tests.beginnings import begin_with

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1024 * 1024


@pytest.fixture
def bucket(buckets: None) -> str:  # noqa: ARG001 - it makes the bucket
    return os.environ["RESULTS_BUCKET"]


def stored(bucket: str) -> bytes:
    return clients.s3().get_object(Bucket=bucket, Key="r.csv")["Body"].read()


def unfinished(bucket: str) -> int:
    return len(clients.s3().list_multipart_uploads(Bucket=bucket).get("Uploads", []))


def send(bucket: str, size: int) -> None:
    with Upload(clients.s3(), bucket, "r.csv", "text/csv") as sent:
        sent.write(b"x" * size)
        sent.finish()


@pytest.mark.parametrize(
    "size", [0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES, 25 * MIB + 3]
)
def test_what_is_written_is_stored_with_its_size_and_digest(bucket: str, tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    (tmp_path / "rest").write_bytes(data[size // 3 :])
    with Upload(clients.s3(), bucket, "r.csv", "text/csv") as sent:
        sent.write(data[: size // 3])
        sent.write_file(tmp_path / "rest")
        sent.finish()
    assert stored(bucket) == data
    assert (sent.size, sent.sha256) == (size, hashlib.sha256(data).hexdigest())
    assert unfinished(bucket) == 0


def test_a_small_result_is_one_put(bucket: str) -> None:
    calls: list[str] = []
    clients.s3().meta.events.register("before-call.s3", lambda model, **_: calls.append(model.name))
    with Upload(clients.s3(), bucket, "r.csv", "text/csv") as sent:
        sent.write(b"a,b\n")
        sent.finish()
    assert calls == ["PutObject"]


def test_every_part_but_the_last_is_of_8_mib(bucket: str) -> None:
    sizes: list[int] = []
    clients.s3().meta.events.register(
        "provide-client-params.s3.UploadPart", lambda params, **_: sizes.append(len(params["Body"]))
    )
    with Upload(clients.s3(), bucket, "r.csv", "text/csv") as sent:
        for _ in range(21):
            sent.write(b"x" * MIB)
        sent.finish()
    assert sorted(sizes, reverse=True) == [8 * MIB, 8 * MIB, 5 * MIB]


def test_an_object_appears_only_when_it_is_finished(bucket: str) -> None:
    with Upload(clients.s3(), bucket, "r.csv", "text/csv") as sent:
        sent.write(b"x" * 9 * MIB)
        assert "Contents" not in clients.s3().list_objects_v2(Bucket=bucket)
        sent.finish()
    assert len(stored(bucket)) == 9 * MIB


def test_nothing_is_left_of_a_failed_upload(bucket: str) -> None:
    def lose() -> None:
        with Upload(clients.s3(), bucket, "r.csv", "text/csv") as sent:
            sent.write(b"x" * 20 * MIB)
            raise RuntimeError("lost")

    with pytest.raises(RuntimeError, match="lost"):
        lose()
    assert unfinished(bucket) == 0
    assert "Contents" not in clients.s3().list_objects_v2(Bucket=bucket)


def test_a_part_that_s3_refuses_fails_the_upload(bucket: str) -> None:
    def refuse(params: dict[str, object], **_: object) -> None:
        if params["PartNumber"] == 2:
            raise ConnectionError("the network is gone")

    clients.s3().meta.events.register("provide-client-params.s3.UploadPart", refuse)
    with pytest.raises(ConnectionError):
        send(bucket, 40 * MIB)
    assert unfinished(bucket) == 0


def test_a_result_of_more_parts_than_s3_takes_is_too_large(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "_MOST_PARTS", 2)
    with pytest.raises(ReportFailed) as failed:
        send(bucket, 24 * MIB)
    assert failed.value.code == "result_too_large"
    assert unfinished(bucket) == 0


@pytest.fixture
def earlier(bucket: str) -> tuple[Original, bytes]:
    """An object of 40 MiB to copy pieces of."""

    def made() -> tuple[Original, bytes]:
        data = os.urandom(40 * MIB)
        answer = clients.s3().put_object(Bucket=bucket, Key="earlier.csv", Body=data)
        return Original(bucket, "earlier.csv", answer["ETag"]), data

    return begin_with("an object of 40 MiB", made)


def piece(data: bytes, first: int, end: int) -> Piece:
    crc32 = zlib.crc32(data[first:end])
    return Piece(first, end - first, crc32, end - first, crc32)


def calls_of(operation: str) -> list[Any]:
    made: list[Any] = []
    clients.s3().meta.events.register(
        f"provide-client-params.s3.{operation}", lambda params, **_: made.append(dict(params))
    )
    return made


@pytest.mark.parametrize(
    ("before", "length", "behind"),
    [
        (0, 0, 0),
        (0, 30 * MIB, 0),
        (1, 1, 6 * MIB),
        (5 * MIB, 5 * MIB, 0),
        (9 * MIB, 10 * MIB - 1, 6 * MIB),
        (0, 10 * MIB - 1, 6 * MIB),
        (1, 30 * MIB, 6 * MIB),
        (9 * MIB, 5 * MIB, 0),
    ],
)
def test_a_copied_piece_lies_between_what_is_written_whatever_their_sizes(
    bucket: str, earlier: tuple[Original, bytes], before: int, length: int, behind: int
) -> None:
    original, data = earlier
    with Upload(clients.s3(), bucket, "r.csv", "text/csv") as sent:
        sent.write(data[:before])
        assert sent.copy(original, piece(data, 3, 3 + length)).offset == before
        sent.write(data[:behind])
        sent.finish()
    expected = data[:before] + data[3 : 3 + length] + data[:behind]
    assert stored(bucket) == expected
    assert (sent.size, sent.crc32, sent.sha256) == (len(expected), zlib.crc32(expected), None)


def test_neighbours_are_copied_at_once_and_only_what_fills_up_a_part_is_read(
    bucket: str, earlier: tuple[Original, bytes]
) -> None:
    original, data = earlier
    copies, reads = calls_of("UploadPartCopy"), calls_of("GetObject")
    with Upload(clients.s3(), bucket, "r.csv", "text/csv") as sent:
        sent.write(b"head")
        for number in range(10):
            sent.copy(original, piece(data, number * 3 * MIB, (number + 1) * 3 * MIB))
        sent.finish()
    assert [call["Range"] for call in reads] == [f"bytes=0-{5 * MIB - 5}"]
    assert [call["CopySourceRange"] for call in copies] == [f"bytes={5 * MIB - 4}-{30 * MIB - 1}"]
    assert copies[0]["CopySourceIfMatch"] == original.etag
    assert stored(bucket) == b"head" + data[: 30 * MIB]


def test_a_large_piece_is_copied_by_several_requests_of_the_same_size(
    bucket: str, earlier: tuple[Original, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "_COPIED_BYTES", 12 * MIB)
    original, data = earlier
    copies = calls_of("UploadPartCopy")
    with Upload(clients.s3(), bucket, "r.csv", "text/csv") as sent:
        sent.copy(original, piece(data, 0, 40 * MIB))
        sent.finish()
    assert sorted(call["CopySourceRange"] for call in copies) == sorted(
        f"bytes={number * 10 * MIB}-{(number + 1) * 10 * MIB - 1}" for number in range(4)
    )
    assert stored(bucket) == data


@pytest.mark.parametrize("length", [MIB, 20 * MIB], ids=["read", "copied"])
def test_an_original_that_is_gone_is_told_and_nothing_is_left(
    bucket: str, earlier: tuple[Original, bytes], length: int
) -> None:
    original, data = earlier
    clients.s3().delete_object(Bucket=bucket, Key=original.key)

    def join() -> None:
        with Upload(clients.s3(), bucket, "r.csv", "text/csv") as sent:
            sent.write(data[: 9 * MIB])
            sent.copy(original, piece(data, 0, length))
            sent.finish()

    with pytest.raises(OriginalGone):
        join()
    assert unfinished(bucket) == 0
    assert "Contents" not in clients.s3().list_objects_v2(Bucket=bucket)


def test_other_bytes_than_were_sent_fail_the_upload(bucket: str, earlier: tuple[Original, bytes]) -> None:
    original, data = earlier
    wrong = replace(piece(data, 0, 20 * MIB), crc32=1)

    # S3 tells the checksum of what it has put together, moto does not.
    def tell(parsed: dict[str, Any], **_: Any) -> None:
        crc32 = zlib.crc32(stored(bucket)).to_bytes(4, "big")
        parsed.update(ChecksumType="FULL_OBJECT", ChecksumCRC32=base64.b64encode(crc32).decode())

    clients.s3().meta.events.register("after-call.s3.CompleteMultipartUpload", tell)
    with Upload(clients.s3(), bucket, "r.csv", "text/csv") as sent:
        sent.copy(original, piece(data, 0, 20 * MIB))
        sent.finish()

    def join() -> None:
        with Upload(clients.s3(), bucket, "r.csv", "text/csv") as sent:
            sent.copy(original, wrong)
            sent.finish()

    with pytest.raises(RuntimeError, match="other bytes"):
        join()
    assert [found["Key"] for found in clients.s3().list_objects_v2(Bucket=bucket)["Contents"]] == [
        "earlier.csv"
    ]


def test_pieces_are_told_apart_where_they_are_cut(bucket: str) -> None:
    with Upload(clients.s3(), bucket, "r.csv", "text/csv") as sent:
        sent.write(b"head")
        assert sent.cut() == piece(b"head", 0, 4)
        sent.write(b"first")
        sent.write(b"more")
        assert sent.cut() == piece(b"headfirstmore", 4, 13)
        assert sent.cut().size == 0
        sent.finish()
    assert sent.crc32 == zlib.crc32(b"headfirstmore")

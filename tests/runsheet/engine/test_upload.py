"""A result on its way to S3; moto refuses parts under 5 MiB as S3 does."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import pytest

from runsheet.engine import upload
from runsheet.engine.errors import ReportFailed
from runsheet.engine.upload import PART_BYTES, Upload
from runsheet.runtime import clients

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

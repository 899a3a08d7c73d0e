"""Files as they are handed out."""

from __future__ import annotations

import gzip
import hashlib
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import boto3
import pytest

from runsheet.errors import NotFound
from runsheet.files import service
from runsheet.files import table as files_table
from runsheet.files.model import File
from runsheet.runtime import clock
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant

if TYPE_CHECKING:
    from runsheet.runtime.http import Response

TENANT = Tenant("org_a", "test")
CSV = b'"a","b"\n' + b'"1","2"\n' * 1000

pytestmark = pytest.mark.usefixtures("tables", "buckets")


def stored(body: bytes = CSV, **changes: object) -> File:
    now = int(clock.now().timestamp())
    digest = hashlib.sha256(body).hexdigest()
    file = File(
        "file_1", "results/org_a/x.csv", "frr_1.csv", "title", len(body), 1000, now, now + 1000, sha256=digest
    )
    file = replace(file, **changes)  # type: ignore[arg-type]
    boto3.client("s3").put_object(Bucket=settings().results_bucket, Key=file.key, Body=body)
    boto3.client("dynamodb").transact_write_items(TransactItems=[files_table.put_operation(TENANT, file)])
    return file


def contents(**headers: str) -> Response:
    return service.contents(
        TENANT, "file_1", {name.replace("_", "-"): value for name, value in headers.items()}
    )


def test_a_small_file_is_answered_with_its_bytes() -> None:
    file = stored()
    answer = contents()
    assert (answer.status, answer.body) == (200, CSV)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="frr_1.csv"'
    assert answer.headers["ETag"] == f'"{file.sha256}"'
    assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize("accepted", ["gzip", "deflate, gzip;q=0.5", "GZIP", "*"])
def test_gzip_is_sent_to_who_takes_it(accepted: str) -> None:
    stored()
    answer = contents(accept_encoding=accepted)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.body) == CSV


@pytest.mark.parametrize("accepted", ["", "identity", "gzip;q=0", "br"])
def test_gzip_is_not_sent_to_who_does_not(accepted: str) -> None:
    stored()
    assert contents(accept_encoding=accepted).body == CSV


def test_an_unchanged_file_is_not_sent_again() -> None:
    file = stored()
    for tag in (f'"{file.sha256}"', f'W/"{file.sha256}"', f'"x", "{file.sha256}-gzip"', "*"):
        answer = contents(if_none_match=tag)
        assert (answer.status, answer.body) == (304, b"")
    assert contents(if_none_match='"other"').status == 200


def test_a_file_over_the_payload_limit_is_a_redirect_to_s3() -> None:
    body = os.urandom(service.MAX_INLINE_BYTES + 1)
    stored(body)
    for answer in (contents(), contents(accept_encoding="gzip")):  # random bytes do not shrink
        assert answer.status == 302
        assert answer.headers["Location"].startswith(
            "https://resultsbucket.s3.eu-west-1.amazonaws.com/results/org_a/x.csv?"
        )
        assert "X-Amz-Signature" in answer.headers["Location"]
        assert answer.body == b""


def test_a_file_that_fits_only_as_gzip_is_sent_as_gzip() -> None:
    body = b'"1","2"\n' * 700_000
    stored(body)
    assert contents().status == 302
    assert gzip.decompress(contents(accept_encoding="gzip").body) == body


def test_what_expired_or_belongs_to_another_is_not_found() -> None:
    file = stored()
    for tenant in (Tenant("org_b", "test"), Tenant("org_a", "live")):
        with pytest.raises(NotFound, match="No such file: 'file_1'"):
            service.retrieve(tenant, file.id)
    stored(expires_at=int(clock.now().timestamp()))
    with pytest.raises(NotFound):
        service.retrieve(TENANT, file.id)


def test_a_file_whose_object_is_gone_already_is_not_found() -> None:
    file = stored()
    boto3.client("s3").delete_object(Bucket=settings().results_bucket, Key=file.key)
    with pytest.raises(NotFound):
        contents()

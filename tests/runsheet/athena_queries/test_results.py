"""Reading a result, however S3 cuts it."""

from __future__ import annotations

import csv
import io
from typing import Any

import boto3
import pytest
from botocore.exceptions import IncompleteReadError
from botocore.response import StreamingBody
from hypothesis import given
from hypothesis import strategies as st

from runsheet.athena_queries import results, service
from runsheet.athena_queries.results import Body
from runsheet.runtime.settings import settings

CELLS = st.lists(st.lists(st.text(alphabet='a",\n\r', max_size=5), min_size=2, max_size=2), max_size=6)


def written(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


@given(rows=CELLS, size=st.integers(1, 30))
def test_every_record_but_the_first_and_the_last_is_passed_on_as_it_is(
    rows: list[list[str]], size: int
) -> None:
    head, last, between = b'"c0","c1"\n', b'"[[""3""]]",\n', written(rows)
    data = head + between + last
    body = Body(data[at : at + size] for at in range(0, len(data), size))
    blocks = list(body)
    assert b"".join(blocks) == between
    assert body.last == last
    for block in blocks:
        # A block is whole records: read by themselves they are as many as were written.
        assert block.endswith(b"\n")
        assert block.count(b'"') % 2 == 0


@pytest.mark.parametrize("data", [b"", b'"c0"', b'"c0"\n'])
def test_a_result_without_its_totals_is_none(data: bytes) -> None:
    with pytest.raises(ValueError, match="without its first or its last record"):
        list(Body([data]))


@pytest.mark.usefixtures("buckets")
@pytest.mark.parametrize(("breaks", "is_read"), [(0, True), (2, True), (3, False)])
def test_a_result_is_read_in_ranges_and_one_that_breaks_off_again(
    breaks: int, monkeypatch: pytest.MonkeyPatch, *, is_read: bool
) -> None:
    data = bytes(range(256)) * 10
    boto3.client("s3").put_object(Bucket=settings().results_bucket, Key=service.result_key("q"), Body=data)
    monkeypatch.setattr(results, "_RANGE_BYTES", 1000)
    read, left = StreamingBody.read, breaks

    def breaking(body: Any, *arguments: Any) -> bytes:
        nonlocal left
        if left:
            left -= 1
            raise IncompleteReadError(actual_bytes=1, expected_bytes=2)
        return read(body, *arguments)

    monkeypatch.setattr(StreamingBody, "read", breaking)
    if is_read:
        found = list(results.blocks("q"))
        assert b"".join(block for block, _ in found) == data
        assert [share for _, share in found] == [1000 / 2560, 2000 / 2560, 1.0]
    else:
        with pytest.raises(IncompleteReadError):
            list(results.blocks("q"))

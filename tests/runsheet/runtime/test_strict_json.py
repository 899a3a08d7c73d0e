"""JSON is read in one way, or not at all."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runsheet.runtime.strict_json import NotJson, decode


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"{'a': 1}",
        b'{"a": 1,}',
        b'{"a": 1} x',
        b'{"a": 1, "a": 2}',
        b'{"b": [{"a": 1, "a": 1}]}',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": "\xff"}',
        b'\xef\xbb\xbf{"a": 1}',
        '{"a": 1}'.encode("utf-16"),
        rb'{"a": "\ud800"}',
        rb'{"\udc00": 1}',
        b"[" * 21 + b"]" * 21,
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b'{"a": "\x00"}',
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(text: bytes) -> None:
    with pytest.raises(NotJson, match="JSON decode error"):
        decode(text)


def test_what_json_has_is_read() -> None:
    text = b' {"a": [1, -2.5, 1e3, true, null, "\\u00e9\\ud83d\\ude00\\u0000"]} '
    assert decode(text) == {"a": [1, -2.5, 1000.0, True, None, "é😀\x00"]}
    assert decode(b"[" * 19 + b"]" * 19)


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(text: bytes) -> None:
    with suppress(NotJson):
        decode(text)

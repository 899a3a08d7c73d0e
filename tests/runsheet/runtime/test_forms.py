"""The v1 request encoding."""

from __future__ import annotations

import pytest

from runsheet.errors import InvalidRequest
from runsheet.runtime.forms import decode


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("a=1", {"a": "1"}),
        ("a=1&a=2", {"a": "2"}),
        ("a", {"a": ""}),
        ("a=b=c", {"a": "b=c"}),
        ("a+b=c+d%2B", {"a b": "c d+"}),
        ("p[start]=1&p[end]=2", {"p": {"start": "1", "end": "2"}}),
        ("p%5Bstart%5D=1", {"p": {"start": "1"}}),
        ("c[]=x&c[]=y", {"c": ["x", "y"]}),
        ("c[0]=x&c[1]=y", {"c": ["x", "y"]}),
        ("c[1]=y&c[0]=x", {"c": ["x", "y"]}),
        ("c[2]=z&c[10]=last&c[0]=x", {"c": ["x", "z", "last"]}),
        ("c[0]=x&c[]=y", {"c": ["x", "y"]}),
        (
            "p[columns][0]=a&p[columns][1]=payment_metadata[k]",
            {"p": {"columns": ["a", "payment_metadata[k]"]}},
        ),
        ("p[columns][]=payment_metadata%5Bk%5D", {"p": {"columns": ["payment_metadata[k]"]}}),
        ("c[999999999]=x", {"c": ["x"]}),
        ("name=%C3%A9", {"name": "é"}),
        ("a=%00", {"a": "\x00"}),
        ("&&a=1&", {"a": "1"}),
        ("a%=1", {"a%": "1"}),
        ("a[b][0][c]=x", {"a": {"b": [{"c": "x"}]}}),
    ],
)
def test_forms_are_read_as_the_clients_write_them(text: str, expected: object) -> None:
    assert decode(text.encode()) == expected


@pytest.mark.parametrize(
    ("text", "param"),
    [
        (b"a=\xff", None),
        (b"a=%ff", None),
        (b"%c3=1", None),
        (b"a=1&a[b]=2", "a[b]"),
        (b"a[b]=1&a=2", "a"),
        (b"a[b=1", "a[b"),
        (b"a]=1", "a]"),
        (b"[b]=1", "[b]"),
        (b"=1", ""),
        (b"a[b]c=1", "a[b]c"),
        (b"a[[b]]=1", "a[[b]]"),
        (b"a[1][2][3][4][5][6]=1", "a[1][2][3][4][5][6]"),
        (b"x" * 1_000_000 + b"[=1", "x" * 100),
    ],
)
def test_what_is_no_form_is_refused_by_name(text: bytes, param: str | None) -> None:
    with pytest.raises(InvalidRequest) as refused:
        decode(text)
    assert refused.value.param == param
    assert len(refused.value.message) < 300


def test_ten_thousand_elements_are_read_in_order() -> None:
    text = "&".join(f"c[{i}]=v{i}" for i in range(10_000))
    assert decode(text.encode()) == {"c": [f"v{i}" for i in range(10_000)]}

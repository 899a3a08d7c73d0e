"""Metadata as a form changes them."""

from __future__ import annotations

from typing import Any

import pytest

from runsheet.errors import InvalidRequest
from runsheet.runtime.dialects import v1
from runsheet.runtime.metadata import MetadataChanges, changed
from runsheet.runtime.model import Model


class Changes(Model):
    metadata: MetadataChanges = None


def read(form: str) -> Any:
    return v1.body(Changes, form.encode(), v1.FORM).metadata


@pytest.mark.parametrize(
    ("form", "changes"),
    [
        ("metadata[a]=1&metadata[b]=", {"a": "1", "b": ""}),
        ("metadata=", None),
        ("", None),
        # Keys that look like the indices of an array, in whatever order.
        ("metadata[7]=x", {"7": "x"}),
        ("metadata[10]=x&metadata[9]=y", {"9": "y", "10": "x"}),
        ("metadata[0]=x&metadata[a]=y", {"0": "x", "a": "y"}),
        ("metadata[a+b]=%C3%A4%5B1%5D", {"a b": "ä[1]"}),
        ("metadata[" + "k" * 40 + "]=" + "v" * 500, {"k" * 40: "v" * 500}),
        ("metadata[ä]=" + "€" * 500, {"ä": "€" * 500}),
    ],
)
def test_a_form_names_keys(form: str, changes: object) -> None:
    assert read(form) == changes


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ("metadata=x", "Invalid object"),
        ("metadata[]=x", "Invalid object"),
        ("metadata[][a]=x", "Invalid object"),
        ("metadata[a][b]=x", "Invalid val: metadata[a] must be a string"),
        ("metadata[7][b]=x", "Invalid val: metadata[7] must be a string"),
        ("metadata[a][]=x", "Invalid val: metadata[a] must be a string"),
        (
            "metadata[" + "k" * 41 + "]=x",
            "Invalid key: " + "k" * 41 + " must be a string of 1 to 40 characters",
        ),
        (
            "metadata[a]=" + "v" * 501,
            "Invalid val: metadata[a] must be a string of at most 500 characters",
        ),
    ],
)
def test_a_wrong_form_is_refused_in_words(form: str, message: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read(form)
    assert (refused.value.message, refused.value.param) == (message, "metadata")


@pytest.mark.parametrize(
    ("before", "changes", "after"),
    [
        ({"a": "1", "b": "2"}, {"b": "", "c": "3"}, {"a": "1", "c": "3"}),
        ({"a": "1"}, {}, {"a": "1"}),
        ({"a": "1"}, None, {}),
        ({}, {"a": ""}, {}),
        ({"b": "1"}, {"a": "2"}, {"a": "2", "b": "1"}),
    ],
)
def test_an_empty_value_unsets(
    before: dict[str, str], changes: dict[str, str] | None, after: dict[str, str]
) -> None:
    assert list(changed(before, changes).items()) == list(after.items())


def test_there_are_at_most_fifty_keys() -> None:
    fifty = {str(number): "x" for number in range(50)}
    assert len(changed(fifty, {"0": "y", "50": ""})) == 50
    with pytest.raises(InvalidRequest, match="up to 50 keys, but you've set 52") as refused:
        changed(fifty, {"a": "x", "b": "x"})
    assert refused.value.param == "metadata"

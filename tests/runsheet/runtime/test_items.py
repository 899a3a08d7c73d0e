"""Items hold what boto3's serializers would put there, and give back what was put in."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from runsheet.runtime.items import from_item, to_attribute, to_item

PLAIN = st.none() | st.booleans() | st.integers(-(10**37), 10**37) | st.text() | st.binary()
NESTED = st.recursive(
    PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(min_size=1), inner), max_leaves=12
)


@given(st.dictionaries(st.text(min_size=1), NESTED))
def test_an_item_is_the_one_that_boto3_makes_and_comes_back(values: dict[str, Any]) -> None:
    there = {name: value for name, value in values.items() if value is not None}
    item = to_item(values)
    assert item == {name: TypeSerializer().serialize(value) for name, value in there.items()}
    assert from_item(item) == there


@given(st.floats(-1e100, 1e100).filter(lambda number: number == 0 or abs(number) > 1e-100))
def test_a_fraction_is_stored_with_all_its_digits(number: float) -> None:
    item = to_item({"share": number})
    assert TypeDeserializer().deserialize(item["share"]) == Decimal(repr(number))
    assert from_item(item) == {"share": number}


def test_numbers_without_a_fraction_are_integers() -> None:
    read = from_item({"a": {"N": "12"}, "b": {"N": "1E+2"}, "c": {"N": "0.5"}, "d": {"N": "2.0"}})
    assert [type(value) for value in read.values()] == [int, int, float, int]
    assert read == {"a": 12, "b": 100, "c": 0.5, "d": 2}


@pytest.mark.parametrize("value", [object(), bytearray(b"bytes"), {1, 2}, [Decimal(1)]])
def test_what_no_attribute_of_ours_holds_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="no attribute holds a"):
        to_attribute(value)


def test_an_attribute_of_another_type_is_refused() -> None:
    with pytest.raises(TypeError, match="of the type SS"):
        from_item({"tags": {"SS": ["a"]}})

"""Ids order objects by creation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from runsheet.ids import lowest_id, new_id

MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2900, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(MOMENTS, st.integers(1, 10**9))
def test_a_later_object_has_a_greater_id(moment: datetime, milliseconds: int) -> None:
    later = moment.replace(microsecond=0) + timedelta(milliseconds=milliseconds)
    assert new_id("frr", moment.replace(microsecond=0)) < new_id("frr", later)


@given(MOMENTS)
def test_the_lowest_id_of_a_second_parts_earlier_from_later(moment: datetime) -> None:
    second = int(moment.timestamp())
    made = new_id("frr", moment)
    assert lowest_id("frr", second) <= made < lowest_id("frr", second + 1)


@given(st.integers(-(10**30), 10**30))
def test_any_second_has_a_lowest_id(second: int) -> None:
    assert len(lowest_id("frr", second)) == len("frr_") + 8


def test_ids_of_one_instant_differ() -> None:
    now = datetime.now(UTC)
    assert len({new_id("frr", now) for _ in range(1000)}) == 1000

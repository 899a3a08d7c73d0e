"""Ids order objects by creation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from runsheet.ids import Origin, lowest_id, new_id, plausible

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


@given(MOMENTS)
def test_an_origin_gives_the_same_id_each_time_and_one_of_its_time(moment: datetime) -> None:
    origin = Origin.fresh(moment)
    made = origin.new_id("frr")
    assert made == Origin(moment, origin.seed).new_id("frr")
    assert plausible("frr", made)
    assert len(made) == len(new_id("frr", moment))
    assert made[:12] == new_id("frr", moment)[:12]
    second = int(moment.timestamp())
    assert lowest_id("frr", second) <= made < lowest_id("frr", second + 1)


def test_ids_of_different_origins_and_prefixes_differ() -> None:
    now = datetime.now(UTC)
    origins = [Origin.fresh(now) for _ in range(1000)]
    made = {origin.new_id(prefix)[-16:] for origin in origins for prefix in ("frr", "file")}
    assert len(made) == 2000
    # Each digit can be any: were the last ones always the same, there would be fewer ids than it seems.
    assert all(len({digits[place] for digits in made}) == 62 for place in range(16))

"""The parts of an interval: they cover it, follow each other, and are about as large as asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runsheet.datasets.schema import schema
from runsheet.engine import slices
from runsheet.engine.relations import Relation, Source

START = datetime(2024, 1, 1)  # noqa: DTZ001 - as the lake stores it
DAY = timedelta(days=1)


def relation(*base: tuple[int, int, int], recent: tuple[tuple[int, int, int], ...] = ()) -> Relation:
    """Return a relation of files, each (rows, first day, last day)."""

    def source(file: tuple[int, int, int], index: int) -> Source:
        rows, first, last = file
        return Source(f"/{index}", rows, START + first * DAY, START + last * DAY, index)

    return Relation(
        schema("balance_transactions"),
        tuple(source(file, 0) for file in base),
        tuple(source(file, index) for index, file in enumerate(recent)),
    )


FILES = st.lists(
    st.tuples(st.integers(0, 10_000), st.integers(-50, 150), st.integers(0, 60)).map(
        lambda f: (f[0], f[1], f[1] + f[2])
    ),
    max_size=6,
)


@given(FILES, FILES, st.integers(1, 5000), st.integers(1, 10**7))
def test_parts_cover_the_interval_without_gap_or_overlap(
    base: list[tuple[int, int, int]], recent: list[tuple[int, int, int]], rows: int, length: int
) -> None:
    end = START + timedelta(seconds=length)
    parts = slices.cut(relation(*base, recent=tuple(recent)), START, end, rows=rows)
    assert (parts[0][0], parts[-1][1]) == (START, end)
    assert all(before[1] == after[0] for before, after in pairwise(parts))
    assert all(first < last for first, last in parts)
    assert all(moment.microsecond == 0 for part in parts for moment in part)


def test_small_files_share_a_part() -> None:
    files = relation((10, 0, 9), (10, 10, 19), (10, 20, 29))
    assert slices.cut(files, START, START + 30 * DAY, rows=100) == [(START, START + 30 * DAY)]


def test_parts_are_cut_where_files_begin() -> None:
    files = relation((90, 0, 9), (90, 10, 19), (90, 20, 29))
    cuts = [START, START + 10 * DAY, START + 20 * DAY, START + 30 * DAY]
    assert slices.cut(files, START, cuts[-1], rows=100) == list(pairwise(cuts))


def test_a_large_file_is_cut_evenly() -> None:
    parts = slices.cut(relation((1000, 0, 10)), START, START + 10 * DAY, rows=250)
    assert len(parts) == 4
    assert {round((last - first) / DAY, 1) for first, last in parts} == {2.5}


def test_only_the_share_of_a_file_within_the_interval_counts() -> None:
    assert len(slices.cut(relation((1000, 0, 100)), START, START + 10 * DAY, rows=100)) == 1


def test_a_file_may_last_to_the_end_of_the_calendar() -> None:
    source = Source("/0", 1000, START, datetime(9999, 12, 31, 23, 59, 59, 999999))  # noqa: DTZ001 - as stored
    files = Relation(schema("balance_transactions"), (source,), ())
    assert slices.cut(files, START, START + DAY, rows=100) == [(START, START + DAY)]


@pytest.mark.parametrize(
    ("files", "in_order"),
    [
        (relation((1, 0, 9), (1, 10, 19)), True),
        (relation((1, 0, 10), (1, 10, 19)), False),
        (relation((1, 10, 19), (1, 0, 9)), False),
        (relation((1, 0, 9), recent=((1, 30, 30),)), False),
        (relation(), True),
    ],
)
def test_files_are_in_order_if_they_follow_each_other_and_nothing_is_merged(
    files: Relation, *, in_order: bool
) -> None:
    assert files.is_in_order() is in_order


COUNTS = st.lists(
    st.tuples(st.integers(-20_000, 20_000), st.integers(1, 10_000)),
    max_size=12,
    unique_by=lambda found: found[0],
).map(lambda found: [(START + day * DAY, count) for day, count in sorted(found)])


@given(COUNTS, st.integers(1, 5000))
def test_parts_by_day_hold_every_day_once_and_no_more_rows_than_asked(
    counts: list[tuple[datetime, int]], rows: int
) -> None:
    parts = slices.by_day(counts, rows=rows)
    assert all(first < last for first, last in parts) or not counts
    assert all(before[1] <= after[0] for before, after in pairwise(parts))
    for day, _ in counts:
        inside = [(first, last) for first, last in parts if first < day + DAY and last > day]
        assert inside[0][0] <= day
        assert inside[-1][1] >= day + DAY
        assert all(before[1] == after[0] for before, after in pairwise(inside))
    for first, last in parts:
        held = [count for day, count in counts if first <= day and day + DAY <= last]
        assert sum(held) <= rows or len(held) == 1


def test_days_share_a_part_and_a_large_day_is_cut_evenly() -> None:
    days = [(START, 40), (START + 3 * DAY, 60), (START + 9 * DAY, 250), (START + 10 * DAY, 1)]
    large = START + 9 * DAY
    third = DAY / 3
    assert slices.by_day(days, rows=100) == [
        (START, START + 4 * DAY),
        (large, large + third),
        (large + third, large + 2 * third),
        (large + 2 * third, large + DAY),
        (large + DAY, large + 2 * DAY),
    ]


def test_no_days_are_one_part_without_a_record() -> None:
    [(first, last)] = slices.by_day([], rows=100)
    assert first == last


@given(st.integers(1, 60), st.integers(1, 20))
def test_at_most_so_many_parts_cover_what_all_of_them_do(count: int, most: int) -> None:
    parts = [(START + day * DAY, START + (day + 1) * DAY) for day in range(count)]
    made = slices.at_most(most, parts)
    assert 1 <= len(made) <= most
    assert (made[0][0], made[-1][1]) == (parts[0][0], parts[-1][1])
    assert all(before[1] == after[0] for before, after in pairwise(made))
    if count <= most:
        assert made == parts


MONTHS = ((400, 0, 30), (400, 31, 59), (400, 60, 90), (400, 91, 120))


def moment(month: int, day: int = 1) -> datetime:
    return datetime(2024, month, day)  # noqa: DTZ001 - as the lake stores it


def test_parts_that_are_kept_end_with_their_month() -> None:
    """A file of the first four months, cut by month, where the first parts would else be of more."""
    files = relation((1000, 0, 120))
    cuts = [START, moment(2), moment(3), moment(4), moment(6)]
    assert slices.cut(files, START, moment(6), rows=400, fewest=200) == list(pairwise(cuts))


@pytest.mark.parametrize(("fewest", "begin"), [(100, 2), (150, 4), (700, 1)])
def test_small_months_make_a_quarter_or_a_year(fewest: int, begin: int) -> None:
    files = relation(*((110, 30 * n, 30 * n + 29) for n in range(24)))
    parts = slices.cut(files, START, datetime(2026, 1, 1), rows=10_000, fewest=fewest)  # noqa: DTZ001 - as stored
    assert parts[0] == (START, datetime(2025 if begin == 1 else 2024, begin, 1))  # noqa: DTZ001 - as stored


@given(
    st.lists(st.tuples(st.integers(200, 900), st.integers(10, 40)), min_size=2, max_size=12),
    st.integers(1, 400),
)
def test_newer_records_leave_the_parts_of_closed_months_as_they_were(
    lengths: list[tuple[int, int]], newer: int
) -> None:
    base, day = [], 0
    for rows, length in lengths:
        base.append((rows, day, day + length - 1))
        day += length
    end = START + (day + 40) * DAY
    before = slices.cut(relation(*base), START, end, rows=500, fewest=100)
    after = slices.cut(relation(*base, (newer, day, day + 5)), START, end, rows=500, fewest=100)
    closed = (START + (day - 1) * DAY).replace(day=1)
    assert [part for part in before if part[1] <= closed] == [part for part in after if part[1] <= closed]


def test_recent_files_cut_only_the_parts_that_they_make_too_large() -> None:
    alone = slices.cut(relation(*MONTHS), START, moment(5), rows=500, fewest=100)
    few = slices.cut(relation(*MONTHS, recent=((10, 0, 120),)), START, moment(5), rows=500, fewest=100)
    many = slices.cut(relation(*MONTHS, recent=((2000, 62, 70),)), START, moment(5), rows=500, fewest=100)
    assert few == alone
    assert [part for part in many if part in alone] == [alone[0], alone[1], alone[3]]
    assert len(many) == 8


def test_a_part_is_halved_around_the_day_that_has_most_of_its_records() -> None:
    part = (START, START + 32 * DAY)
    made = slices.halved(relation((320, 0, 32), recent=((10_000, 30, 31),)), part, rows=1_000)
    assert [made[0][0], made[-1][1]] == list(part)
    assert all(end == begin for (_, end), (begin, _) in pairwise(made))
    # Half of the month is one part still, and the day of the new records is many.
    assert made[0] == (START, START + 16 * DAY)
    assert sum(START + 30 * DAY <= begin < START + 31 * DAY for begin, _ in made) >= 10
    assert all(
        slices.expected(relation((320, 0, 32), recent=((10_000, 30, 31),)), *one) <= 1_000 for one in made
    )


def test_records_of_one_instant_cannot_be_halved() -> None:
    part = (START, START + 32 * DAY)
    made = slices.halved(relation(recent=((10_000, 5, 5),)), part, rows=1_000)
    assert min(end - begin for begin, end in made) == timedelta(seconds=1)
    assert len(made) < 60

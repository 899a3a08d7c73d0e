"""Which files are rewritten, and in which steps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runsheet.dataset_compactions import planning
from runsheet.dataset_compactions.planning import MOST_REMOVED, Arrivals, Step, spans, steps, taken
from runsheet.dataset_compactions.triggers import (
    LONGEST_WAIT_SECONDS,
    MOST_BYTES,
    MOST_FILES,
    Loose,
    due_by,
    due_with,
)
from runsheet.datasets.model import DataFile

EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
MOST = 100


def day(number: float) -> datetime:
    return EPOCH + timedelta(days=number)


def stored(number: float) -> datetime:
    return day(number).replace(tzinfo=None)


def file(
    name: str, first: int | None = 0, last: int | None = 0, rows: int = MOST, **changes: Any
) -> DataFile:
    values: dict[str, Any] = {
        "id": name,
        "key": f"lake/{name}",
        "rows": rows,
        "bytes": rows,
        "first": None if first is None else day(first),
        "last": None if last is None else day(last),
        "level": "base",
        "version": 1,
    }
    return DataFile(**values | changes)


def removed(made: list[Step]) -> list[list[str]]:
    return [[each.id for each in step.removed] for step in made]


def test_full_files_that_follow_each_other_are_left_alone() -> None:
    assert steps(spans([file("a", 0, 9), file("b", 10, 19)]), Arrivals(), most_rows=MOST) == []


def test_a_file_with_an_older_version_is_rewritten_and_no_other() -> None:
    found = spans([file("a", 0, 9), file("b", 10, 19), file("c", 20, 29)])
    arrivals = Arrivals({"b"}, [0, 0, 0], [0, 0, 0, 0])
    (step,) = steps(found, arrivals, most_rows=MOST)
    assert [each.id for each in step.removed] == ["b"]
    assert (step.start, step.end) == (stored(9) + timedelta(microseconds=1), stored(20))


def test_new_records_within_a_file_are_joined_with_it() -> None:
    found = spans([file("a", 0, 9), file("b", 10, 19)])
    assert removed(steps(found, Arrivals((), [5, 0], [0, 0, 0]), most_rows=MOST)) == [["a"]]


def test_new_records_behind_a_full_file_are_a_file_of_their_own_and_join_a_small_one() -> None:
    full = spans([file("a", 0, 9)])
    (step,) = steps(full, Arrivals((), [0], [0, 7]), most_rows=MOST)
    assert (step.removed, step.rows, step.end) == ((), 7, None)
    small = spans([file("a", 0, 9), file("b", 10, 19, rows=7)])
    assert removed(steps(small, Arrivals((), [0, 0], [0, 0, 1]), most_rows=MOST)) == [["b"]]


def test_new_records_without_a_base_are_one_step() -> None:
    assert steps([], Arrivals((), [], [3]), most_rows=MOST) == [Step((), None, None, 3)]


def test_files_that_share_an_instant_and_small_neighbours_are_joined() -> None:
    assert removed(steps(spans([file("a", 0, 9), file("b", 9, 19)]), Arrivals(), most_rows=MOST)) == [
        ["a", "b"]
    ]
    small = [file("a", 0, 9, rows=30), file("b", 10, 19, rows=30), file("c", 20, 29)]
    assert removed(steps(spans(small), Arrivals(), most_rows=MOST)) == [["a", "b"]]
    assert steps(spans([file("a", 0, 9, rows=30), file("b", 10, 19)]), Arrivals(), most_rows=MOST) == []


def test_a_step_has_no_more_files_than_a_transaction_takes() -> None:
    many = [file(f"{n:03}", n * 10, n * 10 + 9, rows=1) for n in range(100)]
    made = steps(spans(many), Arrivals(), most_rows=MOST)
    assert [len(step.removed) for step in made] == [45, 45, 10]
    assert [step.end for step in made[:-1]] == [step.start for step in made[1:]]
    assert all(step.with_recent for step in made)


def test_files_that_all_share_instants_take_several_steps_one_of_which_takes_the_new_records() -> None:
    many = [file(f"{n:03}", 0, 9, rows=1) for n in range(100)]
    made = steps(spans(many), Arrivals((), [5], [0, 0]), most_rows=MOST)
    assert [(len(step.removed), step.rows, step.with_recent) for step in made] == [
        (45, 50, True),
        (45, 45, False),
        (10, 10, False),
    ]


def test_large_files_of_which_too_many_share_instants_are_left_unless_they_hold_older_versions() -> None:
    many = [file(f"{n:03}", 0, 9, rows=MOST if n < 60 else 1) for n in range(64)]
    (step,) = steps(spans(many), Arrivals({"007"}, [5], [0, 0]), most_rows=MOST)
    assert sorted(each.id for each in step.removed) == ["007", "060", "061", "062", "063"]
    assert steps(spans(many[:60]), Arrivals((), [0], [0, 0]), most_rows=MOST) == []


def test_a_base_file_without_times_is_an_error() -> None:
    with pytest.raises(ValueError, match="without times"):
        spans([file("a", None, None)])


def test_the_oldest_recent_files_are_merged_first_and_one_at_least(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "_MOST_RECENT_ROWS", 250)
    recent = [file(name, version=version) for name, version in (("b", 2), ("c", 3), ("a", 1), ("d", 4))]
    assert [each.id for each in taken(recent)] == ["a", "b"]
    monkeypatch.setattr(planning, "_MOST_RECENT_ROWS", 1)
    assert [each.id for each in taken(recent)] == ["a"]


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 5), st.integers(1, 150), st.booleans()), max_size=60
    ),
    st.data(),
)
def test_each_record_is_in_exactly_one_step_and_no_step_crosses_a_file_that_stays(
    drawn: list[tuple[int, int, int, bool]], more: st.DataObject
) -> None:
    files = [file(f"{n:03}", first, first + length, rows) for n, (first, length, rows, _) in enumerate(drawn)]
    found = spans(files)
    counts = st.integers(0, 3)
    inside = [more.draw(counts) for _ in found]
    before = [more.draw(counts) for _ in range(len(found) + 1)]
    held = {each.id for each, (*_, is_held) in zip(files, drawn, strict=True) if is_held}
    made = steps(found, Arrivals(held, inside, before), most_rows=MOST)
    gone = [each.id for step in made for each in step.removed]
    assert len(gone) == len(set(gone))
    assert held <= set(gone)
    assert all(len(step.removed) <= MOST_REMOVED for step in made)
    sorted_out = [each for span in found if len(span.files) <= MOST_REMOVED for each in span.files]
    staying = [each for each in sorted_out if each.id not in gone]
    total = sum(each.rows for each in files if each.id in gone) + sum(inside) + sum(before)
    assert sum(step.rows for step in made) == total
    bounds = [(step.start, step.end) for step in made if step.with_recent]
    for (_, end), (start, _) in pairwise(bounds):
        assert end is not None
        assert start is not None
        assert end <= start
    for step in made:
        for each in step.removed:
            assert step.start is None or step.start <= stored((each.first - EPOCH).days)  # type: ignore[operator]
            assert step.end is None or stored((each.last - EPOCH).days) < step.end  # type: ignore[operator]
        for each in staying:
            lies_before = step.start is not None and stored((each.last - EPOCH).days) < step.start  # type: ignore[operator]
            lies_behind = step.end is not None and step.end <= stored((each.first - EPOCH).days)  # type: ignore[operator]
            assert lies_before or lies_behind


def test_what_makes_a_compaction_due() -> None:
    few, many = Loose(MOST_FILES - 1, 0), Loose(MOST_FILES, 0)
    assert due_by(Loose(0, 0), Loose(1, 10), now=100) == 100 + LONGEST_WAIT_SECONDS
    assert due_by(Loose(1, 10), few, now=100) is None
    assert due_by(few, many, now=100) == 100
    assert due_by(many, Loose(MOST_FILES + 1, 0), now=100) is None
    assert due_by(Loose(0, 0), Loose(1, MOST_BYTES), now=100) == 100
    assert due_with(many, now=100) == 100
    assert due_with(few, now=100) == 100 + LONGEST_WAIT_SECONDS
    assert due_with(Loose(0, 0), now=100) is None

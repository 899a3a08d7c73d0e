"""The simulation of the queue: groups, or the limit, keep one organisation from delaying the others by more than one run."""

from __future__ import annotations

import importlib

import pytest

# By name: the benchmarks are scripts, and the type checker knows them as such.
fairness = importlib.import_module("benchmarks.fairness")
scenario, waits = fairness.scenario, fairness.waits


def longest(found: dict[str, list[float]]) -> float:
    return max(wait for group, all_of in found.items() if group != "loud" for wait in all_of)


@pytest.mark.parametrize("workers", [5, 40])
def test_with_groups_others_wait_for_one_run_at_most(workers: int) -> None:
    sent = scenario(1_000)
    assert longest(waits(fair=True, workers=workers, seconds=30, sent=sent)) <= 30
    assert longest(waits(fair=False, workers=workers, seconds=30, sent=sent)) >= 1_000 / workers * 30 - 200


def test_every_message_is_worked_on_once_and_no_worker_idles() -> None:
    sent = scenario(1_000)
    found = waits(fair=True, workers=10, seconds=30, sent=sent)
    assert {group: len(all_of) for group, all_of in found.items()}["loud"] == 1_000
    assert sum(map(len, found.values())) == len(sent)
    assert max(found["loud"]) <= len(sent) / 10 * 30


@pytest.mark.parametrize("fair", [True, False])
def test_with_a_limit_others_find_a_worker_free_whatever_the_queue_does(fair: bool) -> None:
    sent = scenario(1_000)
    found = waits(fair=fair, workers=10, seconds=30, sent=sent, limit=5)
    # The backlog is turned away once, 50 ms each, by the workers that the limit leaves free.
    assert longest(found) <= 1_000 * 0.05 / 5 + 0.1
    assert {group: len(all_of) for group, all_of in found.items()}["loud"] == 1_000
    # Nothing idles that the limit allows.
    assert max(found["loud"]) == pytest.approx(1_000 / 5 * 30, rel=0.02)


def test_a_limit_that_is_not_reached_changes_nothing() -> None:
    sent = scenario(1_000)
    without = waits(fair=True, workers=10, seconds=30, sent=sent)
    assert waits(fair=True, workers=10, seconds=30, sent=sent, limit=10) == without

"""The simulation of the dispatchers follows the code's own numbers, and says what is the narrowest part."""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import Any

import pytest

from runsheet import leases
from runsheet.report_configs import table
from tests.template.template import resources

# By name: the benchmarks are scripts, and the type checker knows them as such.
at_scale = importlib.import_module("benchmarks.dispatch_at_scale")
Deployment, simulate = at_scale.Deployment, at_scale.simulate
NOW = Deployment()
WARM = replace(NOW, table_units=1_000_000)


def test_its_numbers_are_those_of_the_code() -> None:
    assert (NOW.shards, NOW.unfinished) == (len(table.SHARDS), len(leases.SHARDS))
    dispatcher = resources("AWS::Serverless::Function")["DispatchShardFunction"]
    assert dispatcher["Timeout"] == 300


@pytest.mark.parametrize(
    ("deployment", "narrowest"),
    [
        (NOW, "table of runs"),
        (WARM, "index due"),
        (replace(WARM, unfinished=4), "index unfinished"),
        (replace(WARM, claims_a_second=100), "processor"),
    ],
)
def test_the_narrowest_part_sets_the_pace(deployment: Any, narrowest: str) -> None:
    due = 1_000
    found = simulate(deployment, due)
    assert found.narrowest == narrowest
    assert found.last == pytest.approx(due / deployment.limits()[narrowest], abs=1)


def test_what_a_dispatcher_does_not_get_done_waits_for_the_next_tick() -> None:
    slow = replace(WARM, claims_a_second=100)
    assert simulate(slow, 16 * 100 * 300).last == 300
    assert simulate(slow, 16 * 100 * 301).last == 901


def test_two_million_start_within_five_minutes_on_warm_tables() -> None:
    assert simulate(WARM, 2_000_000).last <= 300

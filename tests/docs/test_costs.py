"""The document about costs is what its script says, and the script's sums follow what they are made from."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from docs import costs
from tests.functions.calls import CALLS

LOAD = costs.Workload()


def test_the_document_is_current() -> None:
    made = costs.document(LOAD)
    assert costs.DOCUMENT.read_text(encoding="utf-8") == made, "run `python docs/costs.py --write`"


def test_it_takes_numbers_of_ones_own_and_needs_nothing_installed() -> None:
    command = [
        sys.executable,
        "-S",
        str(costs.ROOT / "docs/costs.py"),
        "--organisations",
        "50",
        "--configs",
        "20",
    ]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert printed == costs.text(replace(LOAD, organisations=50, configs=20))


def test_what_nobody_uses_costs_only_what_runs_by_the_clock() -> None:
    idle = {service: usd for service, usd in costs.bill(replace(LOAD, organisations=0)).items() if usd}
    assert set(idle) == {"Lambda", "DynamoDB requests", "SQS", "CloudWatch", "Secrets Manager"}
    assert sum(idle.values()) < 60


@pytest.mark.parametrize(
    "name", ["configs", "recipients", "runs_a_day", "records", "result_rows", "months_kept"]
)
def test_more_costs_more(name: str) -> None:
    more = replace(LOAD, **{name: 2 * getattr(LOAD, name)})
    assert sum(costs.bill(more).values()) > sum(costs.bill(LOAD).values())


def test_a_call_more_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    before = costs.bill(LOAD)["DynamoDB requests"]
    calls = CALLS["ReportRunsRetrieveFunction"]
    monkeypatch.setitem(CALLS, "ReportRunsRetrieveFunction", calls | {"dynamodb:GetItem": 2})
    polls = LOAD.asked * LOAD.polls_of_a_run
    assert costs.bill(LOAD)["DynamoDB requests"] - before == pytest.approx(polls / 1e6 * 0.125)


def test_units_are_those_of_dynamodb() -> None:
    route = costs.Use("F", 1, {"dynamodb:UpdateItem": 1, "dynamodb:PutItem": 1, "dynamodb:GetItem": 1})
    assert (costs.write_units(route), costs.read_units(route)) == (1 + 3, 1)
    claim = costs.Use("F", 1, {"dynamodb:TransactWriteItems items": 2, "dynamodb:Query": 1}, route=False)
    assert (costs.write_units(claim), costs.read_units(claim)) == (12, 2)

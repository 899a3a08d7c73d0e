"""Waiting for the end of a run: how long, and with how many reads."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from runsheet.report_runs import creation, service, table, waiting
from runsheet.report_runs.model import MAX_WAIT_SECONDS, NewReportRun, ReportRun, RunQuery
from runsheet.runtime import clients
from runsheet.tenancy import Tenant
from tests.template.template import resources, template

if TYPE_CHECKING:
    from collections.abc import Callable

TENANT = Tenant("org_a", "test")

pytestmark = pytest.mark.usefixtures("tables", "queues")


@pytest.fixture
def run() -> ReportRun:
    parameters = {"interval_start": "1680000000", "interval_end": "1680100000"}
    return creation.create(TENANT, NewReportRun(report_type="balance.summary.1", parameters=parameters))


class Passing:
    """Time that passes by sleeping only."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.then: list[tuple[float, Callable[[], object]]] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        for at, call in [one for one in self.then if one[0] <= self.now]:
            self.then.remove((at, call))
            call()


@pytest.fixture
def passing(monkeypatch: pytest.MonkeyPatch) -> Passing:
    made = Passing()
    monkeypatch.setattr(time, "sleep", made.sleep)
    monkeypatch.setattr(time, "monotonic", lambda: made.now)
    return made


@pytest.fixture
def reads() -> list[str]:
    """The calls to DynamoDB, as they are made."""
    calls: list[str] = []
    clients.dynamodb().meta.events.register(
        "before-call.dynamodb.*", lambda model, **_: calls.append(model.name)
    )
    return calls


def test_a_run_that_never_ends_is_read_12_times_in_the_longest_wait(
    run: ReportRun, passing: Passing, reads: list[str]
) -> None:
    assert waiting.ended(run, MAX_WAIT_SECONDS).status == "pending"
    assert passing.now == pytest.approx(1000 + MAX_WAIT_SECONDS)
    assert set(reads) == {"GetItem"}
    assert len(reads) == 12


def test_a_run_is_answered_soon_after_it_has_ended(run: ReportRun, passing: Passing) -> None:
    passing.then.append((1001.0, lambda: table.fail(run, error="It broke.", code="internal_error")))
    assert waiting.ended(run, 20).status == "failed"
    assert passing.now < 1002


def test_a_wait_ends_on_time_whatever_the_pauses(run: ReportRun, passing: Passing) -> None:
    assert waiting.ended(run, 1).status == "pending"
    assert passing.now == pytest.approx(1001)


def test_without_a_wait_or_when_it_has_ended_nothing_is_read(
    run: ReportRun, passing: Passing, reads: list[str]
) -> None:
    assert waiting.ended(run, 0) == run
    table.fail(run, error="It broke.", code="internal_error")
    ended = service.retrieve(TENANT, run.id)
    reads.clear()
    assert waiting.ended(ended, 20) == ended
    assert (reads, passing.now) == ([], 1000.0)


@pytest.mark.parametrize("seconds", ["-1", "21", "1.5", "", "x"])
def test_what_is_no_such_wait_is_refused(seconds: str) -> None:
    with pytest.raises(ValidationError):
        RunQuery.model_validate({"wait": seconds})
    with pytest.raises(ValidationError):
        NewReportRun.model_validate({"report_type": "x", "wait": seconds})


@pytest.mark.parametrize("name", ["ReportRunsCreateFunction", "ReportRunsRetrieveFunction"])
def test_a_wait_leaves_time_to_answer(name: str) -> None:
    timeout = resources("AWS::Serverless::Function")[name].get("Timeout")
    assert MAX_WAIT_SECONDS + 5 <= (timeout or template()["Globals"]["Function"]["Timeout"]) < 30

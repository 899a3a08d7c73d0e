"""Never lost: whatever dies, and wherever, each event arrives at each endpoint, as one event."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from botocore.client import BaseClient

from runsheet import ids
from runsheet.events import service as events
from runsheet.events.model import EventsQuery
from runsheet.report_runs import table as report_runs
from runsheet.report_runs.model import ReportRun
from runsheet.runtime import clock
from runsheet.webhook_deliveries import calling, execution, queueing, service
from runsheet.webhook_endpoints import table as webhook_endpoints
from tests.gateway import Context
from tests.receiver import receiver
from tests.runsheet.webhook_deliveries.conftest import received
from workers.announce import handler as announce

if TYPE_CHECKING:
    from collections.abc import Callable

    from runsheet.webhook_deliveries.model import DeliveryDue
    from tests.runsheet.webhook_deliveries.conftest import Acme, Clock

KILLS, RUNS = 30, 10


class Killed(BaseException):
    """The process is no more; nothing may catch it."""


class Death:
    """Kills what runs before one of its calls, to AWS or to an endpoint, or between its effect and its answer."""

    def __init__(self, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - where it dies must be the same each time
        self.kills = 0
        self._left = 0
        really, really_post = BaseClient._make_api_call, calling.post  # type: ignore[attr-defined]

        def call(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
            return self._deadly(lambda: really(client, operation, arguments))

        monkeypatch.setattr(BaseClient, "_make_api_call", call)
        monkeypatch.setattr(calling, "post", lambda *given: self._deadly(lambda: really_post(*given)))

    def comes_to(self, function: Callable[[], Any], *, within: int = 9) -> bool:
        """Run a function that may be killed at any of its first calls, and return whether it was."""
        self._left = self.chance.randrange(1, within)
        try:
            function()
        except Killed:
            self.kills += 1
            return True
        finally:
            self._left = 0
        return False

    def _deadly(self, effect: Callable[[], Any]) -> Any:
        if self._left == 0:
            return effect()
        self._left -= 1
        if self._left == 0 and self.chance.random() < 0.5:
            raise Killed
        answer = effect()
        if self._left == 0:
            raise Killed
        return answer


@dataclass
class World:
    """An organisation's runs, what the stream still shows of them, and what is in the queue."""

    acme: Acme
    death: Death
    runs: list[str] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)
    messages: list[DeliveryDue] = field(default_factory=list)

    def turn(self) -> None:
        """Let everybody work once, and die where it happens."""
        chance = self.death.chance
        if len(self.runs) < RUNS and chance.random() < 0.7:
            self.runs.append(ended(self.acme))
            self.untold.append(self.runs[-1])
        # The stream shows a change until the consumer has answered, and sometimes once more.
        for run_id in list(self.untold):
            if not self.death.comes_to(partial(tell, self.acme, run_id)) and chance.random() < 0.8:
                self.untold.remove(run_id)
        self.death.comes_to(queueing.sweep, within=40)
        self.messages += received()
        for message in list(self.messages):
            died = self.death.comes_to(partial(execution.send, message))
            # Of a worker that died SQS shows the message again, or not before the sweeper comes.
            if not died or chance.random() < 0.5:
                self.messages.remove(message)

    def rests(self) -> bool:
        """Whether nothing is left to do."""
        return len(self.runs) == RUNS and not self.untold and not self.messages and not waiting(self.acme)


@pytest.mark.usefixtures("buckets", "bus")
@pytest.mark.parametrize("seed", range(3))
def test_each_event_arrives_at_each_endpoint_whatever_is_killed(
    seed: int, acme: Acme, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(acme, Death(seed, monkeypatch))
    with receiver() as well, receiver() as flaky:
        acme.endpoint(well.url)
        acme.endpoint(flaky.url)
        flaky.answers = [500, 200, 503, 200, 500, 500, 200]
        for _ in range(400):
            world.turn()
            time.pass_(world.death.chance.choice([1, 20, 70, 400]))
            if world.rests():
                break
        assert world.rests()
        assert world.death.kills >= KILLS
    stored = events.listed(acme.tenant, EventsQuery(limit=100)).data
    by_run = {event.data.object["id"]: event.id for event in stored}
    assert by_run.keys() == set(world.runs)
    assert len(stored) == RUNS
    for arrived in (well, flaky):
        told = {(request.event["data"]["object"]["id"], request.event["id"]) for request in arrived.requests}
        assert told == set(by_run.items())
    assert {event.pending_webhooks for event in stored} == {0}


@pytest.mark.parametrize("seed", range(5))
def test_a_resend_arrives_as_the_same_event_whatever_is_killed(
    seed: int, acme: Acme, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    death = Death(seed, monkeypatch)
    with receiver() as running:
        endpoint = acme.endpoint(running.url)
        event = acme.happens()
        queueing.sweep()
        for message in received():
            execution.send(message)
        assert len(running.requests) == 1
        delivery = acme.delivery(endpoint)
        while death.comes_to(lambda: service.resend(acme.tenant, endpoint.id, delivery.id), within=6):
            pass
        while acme.delivery(endpoint).status == "pending":
            time.pass_(60)
            death.comes_to(queueing.sweep, within=40)
            for message in received():
                death.comes_to(partial(execution.send, message), within=6)
        assert len(running.requests) > 1
        assert set(running.events) == {event.id}
        assert acme.delivery(endpoint).status == "delivered"


def ended(acme: Acme) -> str:
    """A run that has failed, and of which nobody has told yet."""
    now = clock.seconds()
    run = ReportRun(
        acme.tenant, ids.new_id("frr", clock.now()), "balance.summary.1", {}, created=now, deadline=now + 60
    )
    report_runs.put(run, expires_at=now + 10_000_000)
    report_runs.fail(run, error="It failed.", code="internal_error")
    return run.id


def tell(acme: Acme, run_id: str) -> None:
    keys = {"tenant": {"S": acme.tenant.partition}, "id": {"S": run_id}}
    record = {"eventID": "1", "eventName": "MODIFY", "dynamodb": {"Keys": keys, "SequenceNumber": "1"}}
    assert announce({"Records": [record]}, Context()) == {"batchItemFailures": []}


def waiting(acme: Acme) -> bool:
    return any(
        delivery.status == "pending"
        for endpoint in webhook_endpoints.of_tenant(acme.tenant)
        for delivery in acme.deliveries(endpoint)
    )

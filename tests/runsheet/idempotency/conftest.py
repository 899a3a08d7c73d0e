"""An organisation with a key, a clock, and operations that have not done anything yet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from runsheet.api_keys import service as api_keys
from runsheet.organisations import service as organisations
from runsheet.organisations.model import NewOrganisation
from runsheet.runtime import clients, clock
from runsheet.tenancy import Tenant
from tests.things import post, work

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(autouse=True)
def _no_work_done() -> None:
    work.begin_anew()


@pytest.fixture
def organisation_id(tables: None) -> str:  # noqa: ARG001 - it needs the tables
    return organisations.create(NewOrganisation("Acme")).id


@pytest.fixture
def key(organisation_id: str) -> str:
    return api_keys.create(Tenant(organisation_id, "test"), "secret", "k")[1]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Move the clock, which stands still otherwise."""
    moment = [datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)]
    monkeypatch.setattr(clock, "now", lambda: moment[0])

    def move(seconds: float) -> None:
        moment[0] += timedelta(seconds=seconds)

    return move


@pytest.fixture
def calls(key: str) -> list[str]:
    """The DynamoDB operations called from now on; the key is in the process's cache already."""
    post(key, "name=first")
    made: list[str] = []
    clients.dynamodb().meta.events.register(
        "before-call.dynamodb.*", lambda model, **_: made.append(model.name)
    )
    work.done.clear()
    return made

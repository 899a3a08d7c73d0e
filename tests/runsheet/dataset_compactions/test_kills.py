"""Never wrong: whatever is killed, and wherever, the same records are there, and nothing else is left in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.client import BaseClient

from runsheet.dataset_compactions import execution
from runsheet.dataset_compactions.model import GRACE_SECONDS
from runsheet.runtime import clock
from tests.runsheet.dataset_compactions.conftest import Data, Time, swept

if TYPE_CHECKING:
    from collections.abc import Callable


class Killed(BaseException):
    """The process is no more; nothing may catch it."""


class Death:
    """Kills what runs before its nth call to AWS, or between the call's effect and its answer."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._left = 0
        self._after = False
        self._dead = False
        really = BaseClient._make_api_call  # type: ignore[attr-defined]

        def call(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
            if self._dead:  # all of its threads are
                raise Killed
            self._left -= 1
            self._dead = self._left == 0
            if self._dead and not self._after:
                raise Killed
            answer = really(client, operation, arguments)
            if self._dead:
                raise Killed
            return answer

        monkeypatch.setattr(BaseClient, "_make_api_call", call)

    def comes_to(self, function: Callable[[], Any], *, at: int, after: bool) -> bool:
        """Run a function that is killed at its call number `at`, and return whether it had so many."""
        self._left, self._after = at, after
        try:
            function()
        except Killed:
            return True
        finally:
            self._left, self._dead = 0, False
        return False


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_whatever_call_a_compaction_dies_at_the_next_one_ends_it(
    data: Data, time: Time, monkeypatch: pytest.MonkeyPatch, *, after: bool
) -> None:
    death, killed = Death(monkeypatch), 0
    data.upload({"id": "a"}, {"id": "b"})
    for at in range(1, 40):
        data.send({"id": "a", "description": f"{at}"}, {"id": f"new {at}"})
        data.send({"id": "b", "deleted": True} if at % 2 else {"id": "b"})
        data.make_due()
        if not death.comes_to(lambda: execution.execute(data.message), at=at, after=after):
            break
        killed += 1
        assert data.is_as_expected()
        time.pass_(120)
        for message in swept():
            execution.execute(message)
        assert data.levels == ["base"], (at, data.attention_at, clock.seconds(), data.discarded)
        assert data.is_as_expected()
    assert killed >= 10
    # What the dead ones left is deleted in the end, and nothing that is there is.
    time.pass_(GRACE_SECONDS + 300)
    for message in swept():
        execution.execute(message)
    time.pass_(GRACE_SECONDS + 300)
    for message in swept():
        execution.execute(message)
    assert data.orphans == set()
    assert data.discarded == []
    assert data.is_as_expected()

"""A query of Athena, what Athena tells of it, and the event of its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from pydantic import ConfigDict

from runsheet.runtime.model import Model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runsheet.tenancy import Tenant

State = Literal["QUEUED", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"]
OVER: frozenset[State] = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})


@dataclass(frozen=True, slots=True)
class AthenaQuery:
    """A query that was started, with all that its result needs to become the run's: the data may change meanwhile.

    Attributes:
        id: Athena's own.
        tenant: whose data it reads.
        run_id: the run that it is for.
        titles: the columns of the result.
        data_versions: of the datasets that it reads.
        fingerprint: of its inputs; None if no two results are known to be the same.
        expires_at: unix seconds; after the run's deadline.
        scanned: bytes, once they are counted.
    """

    id: str
    tenant: Tenant
    run_id: str
    titles: tuple[str, ...]
    data_versions: Mapping[str, int] = field(default_factory=dict)
    fingerprint: str | None = None
    expires_at: int = 0
    scanned: int | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What Athena tells of a query.

    Attributes:
        state: as Athena calls it.
        reason: why it failed or was cancelled, in Athena's words, which may quote data.
        scanned: bytes so far.
        error: Athena's category and type of the failure, which quote nothing.
    """

    state: State
    reason: str
    scanned: int
    error: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing more becomes of it."""
        return self.state in OVER


class _Received(Model):
    """A part of an EventBridge event: what AWS adds to it later must not stop it from being read."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class _Detail(_Received):
    queryExecutionId: str  # noqa: N815 - Athena's own name
    currentState: str  # noqa: N815 - Athena's own name


class QueryEvent(_Received):
    """The message of QueryEventsQueue: an "Athena Query State Change" of EventBridge."""

    time: datetime
    detail: _Detail

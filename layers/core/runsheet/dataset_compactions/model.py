"""When a dataset is compacted, what a compaction leaves to be deleted, and the message that asks for one."""

from __future__ import annotations

from typing import Literal, NamedTuple

from runsheet.runtime.model import Model
from runsheet.tenancy import Tenant

# Longer than the longest run (15 minutes), which reads the files that it listed at its start.
GRACE_SECONDS = 3600


class Discarded(NamedTuple):
    """Objects of the lake that no registration names any more, or not yet.

    Attributes:
        id: `{dataset}#{…}`, ordered by creation.
        keys: of the objects.
        due: from when on they may be deleted, in unix seconds.
    """

    id: str
    keys: tuple[str, ...]
    due: int


class CompactionDue(Model):
    """The message that asks a worker to compact a dataset."""

    organisation_id: str
    mode: Literal["live", "test"]
    dataset: str

    @property
    def tenant(self) -> Tenant:
        """Whose dataset it is."""
        return Tenant(self.organisation_id, self.mode)

"""Whose data it is: the first argument of every table and engine call."""

from __future__ import annotations

from typing import Literal, NamedTuple

Mode = Literal["live", "test"]


class Tenant(NamedTuple):
    """One organisation in one mode. The two modes of an organisation share no data."""

    organisation_id: str
    mode: Mode

    @property
    def livemode(self) -> bool:
        """True for live data."""
        return self.mode == "live"

    @property
    def partition(self) -> str:
        """The partition key of the tenant's items."""
        return f"{self.organisation_id}#{self.mode}"

    @classmethod
    def from_partition(cls, partition: str) -> Tenant:
        """Read back what `partition` gave."""
        organisation_id, mode = partition.split("#")
        return cls(organisation_id, "live" if mode == "live" else "test")

"""What a result is made from, all of it: the same inputs give the same rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runsheet.catalog import BoundParameters, ReportType
    from runsheet.datasets.model import Snapshot
    from runsheet.organisations.model import RelatedOrganisation


@dataclass(frozen=True, slots=True)
class Inputs:
    """The inputs of a run.

    Attributes:
        report_type: what to run.
        parameters: of the run, from `report_type.bind`.
        snapshots: the tenant's files of every dataset that the report type reads.
        organisations: the tenant's organisation and its children, if the report type reads them.
    """

    report_type: ReportType
    parameters: BoundParameters
    snapshots: Mapping[str, Snapshot]
    organisations: Sequence[RelatedOrganisation] = ()

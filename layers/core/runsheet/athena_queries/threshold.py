"""When a run is too large for one worker: how many records it is about, by what is known of the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runsheet.engine import slices
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from runsheet.catalog import ReportType
    from runsheet.engine.inputs import Inputs


def is_reached(inputs: Inputs) -> bool:
    """Return whether a run goes to Athena, by its size alone and by what it is to be written as."""
    most = rows_of(inputs.report_type)
    return most > 0 and inputs.parameters.format == "csv" and input_rows(inputs) >= most


def rows_of(report_type: ReportType) -> int:
    """Return from how many records on the runs of a type go to Athena: the deployment's, or its header's; 0 is never."""
    everywhere = int(settings().athena_rows)
    return min(everywhere, report_type.athena_rows or everywhere)


def input_rows(inputs: Inputs) -> int:
    """Return about how many records a run is about: those of a file are taken to be even between its first and last time."""
    bounds = inputs.parameters
    total = 0.0
    for dataset, records in inputs.report_type.reads.items():
        start = bounds.interval_start if records == "interval" else None
        end = None if records == "all" else bounds.interval_end
        files = inputs.snapshots[dataset].files
        total += sum(file.rows * slices.share(file.first, file.last, start, end) for file in files)
    return round(total)

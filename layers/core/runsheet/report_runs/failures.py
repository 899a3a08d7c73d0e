"""Why a run ends as failed: every code with its words, beside those that a report's own SQL gives.

The engine's own are in `engine.errors`. Nothing here needs the engine.
"""

from __future__ import annotations

from runsheet.engine.errors import ReportFailed
from runsheet.report_runs.model import DEADLINE_SECONDS


def cancelled() -> ReportFailed:
    """Return the end of a run that somebody cancelled."""
    return ReportFailed("cancelled", "The report was cancelled.")


def deadline_exceeded() -> ReportFailed:
    """Return the end of a run that waited too long for a worker."""
    hours = DEADLINE_SECONDS // 3600
    return ReportFailed("deadline_exceeded", f"The report could not be run within {hours} hours.")


def internal_error() -> ReportFailed:
    """Return the end of a run that was tried as often as a run is."""
    return ReportFailed(
        "internal_error", "The report could not be run. The error is logged under the run's id."
    )


def parameters_invalid(message: str) -> ReportFailed:
    """Return the end of a run whose parameters the report type no longer takes."""
    return ReportFailed("parameters_invalid", message)

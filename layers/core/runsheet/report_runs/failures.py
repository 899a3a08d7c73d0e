"""Why a run ends as failed: every code with its words, beside those that a report's own SQL gives.

The engine's own are in `engine.errors`. Nothing here needs the engine.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from runsheet.engine.errors import (
    MAX_PIVOT_COLUMNS,
    ReportFailed,
    amounts_too_large,
    too_large,
    too_many_columns,
)
from runsheet.report_runs.model import DEADLINE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


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


def query_stopped() -> ReportFailed:
    """Return the end of a run whose query somebody stopped, in Athena itself."""
    return ReportFailed(
        "query_stopped", "The report was stopped by those who operate the service. Ask them, or run it again."
    )


def scan_limit_exceeded() -> ReportFailed:
    """Return the end of a run whose query wanted to read more than one may."""
    return ReportFailed(
        "scan_limit_exceeded",
        "The report would read more data than one report may. Ask for a shorter interval or for fewer columns.",
    )


def scan_limit_reached() -> ReportFailed:
    """Return the end of a run of an organisation that has read what it may in a day."""
    return ReportFailed(
        "scan_limit_reached",
        "Your organisation's large reports have read as much as they may in a day. Try again after midnight UTC, or ask for"
        " a shorter interval.",
    )


def parameters_invalid(message: str) -> ReportFailed:
    """Return the end of a run whose parameters the report type no longer takes."""
    return ReportFailed("parameters_invalid", message)


FORCED: Mapping[str, Callable[[], ReportFailed]] = MappingProxyType(
    {
        "amounts_too_large": amounts_too_large,
        "cancelled": cancelled,
        "deadline_exceeded": deadline_exceeded,
        "internal_error": internal_error,
        "parameters_invalid": lambda: parameters_invalid("Received unknown parameter: parameters[example]"),
        "result_too_large": too_large,
        "too_many_columns": lambda: too_many_columns(MAX_PIVOT_COLUMNS + 1),
    }
)
"""The ends that a test may ask for, each as the real one would be."""


def forced(code: str) -> ReportFailed:
    """Return the failure of a code of FORCED."""
    return FORCED[code]()

"""Failures of a run that another try would only repeat, in words for the run's owner."""

from __future__ import annotations

# Each is a sum that is held for every row in the making.
MAX_PIVOT_COLUMNS = 500


class ReportFailed(Exception):
    """The run cannot succeed as it is; anything else that the engine raises may pass by itself.

    Args:
        code: a stable machine-readable code, such as `result_too_large`.
        message: what is wrong and what would help, without paths, SQL or addresses.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class OriginalGone(Exception):
    """An object that was to be copied is not there, or not as it was."""


def amounts_too_large() -> ReportFailed:
    """Return the failure of a run whose sums no number can hold."""
    return ReportFailed(
        "amounts_too_large", "The amounts are too large to be added up. Look for a record that is wrong."
    )


def too_many_columns(count: int) -> ReportFailed:
    """Return the failure of a run whose data asks for more than MAX_PIVOT_COLUMNS columns."""
    return ReportFailed(
        "too_many_columns",
        f"The report would have {count} columns; at most {MAX_PIVOT_COLUMNS} can be made.",
    )


def too_large() -> ReportFailed:
    """Return the failure of a run that needs more memory, disk or S3 parts than it has."""
    return ReportFailed(
        "result_too_large",
        "The report is too large to be made in one piece. Ask for a shorter interval or for fewer columns.",
    )

"""Failures of a run that another try would only repeat, in words for the run's owner."""

from __future__ import annotations


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


def too_large() -> ReportFailed:
    """Return the failure of a run that needs more memory, disk or S3 parts than it has."""
    return ReportFailed(
        "result_too_large",
        "The report is too large to be made in one piece. Ask for a shorter interval or for fewer columns.",
    )

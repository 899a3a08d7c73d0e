"""Failures of a run that another try would only repeat, in words for the run's owner."""

from __future__ import annotations

import errno
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from collections.abc import Iterator

# How a refusal by a report's SQL is told from DuckDB's own complaints.
REFUSED = "the report is refused, "
_REFUSAL = re.compile(rf"{REFUSED}(?P<code>\w+): (?P<message>.*)", re.DOTALL)


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


@contextmanager
def failures_in_words() -> Iterator[None]:
    """Turn what DuckDB raises into a failure that the run's owner can do something about.

    Raises:
        ReportFailed: for what another try would only repeat.
    """
    try:
        yield
    except duckdb.InvalidInputException as error:
        refusal = _REFUSAL.search(str(error))
        if refusal is None:
            raise
        raise ReportFailed(refusal["code"], refusal["message"]) from None
    except (duckdb.OutOfRangeException, duckdb.ConversionException) as error:
        raise ReportFailed(
            "amounts_too_large", "The amounts are too large to be added up. Look for a record that is wrong."
        ) from error
    except duckdb.OutOfMemoryException as error:
        raise too_large() from error
    except (duckdb.IOException, OSError) as error:
        if getattr(error, "errno", None) == errno.ENOSPC or "No space left" in str(error):
            raise too_large() from error
        raise

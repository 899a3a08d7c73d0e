"""The errors of the report-configs contract: `{"detail": …}` (contracts: report configs, section 1.2)."""

from __future__ import annotations

from typing import Any

from runsheet.errors import NotFound, RunsheetError


def error(failure: RunsheetError, request_id: str) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Return status, headers and body."""
    del request_id  # stands in the Request-Id header
    return failure.status, {}, {"detail": failure.message}


def unknown_route(method: str, path: str) -> RunsheetError:
    """Return the 404 of an unknown route or verb."""
    del method, path
    return NotFound("Not Found")

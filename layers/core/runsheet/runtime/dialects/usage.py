"""The error envelope of the account usage contract (contracts: account usage, section 2.1)."""

from __future__ import annotations

import hashlib
from typing import Any

from runsheet.errors import IdempotencyError, NotFound, RunsheetError
from runsheet.runtime.dialects.v1 import body, query

__all__ = ["body", "error", "query", "unknown_route"]

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_CODES = {
    401: "unauthorized",
    403: "forbidden",
    404: "notfound",
    429: "rate.limit.exceeded",
    500: "internal.error",
}


def error(failure: RunsheetError, request_id: str) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Return status, headers and body; `id` is 5-5-5 upper-case letters and digits, one per request."""
    code = failure.code or _CODES.get(failure.status, "bad.request")
    if isinstance(failure, IdempotencyError):
        code = "idempotency_error"
    envelope = {"id": _error_id(request_id), "errors": [{"code": code, "message": failure.message}]}
    return failure.status, {}, envelope


def unknown_route(method: str, path: str) -> RunsheetError:
    """Return the 404 of an unknown route or verb."""
    return NotFound(f"There is no {method} {path[:200]}.", code="notfound")


def _error_id(request_id: str) -> str:
    digest = hashlib.sha256(request_id.encode()).digest()
    text = "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:15])
    return "-".join((text[:5], text[5:10], text[10:]))

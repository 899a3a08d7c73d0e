"""How each contract reads a request and words an error. A dialect is chosen by the route's prefix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runsheet.runtime.dialects import usage, v1, v2

if TYPE_CHECKING:
    from types import ModuleType


def dialect_of(path: str) -> ModuleType:
    """Return the dialect of a path: `usage` for the account usage contract, `v2`, else `v1`.

    Each has a `NAME`, by which limits are set; `query(model, text)` and `body(model, content, media_type)`, which
    decode and raise InvalidRequest; `error(error, request_id) -> (status, headers, body)` and
    `unknown_route(method, path) -> RunsheetError`.
    """
    if path.startswith(("/api/", "/v1/account/")):
        return usage
    if path.startswith("/v2/"):
        return v2
    return v1

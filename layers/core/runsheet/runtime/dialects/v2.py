"""Requests and errors of the report-configs contract (contracts: report configs, section 1.2).

Bodies are JSON. Errors are `{"detail": "…"}`; what is wrong with a request is 422 and a list of
`{"loc": […], "msg": "…", "type": "…"}`, as FastAPI words it. Neither repeats what was sent.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl

from pydantic import ValidationError

from runsheet.errors import (
    AuthenticationFailed,
    IdempotencyError,
    InvalidHeader,
    InvalidRequest,
    NotFound,
    RunsheetError,
    TooManyRequests,
    UnsupportedMedia,
)
from runsheet.runtime import strict_json
from runsheet.runtime.model import Model

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME = "v2"
JSON = "application/json"
MAX_BODY_BYTES = 1024 * 1024
# A body of 1 MB has room for many mistakes, an answer for 6 MB of telling them.
_MAX_PROBLEMS = 20
_MAX_SHOWN = 100
_JSON_TYPE = re.compile(r"application/([a-z0-9.-]+\+)?json", re.ASCII)
_PART = re.compile(r"[^\[\].]+")
_INDEX = re.compile(r"[0-9]{1,9}", re.ASCII)

Shape = TypeVar("Shape", bound=Model)


def query(model: type[Shape], text: str) -> Shape:
    """Decode a query string; of two equal names the last counts.

    Raises:
        InvalidRequest: a parameter is wrong.
    """
    return _validated(model, dict(parse_qsl(text, keep_blank_values=True)), "query")


def body(model: type[Shape], content: bytes, media_type: str | None) -> Shape:
    """Decode a JSON body; one that names no media type is taken for JSON.

    Raises:
        UnsupportedMedia: it says that it is something else.
        InvalidRequest: there is none, it is no JSON, or something in it is wrong.
    """
    if not content:
        raise _invalid([_problem(("body",), "missing", "Field required")])
    if media_type is not None and not _JSON_TYPE.fullmatch(media_type):
        raise UnsupportedMedia(f"The body must be {JSON}.")
    if len(content) > MAX_BODY_BYTES:
        raise _invalid(
            [_problem(("body",), "bytes_too_long", f"Data should have at most {MAX_BODY_BYTES} bytes")]
        )
    try:
        value = strict_json.decode(content)
    except strict_json.NotJson as broken:
        raise _invalid([_problem(("body", broken.position), "json_invalid", broken.message)]) from None
    return _validated(model, value, "body")


def error(failure: RunsheetError, request_id: str) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Return status, headers and body."""
    del request_id  # stands in the Request-Id header
    headers = {}
    detail: Any = failure.message
    status = failure.status
    if isinstance(failure, AuthenticationFailed):
        headers["WWW-Authenticate"] = "Bearer"
        # The addresses in it are those of the v1 contract's documentation.
        detail = failure.message.partition(" See https://")[0]
    elif isinstance(failure, TooManyRequests):
        headers["Retry-After"] = str(failure.retry_after)
    elif isinstance(failure, InvalidHeader):
        status = 422
        kind = "idempotency_error" if isinstance(failure, IdempotencyError) else "value_error"
        detail = [_problem(("header", failure.header), kind, failure.message)]
    elif status == InvalidRequest.status:
        status = 422
        location = ("body", *_location(failure.param or ""))
        detail = failure.details.get("detail") or [
            _problem(location, failure.code or "value_error", failure.message)
        ]
    return status, headers, {"detail": detail}


def unknown_route(method: str, path: str) -> RunsheetError:
    """Return the 404 of an unknown route or verb."""
    del method, path
    return NotFound("Not Found")


def _validated(model: type[Shape], value: object, where: str) -> Shape:
    try:
        return model.model_validate(value)
    except ValidationError as invalid:
        found = invalid.errors(include_url=False, include_context=False, include_input=False)
        raise _invalid([_problem((where, *p["loc"]), p["type"], p["msg"]) for p in found]) from None


def _invalid(problems: list[dict[str, Any]]) -> InvalidRequest:
    return InvalidRequest("Invalid request", details={"detail": problems[:_MAX_PROBLEMS]})


def _problem(location: Sequence[str | int], kind: str, message: str) -> dict[str, Any]:
    shown = [part if isinstance(part, int) else part[:_MAX_SHOWN] for part in location]
    return {"loc": shown, "msg": message, "type": kind}


def _location(param: str) -> list[str | int]:
    """Return `parameters[columns][0]` as `["parameters", "columns", 0]`."""
    return [int(part) if _INDEX.fullmatch(part) else part for part in _PART.findall(param)]

"""Requests and errors of the account usage contract (contracts: account usage, section 2.1).

Bodies are JSON, null is the same as absent. Errors are `{"id": …, "errors": [{"code", "message", "detail"}]}`, with
everything that is wrong with a request in one answer. Nothing repeats a value that was sent.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from pydantic import ValidationError

from runsheet.errors import (
    AuthenticationFailed,
    IdempotencyError,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    RunsheetError,
    SeveralProblems,
    TooManyRequests,
    UnsupportedMedia,
)
from runsheet.runtime import strict_json
from runsheet.runtime.model import Model

NAME = "usage"
JSON = "application/json"
MAX_BODY_BYTES = 64 * 1024
# Clients call the contract's address with its /api in front, and without it: the same routes stand at both.
PREFIX = "/api"
# What takes which verb: a wrong one is 405, an unknown path 404. A template test holds this against the routes.
VERBS = {
    "/v1/account/status": "GET",
    "/v1/account/usage/report": "POST",
    "/v1/account/usage/report/{jobId}/status": "GET",
    "/v1/account/usageForecast": "GET",
}
# The contract's generic codes; the code of a 400 is its problem's own.
_GENERIC = {
    401: "unauthorized",
    403: "forbidden",
    404: "notfound",
    405: "method.unsupported",
    409: "request:idempotency_key_in_use",
    413: "request:body_too_large",
    415: "contenttype.invalid",
    429: "rate.limit.exceeded",
    500: "internal.error",
    503: "service.unavailable",
}
_UNAUTHORIZED = "Credential could not be verified."
_OBJECT = "Send a JSON object; {} asks for all defaults."
_MAX_PROBLEMS = 20
_MAX_SHOWN = 100
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_JSON_TYPE = re.compile(r"application/([a-z0-9.-]+\+)?json", re.ASCII)
_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")

Shape = TypeVar("Shape", bound=Model)


def query(model: type[Shape], text: str) -> Shape:
    """Decode a query string; of two equal names the last counts.

    Raises:
        SeveralProblems: what is wrong with the parameters.
    """
    return _validated(model, dict(parse_qsl(text, keep_blank_values=True)))


def body(model: type[Shape], content: bytes, media_type: str | None) -> Shape:
    """Decode a JSON body; one that names no media type is taken for JSON.

    Raises:
        UnsupportedMedia: it says that it is something else.
        PayloadTooLarge: it is over MAX_BODY_BYTES.
        InvalidRequest: there is none, or it is no JSON object.
        SeveralProblems: what is wrong with its fields.
    """
    if len(content) > MAX_BODY_BYTES:
        raise PayloadTooLarge(
            "The body is too large.", details={"detail": f"At most {MAX_BODY_BYTES} bytes are read here."}
        )
    if not content.strip():
        raise _problem("empty_body", "The body is empty.", _OBJECT)
    if media_type is not None and not _JSON_TYPE.fullmatch(media_type):
        raise UnsupportedMedia(
            "The content type of the request is not supported.", details={"detail": f"Send {JSON}."}
        )
    try:
        value = strict_json.decode(content)
    except strict_json.NotJson as broken:
        detail = f"{broken.message} (at {broken.position})."
        raise _problem("invalid_json", "The body cannot be read as JSON.", detail) from None
    if not isinstance(value, dict):
        raise _problem("not_an_object", "The body is no JSON object.", _OBJECT)
    # A name that is not known is told even if it is null: it is a misspelt one.
    known = _names(model)
    return _validated(model, {k: v for k, v in value.items() if v is not None or k not in known})


def error(failure: RunsheetError, request_id: str) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Return status, headers and body; `id` is 5-5-5 upper-case letters and digits, one per request."""
    headers = {}
    if isinstance(failure, AuthenticationFailed):
        headers["WWW-Authenticate"] = 'Basic realm="Runsheet"'
    elif isinstance(failure, MethodNotAllowed):
        headers["Allow"] = failure.allowed
    elif isinstance(failure, TooManyRequests):
        headers["Retry-After"] = str(failure.retry_after)
    problems = failure.problems if isinstance(failure, SeveralProblems) else (failure,)
    errors = [_shown(problem) for problem in problems]
    return failure.status, headers, {"id": _error_id(request_id), "errors": errors}


def unknown_route(method: str, path: str) -> RunsheetError:
    """Return the 405 of a known path with another verb, and the 404 of an unknown path."""
    verb = _verb(path.removeprefix(PREFIX))
    if verb is None or verb == method:
        return NotFound("There is no such resource.")
    return MethodNotAllowed(f"This resource takes {verb} only.", allowed=verb)


def _verb(path: str) -> str | None:
    segments = path.split("/")
    for template, verb in VERBS.items():
        parts = template.split("/")
        if len(parts) == len(segments) and all(
            segment if part.startswith("{") else part == segment
            for part, segment in zip(parts, segments, strict=True)
        ):
            return verb
    return None


def _validated(model: type[Shape], value: dict[str, Any]) -> Shape:
    try:
        return model.model_validate(value)
    except ValidationError as invalid:
        found = invalid.errors(include_url=False, include_context=False, include_input=False)
        known = _names(model)
        raise SeveralProblems([_of_pydantic(p, known) for p in found[:_MAX_PROBLEMS]]) from None  # type: ignore[arg-type]


def _names(model: type[Model]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _of_pydantic(found: dict[str, Any], known: list[str]) -> InvalidRequest:
    first, *rest = (str(part) for part in found["loc"])
    field = ".".join((first, *rest))[:_MAX_SHOWN]
    match found["type"]:
        case "extra_forbidden":
            detail = f"'{field}' is none of {', '.join(known)}."
            return _problem("unknown_field", "There is a field that is not known here.", detail)
        case "missing":
            return _problem("missing_field", "A required field is missing.", f"{field} is needed.")
        case _:
            reason = "invalid_" + _CAPITAL.sub("_", first).lower()
            wanted = str(found["msg"]).replace("Input should be", "must be", 1)
            return _problem(reason, f"The value of {field} is not allowed.", f"{field} {wanted}.")


def _problem(reason: str, message: str, detail: str) -> InvalidRequest:
    return InvalidRequest(message, code=f"request:{reason}", details={"detail": detail})


def _shown(failure: RunsheetError) -> dict[str, Any]:
    own = failure.code if failure.code and ":" in failure.code else "request:invalid"
    if isinstance(failure, IdempotencyError):
        own = "request:idempotency_error"
    message, detail = failure.message, failure.details.get("detail")
    if isinstance(failure, AuthenticationFailed):
        # The addresses in it are those of the v1 contract's documentation.
        message, detail = _UNAUTHORIZED, failure.message.partition(" See https://")[0]
    shown = {"code": _GENERIC.get(failure.status, own), "message": message}
    return shown if detail is None else shown | {"detail": detail}


def _error_id(request_id: str) -> str:
    digest = hashlib.sha256(request_id.encode()).digest()
    text = "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:15])
    return "-".join((text[:5], text[5:10], text[10:]))

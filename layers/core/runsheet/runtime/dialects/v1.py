"""Requests and errors of the v1 contract (contracts: v1, section 5). Bodies are forms."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import ValidationError

from runsheet.errors import (
    AuthenticationFailed,
    IdempotencyError,
    InvalidRequest,
    KeyInUse,
    NotFound,
    PayloadTooLarge,
    RunsheetError,
    TooManyRequests,
    Unavailable,
    UnsupportedMedia,
)
from runsheet.runtime import forms
from runsheet.runtime.model import Model

NAME = "v1"
# The version that the current SDKs of the contract pin; echoed to who names none.
VERSION = "2026-10-28.endive"
FORM = "application/x-www-form-urlencoded"
MAX_FORM_BYTES = 1024 * 1024
_DOCUMENTATION = "https://stripe.com/docs/error-codes/"
# The contract's own codes; those that are additions have no page there.
_DOCUMENTED = frozenset(
    {
        "account_invalid",
        "api_key_expired",
        "idempotency_key_in_use",
        "parameter_invalid_empty",
        "parameter_invalid_integer",
        "parameter_missing",
        "parameter_unknown",
        "rate_limit",
        "resource_missing",
        "secret_key_required",
    }
)

Shape = TypeVar("Shape", bound=Model)


def query(model: type[Shape], text: str) -> Shape:
    """Decode a query string.

    Raises:
        InvalidRequest: it cannot be decoded, or a parameter is wrong.
    """
    return _validated(model, text.encode())


def body(model: type[Shape], content: bytes, media_type: str | None) -> Shape:
    """Decode a form; no body is an empty one.

    Raises:
        UnsupportedMedia: it says that it is something else.
        PayloadTooLarge: it is over MAX_FORM_BYTES.
        InvalidRequest: it cannot be decoded, or something in it is wrong.
    """
    if content and media_type not in {None, FORM}:
        raise UnsupportedMedia(f"Invalid request (check that your POST content type is {FORM}).")
    if len(content) > MAX_FORM_BYTES:
        raise PayloadTooLarge(
            f"The body is {len(content)} bytes long; at most {MAX_FORM_BYTES} are read here."
        )
    return _validated(model, content)


def error(failure: RunsheetError, request_id: str) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Return status, headers and body; fields without a value are omitted."""
    del request_id  # stands in the Request-Id header
    fields: dict[str, Any] = {
        "code": failure.code or None,
        "doc_url": _DOCUMENTATION + failure.code.replace("_", "-") if failure.code in _DOCUMENTED else None,
        "message": failure.message,
        "param": failure.param,
        "type": _type(failure),
    }
    # The client's own retry rule sends a 409 or 5xx again: only what may succeed unchanged is worth that.
    retry = isinstance(failure, Unavailable | KeyInUse | TooManyRequests)
    headers = {"Stripe-Should-Retry": "true" if retry else "false"}
    if isinstance(failure, AuthenticationFailed):
        headers["WWW-Authenticate"] = 'Basic realm="Runsheet"'
    elif isinstance(failure, TooManyRequests):
        headers |= {"Stripe-Rate-Limited-Reason": "global-rate", "Retry-After": str(failure.retry_after)}
    body = {name: value for name, value in (fields | failure.details).items() if value is not None}
    return failure.status, headers, {"error": body}


def unknown_route(method: str, path: str) -> RunsheetError:
    """Return the 404 of an unknown route or verb (never a 405)."""
    return NotFound(
        f"Unrecognized request URL ({method}: {path[:200]}). If you are trying to list objects, remove the trailing "
        "slash. If you are trying to retrieve an object, make sure you passed a valid (non-empty) identifier in your "
        "code. Please see https://stripe.com/docs or we can help at https://support.stripe.com/.",
        code="",
    )


def invalid(problems: list[dict[str, Any]]) -> InvalidRequest:
    """Word pydantic's findings about a form; unknown fields first, then missing ones, then wrong values."""
    unknown = [_param(p) for p in problems if p["type"] == "extra_forbidden"]
    if unknown:
        plural = "s" if len(unknown) > 1 else ""
        names = ", ".join(unknown[:20])
        return InvalidRequest(
            f"Received unknown parameter{plural}: {names}", param=unknown[0], code="parameter_unknown"
        )
    missing = [_param(p) for p in problems if p["type"] == "missing"]
    if missing:
        return InvalidRequest(
            f"Missing required param: {missing[0]}.", param=missing[0], code="parameter_missing"
        )
    return _wrong_value(problems[0])


def empty(param: str) -> InvalidRequest:
    """Return the contract's refusal of an empty string."""
    return InvalidRequest(
        f"You passed an empty string for '{param}'. We assume empty values are an attempt to unset a parameter; "
        f"however '{param}' cannot be unset. You should remove '{param}' from your request or supply a non-empty value.",
        param=param,
        code="parameter_invalid_empty",
    )


def _type(failure: RunsheetError) -> str:
    if isinstance(failure, IdempotencyError):
        return "idempotency_error"
    return "invalid_request_error" if failure.status < 500 else "api_error"


def _validated(model: type[Shape], text: bytes) -> Shape:
    try:
        return model.model_validate(forms.decode(text))
    except ValidationError as wrong:
        raise invalid(wrong.errors(include_url=False)) from None  # type: ignore[arg-type]


def _wrong_value(problem: dict[str, Any]) -> InvalidRequest:
    param, kind, context = _param(problem), problem["type"], problem.get("ctx", {})
    given = problem.get("input")
    match kind:
        case "parameter_invalid_empty":
            return empty(param)
        case "greater_than_equal":
            return InvalidRequest(
                f"This value must be greater than or equal to {context['ge']}.",
                param=param,
                code="parameter_invalid_integer",
            )
        case "less_than_equal":
            return InvalidRequest(
                f"This value must be less than or equal to {context['le']} (it currently is '{given}').",
                param=param,
                code="parameter_invalid_integer",
            )
        case "string_type":
            return InvalidRequest(
                "Invalid string: a single value is allowed here, no array or hash.", param=param
            )
        case "list_type":
            return InvalidRequest("Invalid array", param=param)
        case "dict_type" | "model_type" | "model_attributes_type":
            return InvalidRequest("Invalid object", param=param)
        case "parameter_invalid_integer":
            return InvalidRequest(problem["msg"], param=param, code=kind)
        case "literal_error":
            allowed = context["expected"].replace("'", "")
            return InvalidRequest(f"Invalid {param}: must be one of {allowed}.", param=param)
        case "worded":  # the contract has words of its own for it
            return InvalidRequest(problem["msg"], param=param)
        case _:
            return InvalidRequest(f"Invalid {param}: {problem['msg']}", param=param)


def _param(problem: dict[str, Any]) -> str:
    first, *rest = (str(part)[:100] for part in problem["loc"])
    return first + "".join(f"[{part}]" for part in rest)

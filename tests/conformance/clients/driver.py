"""What the Python clients have in common. A client is a program of its own: a JSON object a line in, one a line out.

It imports nothing but the standard library and its SDK: that of 2023 runs here as well. Asked is one of

    {"do": "version"}
    {"do": "call", "resource", "operation", "ids": [], "params": {}, "options": {}, "times": 1} and an access
    {"do": "iterate", "resource", "params": {}, "options": {}} and an access
    {"do": "construct_event", "payload", "header", "secret"}

where an access is `key`, `base_url` and `retries`. It answers {"value", "headers", "classes"} or {"raised"}; a call of more
than one time is made that often at once and answers with a list of them.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import stripe

if TYPE_CHECKING:
    from collections.abc import Callable

_MODULE: Any = stripe
# Errors and version were in modules of their own.
ERROR: Any = getattr(_MODULE, "StripeError", None) or _MODULE.error.StripeError
VERSION: str = getattr(_MODULE, "VERSION", None) or _MODULE.version.VERSION


def answer(found: Any) -> dict[str, Any]:
    """What a call came to: its object as plain JSON, the headers, and the classes the SDK gave it and its fields."""
    plain = json.loads(str(found))  # the SDK's own text of an object is its JSON
    fields = {name: type(getattr(found, name)).__name__ for name in plain if isinstance(plain[name], dict)}
    response = found.last_response
    headers = {name.lower(): value for name, value in response.headers.items()} if response else {}
    return {"value": plain, "headers": headers, "classes": {"": type(found).__name__, **fields}}


def raised(error: Any) -> dict[str, Any]:
    """What the SDK raised, with what a program reads of it."""
    told = getattr(
        error, "error", None
    )  # the body's own, which has the code of every class; the error has that of some
    return {
        "raised": {
            "type": type(error).__name__,
            "status": error.http_status,
            "code": error.code or getattr(told, "code", None),
            "param": getattr(error, "param", None),
            "message": error.user_message or str(error),
            "request_id": error.request_id,
        }
    }


def construct_event(asked: dict[str, Any]) -> dict[str, Any]:
    """Verify a delivery as a receiver does."""
    try:
        event = stripe.Webhook.construct_event(asked["payload"], asked["header"], asked["secret"])
    except ERROR as error:
        return raised(error)
    told: Any = event.data.object
    made = answer(event)
    made["classes"]["data.object"] = type(told).__name__
    if getattr(told, "result", None):
        made["classes"]["data.object.result"] = type(told.result).__name__
    return made


def serve(call: Callable[[dict[str, Any]], Any], iterate: Callable[[dict[str, Any]], Any]) -> None:
    """Answer until the input ends."""
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["do"] == "version":
            answered: Any = {"value": VERSION}
        elif asked["do"] == "construct_event":
            answered = construct_event(asked)
        else:
            answered = (call if asked["do"] == "call" else iterate)(asked)
        sys.stdout.write(json.dumps(answered) + "\n")
        sys.stdout.flush()

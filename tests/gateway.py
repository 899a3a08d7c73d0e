"""Calls handlers the way the gateway does: payload 2.0 in, answer out."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass
class Context:
    """The part of Lambda's context that the log reads."""

    function_name: str = "function"
    function_version: str = "$LATEST"
    memory_limit_in_mb: int = 884
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:function"
    aws_request_id: str = "8f5b7a3e-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Answer:
    """An answer as a client sees it."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def event(
    method: str,
    url: str,
    *,
    path: Mapping[str, str] | None = None,
    body: bytes | str | None = None,
    headers: Mapping[str, str] | None = None,
    base64_body: bool = False,
) -> dict[str, Any]:
    """Return the event of a request; a form is assumed where there is a body and no content type."""
    parts = urlsplit(url)
    sent = {name.lower(): value for name, value in (headers or {}).items()}
    made: dict[str, Any] = {
        "version": "2.0",
        "rawPath": parts.path,
        "rawQueryString": parts.query,
        "headers": sent,
        "requestContext": {
            "domainName": "abc.execute-api.eu-west-1.amazonaws.com",
            "requestId": "JKJaXmPLvHcESHA=",
            "http": {"method": method, "path": parts.path},
        },
        "isBase64Encoded": False,
    }
    if path:
        made["pathParameters"] = dict(path)
    if body is not None:
        sent.setdefault("content-type", "application/x-www-form-urlencoded")
        raw = body.encode() if isinstance(body, str) else body
        made["isBase64Encoded"] = base64_body or isinstance(body, bytes)
        made["body"] = base64.b64encode(raw).decode() if made["isBase64Encoded"] else raw.decode()
    return made


def send(handler: Callable[[dict[str, Any], Any], dict[str, Any]], request: dict[str, Any]) -> Answer:
    """Call a handler and check that the gateway could pass the answer on."""
    answer = json.loads(json.dumps(handler(request, Context())))
    assert set(answer) <= {"statusCode", "headers", "body", "isBase64Encoded"}
    body = answer.get("body", "")
    raw = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
    return Answer(answer["statusCode"], {k.lower(): v for k, v in answer["headers"].items()}, raw)

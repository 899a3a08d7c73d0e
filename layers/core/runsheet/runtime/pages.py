"""The entrypoint of public pages: links that people open out of a mail, without a key.

    @page("GET /things/{token}")
    def handler(visit: Visit) -> Response: ...

The token in the path is the only credential, so it is never logged, and no answer may be cached or pass it on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from html import escape
from typing import TYPE_CHECKING, Any, get_type_hints

from runsheet.runtime.http import Operation, Response, encode, guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runsheet.errors import RunsheetError

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
_BUTTON = (
    '<form method="post"><button style="font:inherit;padding:10px 20px;border:1px solid #1a56db;'
    'border-radius:6px;background:#1a56db;color:#ffffff">{label}</button></form>'
)


@dataclass(frozen=True, slots=True)
class Visit:
    """A request of somebody who has a link and no key.

    Attributes:
        path: the path's parameters.
    """

    path: Mapping[str, str]


def page(
    route: str,
) -> Callable[[Callable[[Visit], Response]], Callable[[dict[str, Any], Any], dict[str, Any]]]:
    """Make a function the Lambda handler of the public `route`; its errors become pages, a HEAD's without their text."""

    def decorate(function: Callable[[Visit], Response]) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
        def operate(event: dict[str, Any], _request_id: str) -> dict[str, Any]:
            return encode(function(Visit(event.get("pathParameters") or {})))

        answering = guarded(operate, route, _failed)
        handler = wraps(function)(_without_body(answering) if route.startswith("HEAD ") else answering)
        handler.operation = Operation(route, "", function, get_type_hints(function))  # type: ignore[attr-defined]
        return handler

    return decorate


def shown(status: int, title: str, text: str, *, button: str = "") -> Response:
    """Return a page: a title, a paragraph and, if it is given a label, a button that posts to the same address."""
    form = _BUTTON.format(label=escape(button)) if button else ""
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)}</title></head>"
        '<body style="font-family:sans-serif;max-width:34em;margin:4em auto;padding:0 1em;line-height:1.5">'
        f"<h1>{escape(title)}</h1><p>{escape(text)}</p>{form}</body></html>"
    )
    return Response(status, _HEADERS | {"Content-Type": "text/html; charset=utf-8"}, html.encode())


def redirect(url: str) -> Response:
    """Return a redirect that nothing keeps and that does not tell its target where it came from."""
    return Response(302, _HEADERS | {"Location": url})


def _without_body(
    answering: Callable[[dict[str, Any], Any], dict[str, Any]],
) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    return lambda event, context: answering(event, context) | {"body": ""}


def _failed(error: RunsheetError, _path: str, _request_id: str) -> dict[str, Any]:
    titles = {404: "This link is unknown", 410: "This link no longer works"}
    return encode(shown(error.status, titles.get(error.status, "This did not work"), error.message))

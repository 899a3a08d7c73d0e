"""The v1 request encoding: `application/x-www-form-urlencoded` with nested brackets (contracts: v1, section 5).

`a[b]=x` is a hash, `a[]=x` and `a[0]=x` are arrays (indices order the elements, they do not size the array), and
only keys are parsed: a value may contain brackets. The last of two equal scalars wins, as in Rack.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote_to_bytes

from runsheet.errors import InvalidRequest

_MAX_DEPTH = 6
_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)", re.DOTALL)
_PART = re.compile(r"\[([^\[\]]*)\]", re.DOTALL)
_INDEX = re.compile(r"[0-9]{1,9}", re.ASCII)


class Elements(list[Any]):
    """An array of a form. Where a hash is meant instead (`metadata[7]=x`), `names` has its keys, in the same order."""

    names: tuple[str, ...] = ()


# While a form is read every container is a dict; one whose keys all look like indices becomes a list at the end.
_Node = dict[str, Any]


def decode(text: bytes) -> dict[str, Any]:
    """Return the form as nested dicts, lists and strings.

    Raises:
        InvalidRequest: broken percent-encoding or UTF-8, a malformed key, a key used as two different things.
    """
    root: _Node = {}
    for pair in text.split(b"&"):
        if pair:
            name, _, value = pair.partition(b"=")
            key = _text(name)
            _put(root, _path(key), _text(value), key)
    return {name: _collapse(node) for name, node in root.items()}


def _text(encoded: bytes) -> str:
    try:
        return unquote_to_bytes(encoded.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidRequest("Invalid UTF-8 in the request: send UTF-8, percent-encoded.") from None


def _path(key: str) -> list[str]:
    matched = _KEY.fullmatch(key)
    if matched is None:
        raise InvalidRequest(f"Invalid parameter name: {key[:100]}", param=key[:100])
    path = [matched[1], *_PART.findall(matched[2])]
    if len(path) > _MAX_DEPTH:
        raise InvalidRequest(f"Parameters nest at most {_MAX_DEPTH} deep: {key[:100]}", param=key[:100])
    return path


def _put(root: _Node, path: list[str], value: str, key: str) -> None:
    node = root
    for part, following in zip(path, [*path[1:], None], strict=True):
        # `a[]` appends: brackets without an index get the next free one, behind all given so far.
        name = part or f"{len(node):09d}"
        if following is None:
            if isinstance(node.get(name), dict):
                raise InvalidRequest(
                    f"Invalid parameter: {key[:100]} is given both as a value and as a hash.", param=key[:100]
                )
            node[name] = value
            return
        child = node.setdefault(name, {})
        if not isinstance(child, dict):
            raise InvalidRequest(
                f"Invalid parameter: {key[:100]} is given both as a value and as a hash.", param=key[:100]
            )
        node = child


def _collapse(node: _Node | str) -> Any:  # noqa: ANN401 - a tree of dicts, lists and strings
    if isinstance(node, str):
        return node
    if node and all(_INDEX.fullmatch(name) for name in node):
        names = sorted(node, key=int)
        elements = Elements(_collapse(node[name]) for name in names)
        elements.names = tuple(names)
        return elements
    return {name: _collapse(child) for name, child in node.items()}

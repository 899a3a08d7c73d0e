"""Metadata: what customers note on an object, and how a form changes it (contracts: v1, section 5).

`metadata[a]=x` sets a key, `metadata[a]=` unsets it, `metadata=` unsets all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from runsheet.errors import InvalidRequest
from runsheet.runtime.forms import Elements

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_KEYS = 50
MAX_KEY_LENGTH = 40
MAX_VALUE_LENGTH = 500


def _changes(value: object) -> object:
    if value == "":
        return None
    named = _named(value)
    for key, text in named.items():
        if not isinstance(text, str):
            raise PydanticCustomError(
                "worded", "Invalid val: metadata[{key}] must be a string", {"key": str(key)[:100]}
            )
        if not 0 < len(key) <= MAX_KEY_LENGTH:
            raise PydanticCustomError(
                "worded",
                "Invalid key: {key} must be a string of 1 to {limit} characters",
                {"key": key[:100], "limit": MAX_KEY_LENGTH},
            )
        if len(text) > MAX_VALUE_LENGTH:
            raise PydanticCustomError(
                "worded",
                "Invalid val: metadata[{key}] must be a string of at most {limit} characters",
                {"key": key, "limit": MAX_VALUE_LENGTH},
            )
    return named


def _named(value: object) -> dict[Any, Any]:
    # Keys may well look like the indices of an array; but `metadata[]` names none.
    if isinstance(value, Elements) and not any(
        name == f"{place:09d}" for place, name in enumerate(value.names)
    ):
        return dict(zip(value.names, value, strict=True))
    if not isinstance(value, dict):
        raise PydanticCustomError("dict_type", "Invalid object")
    return value


# What a request says about an object's metadata: keys to set, or with "" to unset; None unsets all.
MetadataChanges = Annotated[dict[str, str] | None, BeforeValidator(_changes)]


def changed(metadata: Mapping[str, str], changes: Mapping[str, str] | None) -> dict[str, str]:
    """Return the metadata after a request, in the order of their keys.

    Raises:
        InvalidRequest: they have more than MAX_KEYS keys then.
    """
    if changes is None:
        return {}
    merged = {key: value for key, value in sorted({**metadata, **changes}.items()) if value}
    if len(merged) > MAX_KEYS:
        raise InvalidRequest(
            f"Metadata can have up to {MAX_KEYS} keys, but you've set {len(merged)}.", param="metadata"
        )
    return merged

"""The base of every request and response model, and the field types of the v1 form encoding."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)


class Model(BaseModel):
    """A request or a response: frozen, and unknown fields are refused."""

    # Built at first use: a function then builds those of its own route, which `endpoint` does at once, and no others.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


def read_integer(value: object) -> object:
    """Read a form's integer: ASCII digits only; pydantic alone would take "1.0", " 1 " and "1_0" too."""
    if isinstance(value, str):
        if not value:
            raise PydanticCustomError("parameter_invalid_empty", "empty")
        if not _INTEGER.fullmatch(value):
            raise PydanticCustomError(
                "parameter_invalid_integer", "Invalid integer: {text}", {"text": value[:100]}
            )
        return int(value)
    if isinstance(value, dict | list):
        raise PydanticCustomError("parameter_invalid_integer", "Invalid integer")
    return value


def _not_empty(value: str) -> str:
    if not value:
        raise PydanticCustomError("parameter_invalid_empty", "empty")
    return value


def _boolean(value: object) -> object:
    """Read a form's boolean: `true` or `false`; pydantic alone would take "1", "on" and "yes" too.

    The contract's Python SDK wrote `True` and `False` until 2024, and programs with it are still about.
    """
    if isinstance(value, bool) or value in ("true", "false", "True", "False"):
        return value in (True, "true", "True")
    if value == "":
        raise PydanticCustomError("parameter_invalid_empty", "empty")
    text = f": {value[:100]}" if isinstance(value, str) else ""
    raise PydanticCustomError("worded", "Invalid boolean{text}. Must be true or false.", {"text": text})


FormInt = Annotated[int, BeforeValidator(read_integer)]
FormBool = Annotated[bool, BeforeValidator(_boolean)]
FormText = Annotated[str, AfterValidator(_not_empty)]


class CreatedFilter(Model):
    """Bounds on `created`, in unix seconds."""

    gt: FormInt | None = None
    gte: FormInt | None = None
    lt: FormInt | None = None
    lte: FormInt | None = None

    def since(self) -> int | None:
        """Return the first second that is inside, or None."""
        bounds = [b for b in (self.gte, self.gt + 1 if self.gt is not None else None) if b is not None]
        return max(bounds, default=None)

    def before(self) -> int | None:
        """Return the first second that is no longer inside, or None."""
        bounds = [b for b in (self.lt, self.lte + 1 if self.lte is not None else None) if b is not None]
        return min(bounds, default=None)


def _created(value: object) -> object:
    return {"gte": value, "lte": value} if isinstance(value, str | int) else value


class ListQuery(Model):
    """The query of a v1 list (contracts: v1, section 5)."""

    limit: Annotated[FormInt, Field(ge=1, le=100)] = 10
    starting_after: FormText | None = None
    ending_before: FormText | None = None
    expand: list[str] = []


class CreatedListQuery(ListQuery):
    """The query of a v1 list that filters by `created`: an instant or bounds, in unix seconds."""

    created: Annotated[CreatedFilter, BeforeValidator(_created)] = Field(default_factory=CreatedFilter)


class ExpandQuery(Model):
    """The query of a v1 retrieve. Nothing needs expanding: what can be expanded is always inline."""

    expand: list[str] = []


def list_object(url: str, data: list[Any], *, has_more: bool) -> dict[str, Any]:
    """Return the v1 list object; `url` starts with a slash and carries no host (the Python SDK insists)."""
    return {"object": "list", "url": url, "has_more": has_more, "data": data}


def is_none(value: object) -> bool:
    """Say of a field (`exclude_if`) that it is left out of an answer when it has no value."""
    return value is None

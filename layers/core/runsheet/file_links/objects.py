"""File links as the v1 contract shows them and takes them (contracts: v1, section 3.2)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from runsheet.files.model import FileObject
from runsheet.runtime.metadata import MetadataChanges
from runsheet.runtime.model import CreatedListQuery, FormBool, FormInt, FormText, Model, read_integer


def _only(allowed: str) -> AfterValidator:
    def check(names: list[str]) -> list[str]:
        for name in names:
            if name != allowed:
                raise PydanticCustomError(
                    "worded",
                    "This property cannot be expanded ({name}). You may want to try expanding '{allowed}' instead.",
                    {"name": name[:100], "allowed": allowed},
                )
        return names

    return AfterValidator(check)


def _unset_if_empty(value: object) -> object:
    """Read the empty text that the Node SDK sends for null."""
    return None if value == "" else value


def _end(value: object) -> object:
    return value if value == "now" else None if value == "" else read_integer(value)


Expand = Annotated[list[str], _only("file")]


class NewFileLink(Model):
    """The body of create; `expires_at` is in unix seconds."""

    file: FormText
    expires_at: Annotated[FormInt | None, BeforeValidator(_unset_if_empty)] = None
    metadata: MetadataChanges = None
    expand: Expand = []


class FileLinkChanges(Model):
    """The body of update: what is not named stays. An empty `expires_at` means as long as the file is kept."""

    expires_at: Annotated[int | Literal["now"] | None, BeforeValidator(_end)] = None
    metadata: MetadataChanges = None
    expand: Expand = []


class FileLinkQuery(Model):
    """The query of retrieve."""

    expand: Expand = []


class FileLinkListQuery(CreatedListQuery):
    """The query of list."""

    expired: FormBool | None = None
    file: FormText | None = None
    expand: Annotated[list[str], _only("data.file")] = []


class FileLinkObject(Model):
    """A link as the contract shows it; `opened` and `last_opened_at` are additions to it."""

    id: str
    object: Literal["file_link"] = "file_link"
    created: int
    expired: bool
    expires_at: int
    file: str | FileObject
    livemode: bool
    metadata: dict[str, str]
    url: str | None
    opened: int
    last_opened_at: int | None


class FileLinkList(Model):
    """A page of links, newest first."""

    object: Literal["list"] = "list"
    url: Literal["/v1/file_links"] = "/v1/file_links"
    has_more: bool
    data: list[FileLinkObject]

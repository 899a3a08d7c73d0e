"""Metadata: names and values that customers attach to an object of theirs (contracts: v1, section 5).

An empty value removes its name, and empty metadata removes all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from runsheet.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_NAMES = 50
MAX_NAME_LENGTH = 40
MAX_VALUE_LENGTH = 500


def _hash(value: object) -> object:
    if value == "":
        return None
    if isinstance(value, list):
        # The form's brackets hold a name here and a position elsewhere, which looks the same.
        raise PydanticCustomError("metadata", "names must not be made of digits alone")
    return value


# What a request does to metadata: the names that it sets, or, with an empty value, removes; None removes all.
MetadataChanges = Annotated[
    Annotated[
        dict[
            Annotated[str, Field(min_length=1, max_length=MAX_NAME_LENGTH)],
            Annotated[str, Field(max_length=MAX_VALUE_LENGTH)],
        ],
        Field(max_length=2 * MAX_NAMES),  # all of them set anew, and all that there were removed
    ]
    | None,
    BeforeValidator(_hash),
]


def merged(stored: Mapping[str, str], changes: Mapping[str, str] | None) -> dict[str, str]:
    """Return the metadata after a change.

    Raises:
        InvalidRequest: it would have over MAX_NAMES names.
    """
    if changes is None:
        return {}
    result = {name: value for name, value in {**stored, **changes}.items() if value}
    if len(result) > MAX_NAMES:
        raise InvalidRequest(
            f"Invalid metadata: may have at most {MAX_NAMES} names; it would have {len(result)}.",
            param="metadata",
        )
    return result

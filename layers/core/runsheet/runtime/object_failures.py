"""What S3 means by a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

# S3 answers 403 where listing is not allowed.
_GONE = frozenset({"NoSuchKey", "AccessDenied", "403", "404"})


def is_gone(failure: ClientError) -> bool:
    """Return whether the object that was asked for is not there."""
    return code(failure) in _GONE


def code(failure: ClientError) -> str | None:
    """Return what S3 calls it."""
    return failure.response.get("Error", {}).get("Code")

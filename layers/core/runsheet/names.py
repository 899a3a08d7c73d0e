"""Names that people give to things: shown in mails, CSVs and terminals, so they hold printable text only."""

from __future__ import annotations

import unicodedata

from runsheet.errors import InvalidRequest

MAX_LENGTH = 200
# Control characters, halves of surrogate pairs (not encodable as UTF-8), line and paragraph separators.
_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})


def display_name(value: str, *, param: str = "name") -> str:
    """Return `value` without the spaces around it.

    Raises:
        InvalidRequest: nothing is left, it is over MAX_LENGTH characters, or holds a control character.
    """
    name = value.strip(" ")
    if not name:
        raise InvalidRequest(
            f"Invalid {param}: must not be empty.", param=param, code="parameter_invalid_empty"
        )
    if len(name) > MAX_LENGTH:
        raise InvalidRequest(f"Invalid {param}: must be at most {MAX_LENGTH} characters.", param=param)
    if any(unicodedata.category(character) in _UNPRINTABLE for character in name):
        raise InvalidRequest(f"Invalid {param}: must not contain control characters.", param=param)
    return name

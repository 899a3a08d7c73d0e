"""The columns of a result, each with the name that it has in the file and the SQL of its value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runsheet.engine.session import identifier

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runsheet.engine.rows import Rows


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A column.

    Attributes:
        title: its name in the file.
        type: as in the report type's header; a value of metadata is text.
        value: SQL of the typed value, over the rows.
        is_utc: for a time: whether it is UTC. Others are in the run's time zone, and do not say which that is.
    """

    title: str
    type: str
    value: str
    is_utc: bool


def result_columns(rows: Rows, titles: Iterable[str]) -> tuple[list[ResultColumn], dict[str, str]]:
    """Return the columns of rows in order, and what to bind to them: the keys of metadata, which are the caller's text."""
    known = {column.name: column.type for column in rows.known if column.type != "metadata"}
    made = []
    keys: dict[str, str] = {}
    for position, (name, title) in enumerate(zip(rows.names, titles, strict=True)):
        if name in known:
            made.append(ResultColumn(title, known[name], identifier(name), name.endswith("_utc")))
        else:
            family, key = name.removesuffix("]").split("[", 1)
            keys[f"metadata_key_{position}"] = key
            value = f"{identifier(family)}[$metadata_key_{position}]"
            made.append(ResultColumn(title, "text", value, is_utc=False))
    return made, keys

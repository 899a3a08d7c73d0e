"""Columns for every key of the metadata: which keys there are is the data's, found by a look at the run's rows.

Keys are the customers' own text, so they are bound and compared, never part of the SQL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from runsheet.engine.errors import ReportFailed
from runsheet.engine.session import identifier

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Each is a cell of every row; as many columns as a run may name.
MAX_KEYS = 500
EVERY_KEY = "*"


class Look(Protocol):
    """Looks at the rows of a run before they become cells: `select … from <the rows> …`."""

    def __call__(self, select: str, rest: str = "") -> list[tuple[Any, ...]]:
        """Return what the SQL gives; `select` stands before the rows, `rest` behind them."""


def with_every_key(names: Sequence[str], look: Look) -> tuple[str, ...]:
    """Return the columns of a run, each `family[*]` replaced by a column for every key that its rows have.

    The keys come in alphabetical order (of code points), without those that the run names itself. Where no column
    would be left, those that were asked for stay, and are empty.

    Raises:
        ReportFailed: there are more than MAX_KEYS.
    """
    named = set(names) - {name for name in names if _family_of_every_key(name)}
    columns: list[str] = []
    total = 0
    for name in names:
        family = _family_of_every_key(name)
        if family is None:
            columns.append(name)
            continue
        keys = _keys(family, look)
        total += len(keys)
        if total > MAX_KEYS:
            raise ReportFailed(
                "too_many_columns",
                f"The metadata has more than {MAX_KEYS} keys. Name those that the report should show.",
            )
        columns += _unnamed((f"{family}[{key}]" for key in keys), named)
    return tuple(columns or names)


def _family_of_every_key(name: str) -> str | None:
    family, _, rest = name.partition("[")
    return family if rest == f"{EVERY_KEY}]" else None


def _keys(family: str, look: Look) -> list[str]:
    rows = look(f"select distinct unnest(map_keys({identifier(family)})) as key", f"limit {MAX_KEYS + 1}")
    return sorted(key for (key,) in rows)


def _unnamed(columns: Iterable[str], named: set[str]) -> list[str]:
    return [column for column in columns if column not in named]

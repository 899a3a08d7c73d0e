"""The names of a result's columns where each may be there only once: in JSON and in Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def distinct(titles: Iterable[str], folded: Callable[[str], str] = str) -> list[str]:
    """Return the titles in order, those that are there already with ` (2)` and so on behind them.

    Titles of a pivot are an organisation's own text, so two may be the same.

    Args:
        titles: of the columns.
        folded: what of a title is compared; for readers to whom `A` and `a` are one column, its folded case.
    """
    taken: set[str] = set()
    made = []
    for title in titles:
        name, number = title, 1
        while folded(name) in taken:
            number += 1
            name = f"{title} ({number})"
        taken.add(folded(name))
        made.append(name)
    return made

"""Which parts of a result are those of an earlier one, so that S3 copies them and nothing renders them again.

A part is known by what it is made of: the data files that hold its records, and its bounds where they leave out
any of these. Files never change and no name is used twice, so equal fingerprints within a family are equal bytes.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    import duckdb

    from runsheet.engine.compression import JoinedBody
    from runsheet.engine.relations import Relation, Source
    from runsheet.engine.run import Run
    from runsheet.engine.totals import Totals
    from runsheet.engine.upload import Original, Piece


@dataclass(frozen=True, slots=True)
class KeptPart:
    """A part of a result: its fingerprint, where its bytes are, and the totals of its rows."""

    fingerprint: str
    piece: Piece
    totals: Totals


@dataclass(frozen=True, slots=True)
class KeptResult:
    """A result that parts may be copied of.

    Attributes:
        family: of runs that may have the same parts, see `fingerprint.family`.
        original: the object.
        size: its bytes.
        parts: in order.
    """

    family: str
    original: Original
    size: int
    parts: tuple[KeptPart, ...]

    def by_fingerprint(self) -> Mapping[str, KeptPart]:
        """Return the parts by their fingerprints."""
        return {part.fingerprint: part for part in self.parts}


def join(
    run: Run,
    connection: duckdb.DuckDBPyConnection,
    body: JoinedBody,
    found: KeptResult | None,
    on_progress: Callable[[float], None],
) -> tuple[KeptPart, ...]:
    """Append the parts of a run in order, copied where `found` has them and rendered where not, and return them.

    Raises:
        OriginalGone: the earlier result is not there as it was.
    """
    run.find_touched(connection)
    (only,) = run.relations.values()
    marks = [_fingerprint(only, part, recent) for part, recent in run.touched.items()]
    known = found.by_fingerprint() if found else {}
    copied = {number for number, mark in enumerate(marks) if mark in known}
    parts: list[KeptPart] = []
    body.cut()
    with closing(run.render(connection, copied)) as rendered:
        for number, mark in enumerate(marks):
            if found and number in copied:
                part = known[mark]
                parts.append(replace(part, piece=body.copy(found.original, part.piece)))
            else:
                path, totals = next(rendered)
                body.write_file(path)
                parts.append(KeptPart(mark, body.cut(), totals))
                on_progress((number + 1) / len(marks))
    return tuple(parts)


def takes_place_of(made: KeptResult, found: KeptResult | None) -> bool:
    """Return whether a result is worth more to the next run than the one that it was looked for in.

    One that is far smaller, and mostly copied, is not: who asks for each month and for the year copies the year's.
    """
    if found is None or 2 * made.size >= found.size:
        return True
    known = found.by_fingerprint()
    copied = sum(part.piece.size for part in made.parts if part.fingerprint in known)
    return 2 * copied < made.size


def _fingerprint(
    relation: Relation, part: tuple[datetime | None, datetime | None], recent: Sequence[Source]
) -> str:
    start, end = part
    base = [source for source in relation.base if source.overlaps(start, end)]
    # A bound that leaves out no record of these files may as well be another. Of recent files this is not known: what
    # they hold of a part is not what their first and last records say.
    leaves_out = (
        bool(recent) or any(start and source.first and source.first < start for source in base),
        bool(recent) or any(end and source.last and source.last >= end for source in base),
    )
    made_from: list[Any] = [
        start.isoformat() if start and leaves_out[0] else None,
        end.isoformat() if end and leaves_out[1] else None,
        [source.path for source in base],
        [source.path for source in recent],
    ]
    return hashlib.sha256(json.dumps(made_from).encode()).hexdigest()

"""Of files whose records lie on one side of the bounds a report does not read the time, and its rows are the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest

from runsheet import catalog
from runsheet.datasets.schema import schema
from runsheet.engine.relations import Relation, Source
from tests.reports import ledgers
from tests.reports.ledgers import END, START

if TYPE_CHECKING:
    from pathlib import Path

    from tests.reports.ledgers import Record

DATASET = "balance_transactions"
TYPES = [report_type.id for report_type in catalog.report_types().values() if report_type.bounds_only]
BOUNDS = tuple(datetime(2026, month, 1) for month in (3, 4))  # noqa: DTZ001 - as the lake stores it


def day(month: int, number: int, microseconds: int = 0) -> datetime:
    return datetime(2026, month, number) + timedelta(microseconds=microseconds)  # noqa: DTZ001 - as the lake stores it


@pytest.mark.parametrize(
    ("first", "last", "side"),
    [
        (day(2, 1), day(3, 1, -1), (False, False)),
        (day(3, 1), day(4, 1, -1), (True, False)),
        (day(4, 1), day(4, 1), (True, True)),
        (day(2, 28), day(3, 1), None),
        (day(3, 31), day(4, 1), None),
        (day(1, 1), day(12, 1), None),
    ],
)
def test_a_file_is_at_a_bound_or_after_it_or_before_it_or_around_it(
    first: datetime, last: datetime, side: tuple[bool, ...] | None
) -> None:
    assert Source("x", 1, first, last).side(BOUNDS) == side


def test_a_file_without_records_is_on_no_side() -> None:
    assert Source("x", 0, None, None).side(BOUNDS) is None


def lake_of(records: list[Record], folder: Path, *, recent: list[Record]) -> Relation:
    """Return the records as base files of a day to ten, beginning with one that ends before the interval begins."""
    chance = Random(1)  # noqa: S311 - no secret
    ordered = sorted(records, key=lambda record: (record["created"], record["id"]))
    base: list[Source] = []
    while ordered:
        count = chance.randint(1, 12)
        part, ordered = ordered[:count], ordered[count:]
        base.append(ledgers.relation(part, made(folder / f"{len(base)}"))[DATASET].base[0])
    newer = ledgers.relation(recent, made(folder / "recent"))[DATASET].base if recent else ()
    return Relation(schema(DATASET), tuple(base), newer)


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


@pytest.mark.parametrize("with_recent", [False, True], ids=["base", "and newer versions"])
@pytest.mark.parametrize("report_type", TYPES)
def test_the_rows_are_those_of_the_times_themselves(
    report_type: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, with_recent: bool
) -> None:
    records = ledgers.ledger(Random(7))  # noqa: S311 - no secret
    instant = {"created": BOUNDS[0], "available_on": BOUNDS[0]}
    records += [
        records[0] | {"id": "txn_at_start"} | instant,
        records[0] | {"id": "txn_at_end", "created": BOUNDS[1]},
    ]
    recent = [record | {"net": 1, "created": BOUNDS[1]} for record in records[::9]] if with_recent else []
    relation = lake_of(records, tmp_path, recent=recent)
    sides = {one.side(BOUNDS) for one in relation.base}
    assert (
        {(False, False), (True, False), (True, True), None} >= sides >= {(False, False), (True, False), None}
    )
    given = {"interval_start": START, "interval_end": END}
    known = catalog.report_type(report_type)
    given = {name: value for name, value in given.items() if name in known.parameters}
    found = ledgers.report(report_type, {DATASET: relation}, **given)
    monkeypatch.setattr(catalog, "report_type", lambda _: replace(known, bounds_only=False))
    assert found == ledgers.report(report_type, {DATASET: relation}, **given)
    assert found


def test_a_time_is_read_of_the_files_around_a_bound_alone(tmp_path: Path) -> None:
    relation = lake_of(ledgers.ledger(Random(7)), tmp_path, recent=[])  # noqa: S311 - no secret
    queries = relation.sql(None, BOUNDS[1], sides_of=BOUNDS).split("\nunion all\n")
    around = [one.path for one in relation.base if one.side(BOUNDS) is None and one.overlaps(None, BOUNDS[1])]
    reading = [query for query in queries if "timestamp '" not in query.split(" from ")[0]]
    assert len(queries) == 3
    assert len(reading) == 1
    assert [path for path in (one.path for one in relation.base) if path in reading[0]] == around

"""Recent files that were gathered on the disk give the rows that they give themselves, and are read no more."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from runsheet.datasets.schema import schema
from runsheet.engine import gathering, session
from runsheet.engine.relations import Gathered, Relation
from tests.reports import cases

DATASET = "balance_transactions"
MONTHS = [datetime(2024, month, 1) for month in range(1, 8)]  # noqa: DTZ001 - as it is stored


@pytest.fixture
def _by_footers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "_ROWS_FOR_A_FOOTER", 0)


def file(path: Path, records: list[dict[str, Any]], index: int = 0) -> Any:
    rows = ", ".join(
        f"('{one['id']}', '{one['created']}', '{one['created']}', 'usd', '{one['net']}', '0', '{one['net']}', 'charge',"
        f" '{one['deleted']}')"
        for one in records
    )
    names = "id, created, available_on, currency, gross, fee, net, reporting_category, _deleted"
    return cases.write(DATASET, f"(select * from (values {rows}) as v({names}))", path, index=index)


def relation(folder: Path, chance: Random) -> Relation:
    """Return four base files of months, and three recent ones with newer versions, moves, new records and deletions."""

    def one(number: int, month: int, *, deleted: bool = False) -> dict[str, Any]:
        created = f"2024-{month:02}-{chance.randint(1, 28):02} 10:00:00"
        return {"id": f"t{number:03}", "created": created, "net": chance.randint(1, 999), "deleted": deleted}

    base = [
        file(folder / f"base-{month}.parquet", [one(10 * month + n, month) for n in range(8)])
        for month in range(1, 5)
    ]
    recent = [
        file(
            folder / f"recent-{index}.parquet",
            [
                one(number, chance.randint(1, 5), deleted=chance.random() < 0.3)
                for number in chance.sample(range(10, 60), k=12)
            ],
            index,
        )
        for index in range(3)
    ]
    return Relation(schema(DATASET), tuple(base), tuple(recent))


def rows(connection: duckdb.DuckDBPyConnection, relation: Relation, columns: str) -> list[tuple[Any, ...]]:
    return connection.execute(f"select {columns} from ({relation.sql()}) order by all").fetchall()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("by_time", "replaced", "rows_for_a_footer"),
    [(False, False, 50_000), (True, False, 50_000), (True, True, 50_000), (True, True, 0)],
)
def test_the_rows_are_those_of_the_files_themselves(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
    by_time: bool,
    replaced: bool,
    rows_for_a_footer: int,
) -> None:
    monkeypatch.setattr(gathering, "_ROWS_FOR_A_FOOTER", rows_for_a_footer)
    read = relation(tmp_path, Random(seed))  # noqa: S311 - no secret
    to = Gathered(str(tmp_path / "held"), by_time=by_time, replaced=replaced)
    with session.connect(remote=False) as connection:
        read.prepare(connection)
        expected = rows(connection, read, "id, created, net")
    with session.connect(remote=False) as connection:
        found = gathering.gather(connection, read, to, {"net"})
        session.lock(connection, (*read.paths, to.held))
        found.prepare(connection)
        assert not any(source.path in found.sql() for source in read.recent)
        for source in read.recent:
            Path(source.path).unlink()
        assert rows(connection, found, "id, created, net") == expected
        for start, end in pairwise(MONTHS):
            part = connection.execute(
                f"select id, created, net from ({found.sql(start, end)})"
                " where created >= $start and created < $end order by all",
                {"start": start, "end": end},
            ).fetchall()
            assert part == [row for row in expected if start <= row[1] < end]
        # What was not named was not read.
        alone = rows(connection, replace(found, base=()), "currency")
        assert set(alone) == {(None,)}


def test_without_recent_files_nothing_is_written(tmp_path: Path) -> None:
    read = replace(relation(tmp_path, Random(1)), recent=())  # noqa: S311 - no secret
    with session.connect(remote=False) as connection:
        to = Gathered(str(tmp_path / "held"), by_time=True, replaced=True)
        assert gathering.gather(connection, read, to, set()) is read
        assert gathering.touched(connection, read, list(pairwise(MONTHS))) == {}
    assert not (tmp_path / "held").exists()


@pytest.mark.usefixtures("_by_footers")
@pytest.mark.parametrize("seed", range(3))
def test_a_part_is_touched_by_what_says_something_of_a_record_that_any_file_has_in_it(
    tmp_path: Path, seed: int
) -> None:
    read = relation(tmp_path, Random(seed))  # noqa: S311 - no secret
    parts = list(pairwise(MONTHS))
    with session.connect(remote=False) as connection:
        versions = connection.execute(
            " union all ".join(
                f"select id, created, {source.index if source in read.recent else -1} from '{source.path}'"
                for source in (*read.base, *read.recent)
            )
        ).fetchall()
        to = Gathered(str(tmp_path / "held"), by_time=True, replaced=True)
        found = gathering.gather(connection, read, to, set())
        session.lock(connection, (*read.paths, to.held))
        touched = gathering.touched(connection, found, parts)
    expected = {
        number: [
            source
            for source in read.recent
            if {key for key, moment, _ in versions if start <= moment < end}
            & {key for key, _, index in versions if index == source.index}
        ]
        for number, (start, end) in enumerate(parts)
    }
    assert touched == {number: sources for number, sources in expected.items() if sources}


@pytest.mark.usefixtures("_by_footers")
@pytest.mark.parametrize(
    ("keys", "near"),
    [
        (["z1"], []),
        (["a1"], []),
        (["t0175"], []),
        (["a1", "z1"], []),
        (["t012"], [0]),
        (["t028", "t047"], [3]),
    ],
)
def test_keys_are_looked_for_in_base_files_that_may_have_one(
    tmp_path: Path, keys: list[str], near: list[int]
) -> None:
    made = relation(tmp_path, Random(1))  # noqa: S311 - no secret
    records = [{"id": key, "created": "2024-06-02", "net": 1, "deleted": False} for key in keys]
    read = replace(made, recent=(file(tmp_path / "new.parquet", records),))
    with session.connect(remote=False) as connection:
        read.prepare(connection)
        expected = rows(connection, read, "id, created")
    with session.connect(remote=False) as connection:
        to = Gathered(str(tmp_path / "held"), by_time=True, replaced=True)
        found = gathering.gather(connection, read, to, set())
        assert found.gathered is not None
        assert found.gathered.apart == {
            source.path for number, source in enumerate(read.base) if number not in near
        }
        assert rows(connection, found, "id, created") == expected
        assert gathering.touched(connection, found, list(pairwise(MONTHS))) == {
            number: list(read.recent) for number in (*near, 5)
        }


def test_a_session_that_gathered_gives_rows_in_order_again(tmp_path: Path) -> None:
    read = relation(tmp_path, Random(1))  # noqa: S311 - no secret
    with session.connect(remote=False, threads=1) as connection:
        gathering.gather(
            connection, read, Gathered(str(tmp_path / "held"), by_time=True, replaced=True), set()
        )
        settings = "select current_setting('threads'), current_setting('preserve_insertion_order')"
        assert connection.execute(settings).fetchall() == [(1, True)]


def test_a_file_without_records_is_gathered(tmp_path: Path) -> None:
    made = relation(tmp_path, Random(1))  # noqa: S311 - no secret
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (from '{made.recent[0].path}' where false) to '{tmp_path}/none.parquet' (format parquet)"
        )
    none = replace(made.recent[0], path=f"{tmp_path}/none.parquet", rows=0, first=None, last=None)
    with session.connect(remote=False) as connection:
        to = Gathered(str(tmp_path / "held"), by_time=True, replaced=True)
        found = gathering.gather(connection, replace(made, recent=(none,)), to, set())
        assert len(rows(connection, found, "id")) == sum(source.rows for source in made.base)

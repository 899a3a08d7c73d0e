"""Recent files that were gathered on the disk give the rows that they give themselves, and are read no more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from runsheet.datasets.schema import schema
from runsheet.engine import session
from runsheet.engine.relations import Gathered, Relation
from tests.reports import cases

if TYPE_CHECKING:
    import duckdb

DATASET = "balance_transactions"


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


@pytest.mark.parametrize("seed", range(5))
def test_the_rows_are_those_of_the_files_themselves(tmp_path: Path, seed: int) -> None:
    read = relation(tmp_path, Random(seed))  # noqa: S311 - no secret
    gathered = Gathered(str(tmp_path / "held"), str(tmp_path / "latest"))
    with session.connect(remote=False) as connection:
        read.prepare(connection)
        expected = rows(connection, read, "id, created, net")
    with session.connect(remote=False) as connection:
        session.lock(connection, (*read.paths, gathered.held, gathered.latest))
        found = read.gather(connection, gathered, {"net"})
        assert not any(source.path in found.sql() for source in read.recent)
        for source in read.recent:
            Path(source.path).unlink()
        assert rows(connection, found, "id, created, net") == expected
        # What was not named was not read.
        alone = rows(connection, replace(found, base=()), "currency")
        assert set(alone) == {(None,)}


def test_without_recent_files_nothing_is_written(tmp_path: Path) -> None:
    read = replace(relation(tmp_path, Random(1)), recent=())  # noqa: S311 - no secret
    with session.connect(remote=False) as connection:
        assert (
            read.gather(connection, Gathered(str(tmp_path / "held"), str(tmp_path / "latest")), set()) is read
        )
    assert not (tmp_path / "held").exists()

"""Report cases: CSV files of records become Parquet files, read by the code that reads the lake's."""

from __future__ import annotations

import csv as csv_format
import json
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from runsheet import catalog
from runsheet.datasets.schema import schema
from runsheet.engine import session
from runsheet.engine.relations import Relation, Source
from runsheet.engine.run import Run
from runsheet.engine.totals import Totals
from runsheet.organisations.model import RelatedOrganisation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


FOLDER = Path(__file__).parent
# The relation that a given CSV is loaded through; all its cells are text, an empty unquoted one is NULL.
_READ = "read_csv({path}, header = true, all_varchar = true, allow_quoted_nulls = false, quote = '\"', escape = '\"')"


def folders() -> list[Path]:
    return sorted(path.parent for path in FOLDER.glob("*/*/parameters.json"))


def run(folder: Path, *, rows_per_part: int) -> bytes:
    """Return the CSV of a case; see `run_with_totals`."""
    return run_with_totals(folder, rows_per_part=rows_per_part)[0]


def run_with_totals(
    folder: Path, *, rows_per_part: int, changes: dict[str, Any] | None = None
) -> tuple[bytes, Totals]:
    """Return the CSV of a case and its control totals; with changes of its parameters, another file of it.

    Its base records are one file a month, its recent ones one file for each CSV. A dataset without a file has the records
    that all cases share (LEDGER.md), or none.
    """
    report_type = catalog.report_type(folder.parent.name)
    given = json.loads((folder / "parameters.json").read_text()) | (changes or {})
    given = {name: value for name, value in given.items() if value is not None}
    datasets = {path.name.removeprefix("given_").split(".")[0] for path in folder.glob("given_*.csv")}
    assert datasets <= {*report_type.reads, *(["organisations"] if report_type.reads_organisations else [])}
    relations = {dataset: relation(folder, dataset) for dataset in report_type.reads}
    organisations = organisations_of(folder / "given_organisations.csv")
    return csv_and_totals(
        report_type.id, given, relations, rows_per_part=rows_per_part, organisations=organisations
    )


def csv(
    report_type_id: str,
    given: dict[str, Any],
    relations: dict[str, Relation],
    *,
    rows_per_part: int = 250_000,
    organisations: Sequence[RelatedOrganisation] = (),
) -> bytes:
    """Return the CSV of a run over local files, made in a locked session as a worker makes it."""
    return csv_and_totals(
        report_type_id, given, relations, rows_per_part=rows_per_part, organisations=organisations
    )[0]


def csv_and_totals(
    report_type_id: str,
    given: dict[str, Any],
    relations: dict[str, Relation],
    *,
    rows_per_part: int = 250_000,
    organisations: Sequence[RelatedOrganisation] = (),
) -> tuple[bytes, Totals]:
    """Return the CSV of a run over local files, and its control totals."""
    report_type = catalog.report_type(report_type_id)
    bound = report_type.bind(given)
    with (
        tempfile.TemporaryDirectory() as directory,
        session.connect(directory=Path(directory), remote=False) as connection,
    ):
        made = Run(report_type, bound, relations, Path(directory), rows_per_part, organisations)
        made.gather(connection)
        session.lock(connection, made.paths)
        made.prepare(connection)
        parts, totals = [], Totals()
        for path, found in made.render(connection):
            parts.append(path.read_bytes())
            totals.add(found)
        assert len(parts) == len(made.parts)
        if made.is_whole:
            return made.whole(connection).read_bytes(), totals
        return made.header() + b"".join(parts), totals


def organisations_of(path: Path) -> list[RelatedOrganisation]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [
            RelatedOrganisation(row["id"], row["name"], row["is_own"] == "true", row["is_child"] == "true")
            for row in csv_format.DictReader(file)
        ]


def write(dataset: str, rows: str, path: Path, *, index: int = 0) -> Source:
    """Write a Parquet file of the lake from an SQL relation of text columns named like the dataset's."""
    connection = writer()
    there = {name for name, *_ in connection.execute(f"describe select * from {rows}").fetchall()}
    of = schema(dataset)
    columns = [
        f"{column.name}::{column.type}" if column.name in there else f"null::{column.type}"
        for column in of.columns
    ]
    named = ", ".join(f"{value} as {column.name}" for value, column in zip(columns, of.columns, strict=True))
    deleted = "coalesce(_deleted::boolean, false)" if "_deleted" in there else "false"
    connection.execute(
        f"copy (select {named}, {deleted} as _deleted from {rows} order by {of.time}, {of.key})"
        f" to '{path}' (format parquet, compression zstd)"
    )
    [(count, first, last)] = connection.execute(
        f"select count(*), min({of.time})::timestamp, max({of.time})::timestamp from '{path}' where not _deleted"
    ).fetchall()
    return Source(path=str(path), rows=count, first=first, last=last, index=index)


@cache
def writer() -> duckdb.DuckDBPyConnection:
    """Return what this process writes its files with: to open a database takes as long as to write one."""
    return duckdb.connect()


def relation(folder: Path, dataset: str) -> Relation:
    base = folder / f"given_{dataset}.csv"
    if not base.exists():
        base = FOLDER / base.name
    recent = sorted(folder.glob(f"given_{dataset}.recent*.csv"))
    return Relation(
        schema=schema(dataset),
        base=_by_month(dataset, base, write) if base.exists() else (),
        recent=tuple(_recent(dataset, path, index, write) for index, path in enumerate(recent)),
    )


@cache
def _directory() -> tempfile.TemporaryDirectory[str]:
    """Where this process keeps the Parquet files of cases: each is read by several tests, and written once.

    A test that has its own `write` has files of its own.
    """
    return tempfile.TemporaryDirectory()


@cache
def _recent(dataset: str, path: Path, index: int, write: Callable[..., Source]) -> Source:
    written = Path(tempfile.mkdtemp(dir=_directory().name)) / f"{dataset}-recent-{index}.parquet"
    return write(dataset, _READ.format(path=session.literal(str(path))), written, index=index)


@cache
def _by_month(dataset: str, path: Path, write: Callable[..., Source]) -> tuple[Source, ...]:
    rows = _READ.format(path=session.literal(str(path)))
    time = schema(dataset).time
    folder = Path(tempfile.mkdtemp(dir=_directory().name))
    months = duckdb.sql(f"select distinct left({time}, 7) as month from {rows} order by month").fetchall()
    return tuple(
        write(
            dataset,
            f"(select * from {rows} where left({time}, 7) = '{month}')",
            folder / f"{dataset}-base-{month}.parquet",
        )
        for (month,) in months
    )

"""A run by both engines: DuckDB over files, and Athena's statement over the same files by their addresses in the lake."""

from __future__ import annotations

import json
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local import athena_execution
from runsheet import athena, catalog
from runsheet.datasets.schema import schema
from runsheet.engine import session
from runsheet.engine.run import Run
from runsheet.engine.totals import Totals
from runsheet.tenancy import Tenant
from tests.reports import cases

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from runsheet.engine.relations import Relation, Source
    from runsheet.organisations.model import RelatedOrganisation

TENANT = Tenant("org_1", "test")


@dataclass(frozen=True)
class Made:
    """What an engine made of a run: the file and its control totals."""

    csv: bytes
    rows: int
    sums: Mapping[tuple[str | None, str], int]


def of_case(folder: Path, **changes: Any) -> tuple[Made, Made]:
    """Return what DuckDB and Athena's statement make of a case of tests/reports, with changes of its parameters."""
    report_type = catalog.report_type(folder.parent.name)
    given = json.loads((folder / "parameters.json").read_text()) | changes
    relations = {name: cases.relation(folder, name) for name in report_type.reads}
    organisations = cases.organisations_of(folder / "given_organisations.csv")
    return of_run(report_type.id, given, relations, organisations)


def of_run(
    report_type_id: str,
    given: Mapping[str, Any],
    relations: Mapping[str, Relation],
    organisations: Sequence[RelatedOrganisation] = (),
) -> tuple[Made, Made]:
    """Return what DuckDB and Athena's statement make of a run over local files."""
    with prepared(report_type_id, given, relations, organisations) as (run, connection):
        parts, totals = [], Totals()
        for path, found in run.render(connection):
            parts.append(path.read_bytes())
            totals.add(found)
        by_duckdb = Made(run.header() + b"".join(parts), totals.rows, positive(totals.sums))
        tables = {name: _table(part) for name, part in run.relations.items()}
        made = athena.statement(TENANT, in_the_lake(run))
        result = b"".join(athena_execution.execute(made.sql, made.parameters, tables))
        return by_duckdb, finished(run, result)


def finished(run: Run, result: bytes) -> Made:
    """Return what becomes of a result object."""
    names, _, rest = result.partition(b"\n")
    assert names == ",".join(f'"c{at}"' for at in range(len(run.titles))).encode()
    lines, end, last = rest.removesuffix(b"\n").rpartition(b"\n")
    rows, sums = athena.totals(last)
    return Made(run.header() + athena.cells_of(run.report_type, lines + end), rows, positive(sums))


@contextmanager
def prepared(
    report_type_id: str,
    given: Mapping[str, Any],
    relations: Mapping[str, Relation],
    organisations: Sequence[RelatedOrganisation] = (),
) -> Iterator[tuple[Run, Any]]:
    """Yield a run that is ready, and its session."""
    report_type = catalog.report_type(report_type_id)
    with (
        tempfile.TemporaryDirectory() as directory,
        session.connect(directory=Path(directory), remote=False) as connection,
    ):
        bound = report_type.bind(dict(given))
        run = Run(report_type, bound, dict(relations), Path(directory), 250_000, organisations)
        session.lock(connection, run.paths)
        run.prepare(connection)
        yield run, connection


def in_the_lake(run: Run) -> Run:
    """Return a run whose files are in the lake."""
    made = replace(run)
    made.columns, made.pivoted, made._session = run.columns, run.pivoted, run._session
    made.relations = {name: _addressed(part) for name, part in run.relations.items()}
    return made


def positive(sums: Mapping[tuple[str | None, str], int]) -> dict[tuple[str | None, str], int]:
    """Return the sums without those of nothing."""
    return {key: total for key, total in sums.items() if total}


def _address(part: Relation, source: Source) -> str:
    return f"s3://lake/lake/{part.schema.dataset}/{'/'.join(TENANT)}/{Path(source.path).stem}.parquet"


def _addressed(part: Relation) -> Relation:
    return replace(
        part,
        base=tuple(replace(source, path=_address(part, source)) for source in part.base),
        recent=tuple(replace(source, path=_address(part, source)) for source in part.recent),
    )


def _table(part: Relation) -> athena_execution.Table:
    columns = {column.name: column.type for column in schema(part.schema.dataset).columns}
    partition = {"lake_organisation": TENANT.organisation_id, "lake_mode": TENANT.mode}
    return athena_execution.Table(
        columns={**columns, "_deleted": "BOOLEAN"},
        files={
            _address(part, source): athena_execution.File(Path(source.path), partition)
            for source in (*part.base, *part.recent)
        },
    )

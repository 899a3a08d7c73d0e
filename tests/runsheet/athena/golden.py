"""The statements of every report type, written down: python -m tests.runsheet.athena.golden --write.

One of its default columns without any filter; of a type with rows of its own also one of everything that it can be
asked for.
"""

from __future__ import annotations

import argparse
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from runsheet import catalog
from runsheet.athena import report
from runsheet.datasets.model import DataFile, Snapshot
from runsheet.datasets.schema import schema
from runsheet.engine.pivot import PivotColumn
from runsheet.engine.relations import relation
from runsheet.engine.run import Run
from runsheet.organisations.model import RelatedOrganisation
from runsheet.tenancy import Tenant

if TYPE_CHECKING:
    from runsheet.athena import Statement
    from runsheet.datasets.model import Level

FOLDER = Path(__file__).parent / "golden"
TENANT = Tenant("org_1", "live")
_FROM, _TO = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
_REQUIRED = {
    "interval_start": str(int(_FROM.timestamp())),
    "interval_end": str(int(_TO.timestamp())),
    "as_of": "2026-01-31",
    "payout": "po_1",
    "connected_account": "acct_1",
    "start_date": "2026-01-01",
    "end_date": "2026-01-31",
}
_EVERYTHING: dict[str, Any] = {
    # Few changes of its offset, and one of them far from the interval.
    "timezone": "Asia/Kathmandu",
    "currency": "usd",
    "reporting_category": "charge",
    "decimal_separator": ",",
    "connected_accounts": ["acct_1", "acct_2"],
    "group_by": "week",
    "include_deployment_charge": "true",
}
_ALL = ".everything"
_LEVELS: tuple[Level, ...] = ("base", "recent")
_ORGANISATIONS = (
    RelatedOrganisation("org_1", "Whole's", is_own=True, is_child=False),
    RelatedOrganisation("org_2", "Part", is_own=False, is_child=True),
)
_PIVOTED = (
    PivotColumn("Ingest (GB)", "quantity", (("unit_number", 1),)),
    PivotColumn("Ingest Credits", "credits", (("category_number", 1),)),
)
_MADE = {
    "terms": (
        "'Ingest?' as category, 'GB' as unit, 1.5::decimal(18, 9) as credits_per_unit, 1 as unit_number,"
        " 1 as category_number, 0.1::decimal(9, 4) as surcharge,"
        " unnest(generate_series(date '2026-01-01', date '2026-01-31', interval 1 day))::date as day"
    ),
    "shares": (
        "'Ingest?' as category, date '2026-01-01' as day, 'org_1' as organisation_id,"
        " 2.5::decimal(38, 18) as credits"
    ),
    "categories": "'Ingest?' as category, 'GB' as unit, 1 as category_number, 1 as unit_number",
}


def names() -> list[str]:
    """Return the names of the statements' files, without their ends."""
    ids = catalog.report_type_ids()
    return [*ids, *(one + _ALL for one in ids if one in _own_rows())]


def statement(name: str) -> Statement:
    """Return a statement by its name."""
    report_type = catalog.report_type(name.removesuffix(_ALL))
    given: dict[str, Any] = {
        key: _REQUIRED[key] for key, parameter in report_type.parameters.items() if parameter.required
    }
    if name.endswith(_ALL):
        given |= {key: value for key, value in _EVERYTHING.items() if key in report_type.parameters}
        if "columns" in report_type.parameters:
            given["columns"] = [column.name.replace("[key]", "[a'?b]") for column in report_type.columns]
    relations = {dataset: relation(_snapshot(dataset)) for dataset in report_type.reads}
    run = Run(report_type, report_type.bind(given), relations, Path(), 1, _ORGANISATIONS)
    run.columns = run.parameters.columns
    if report_type.pivot is not None:
        run.pivoted = _PIVOTED
        # What the run's session would have found.
        run._session = duckdb.connect()
        for table in report_type.tables:
            run._session.execute(f"create table {table} as select {_MADE.get(table, '1 as x')}")
    return report.statement(TENANT, run, pretty=True)


def text(made: Statement) -> str:
    """Return a statement as it is written down."""
    parameters = "".join(f"-- ? = {parameter}\n" for parameter in made.parameters)
    return f"{parameters}{made.sql}\n"


def _own_rows() -> set[str]:
    """Return the types that have their rows from no other."""
    first: dict[str, str] = {}
    for report_type in catalog.report_types().values():
        if not report_type.id.startswith("connected_account"):
            first.setdefault(report_type.sql, report_type.id)
    return {*first.values(), "connected_account_balance.summary.1"}


def _snapshot(dataset: str) -> Snapshot:
    folder = f"lake/{dataset}/{TENANT.organisation_id}/{TENANT.mode}"
    files = tuple(
        DataFile(f"dsf_{at}", f"{folder}/dsf_{at}.parquet", 1, 1, _FROM, _FROM, level, at)
        for at, level in enumerate(_LEVELS, start=1)
    )
    return Snapshot(schema(dataset), "lake", files, 2)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The statements of every report type.")
    parser.add_argument("--write", action="store_true", required=True, help="write them down anew")
    parser.parse_args()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    for each in names():
        (FOLDER / f"{each}.sql").write_text(text(statement(each)), encoding="utf-8")

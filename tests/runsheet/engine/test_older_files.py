"""Files that were written before a column was added to their dataset."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from runsheet import catalog
from runsheet.datasets.counting import visible_rows
from runsheet.datasets.model import DataFile, Snapshot
from runsheet.datasets.schema import schema
from runsheet.engine import report, session
from runsheet.engine.inputs import Inputs
from runsheet.engine.relations import Relation, Source
from tests.reports import cases

if TYPE_CHECKING:
    from collections.abc import Callable

    from runsheet.tenancy import Tenant

SCHEMA = schema("balance_transactions")
REQUIRED = [column.name for column in SCHEMA.columns if not column.nullable]
WRITTEN = cases.write
# One of each type that a column may have, here or in another dataset.
PROBED = {
    "description": "varchar",
    "customer_facing_amount": "bigint",
    "is_link": "boolean",
    "charge_created": "timestamp",
    "payout_expected_arrival_date": "date",
    "payment_metadata": "map(varchar, varchar)",
}
VALUES = (
    "'a' as description, '7' as customer_facing_amount, 'true' as is_link, '2024-01-02' as charge_created,"
    " '2024-01-03' as payout_expected_arrival_date, '{k=v}' as payment_metadata"
)


def records(number: int, more: str = "", deleted: str = "false") -> str:
    """Return the SQL of one record, with the columns that are required and `more`."""
    return f"""(select 'txn_{number}' as id, '2024-01-0{number} 00:00:00' as created,
        '2024-01-09 00:00:00' as available_on, 'usd' as currency, '{number}' as gross, '0' as fee, '{number}' as net,
        'charge' as reporting_category, {deleted} as _deleted{", " + more if more else ""})"""


def without(source: Source, *, keep: list[str] | None = None) -> Source:
    """Rewrite a file without the columns that are empty in it, or without all but those of `keep`."""
    path = Path(source.path)
    with cases.writer().cursor() as connection:
        names = [name for name, *_ in connection.execute(f"describe from '{path}'").fetchall()]
        counts = connection.execute(
            f"select {', '.join(f'count({name})' for name in names)} from '{path}'"
        ).fetchone()
        assert counts
        full = [name for name, count in zip(names, counts, strict=True) if count or name in REQUIRED]
        kept = ", ".join(full if keep is None else keep)
        connection.execute(f"create or replace temp table file as select {kept} from '{path}'")
        connection.execute(f"copy file to '{path}' (format parquet, compression zstd)")
    return source


def older(*given: Any, **named: Any) -> Source:
    """Write a file as `cases.write` does, without its empty columns."""
    return without(WRITTEN(*given, **named))


@pytest.fixture
def old(tmp_path: Path) -> Callable[..., Source]:
    def write(number: int, **options: Any) -> Source:
        source = WRITTEN(
            "balance_transactions", records(number), tmp_path / f"old{number}.parquet", **options
        )
        return without(source, keep=[*REQUIRED, "_deleted"])

    return write


@pytest.fixture
def new(tmp_path: Path) -> Callable[..., Source]:
    def write(number: int, **options: Any) -> Source:
        rows = records(number, VALUES)
        return WRITTEN("balance_transactions", rows, tmp_path / f"new{number}.parquet", **options)

    return write


def read(relation: Relation, where: str = "true") -> list[Any]:
    with session.connect(remote=False) as connection:
        session.lock(connection, relation.paths)
        relation.prepare(connection)
        columns = ", ".join(["id", *PROBED])
        found = connection.execute(
            f"select {columns} from ({relation.sql()}) where {where} order by id"
        ).fetchall()
        for name, kind in PROBED.items():
            [(stored,)] = connection.execute(
                f"select typeof(any_value({name})) from ({relation.sql()})"
            ).fetchall()
            assert stored == kind.upper()
    return [row if any(value is not None for value in row[1:]) else row[0] for row in found]


# As it is stored, UTC without saying so.
FULL = ("a", 7, True, datetime.fromisoformat("2024-01-02"), date(2024, 1, 3), {"k": "v"})


def test_a_column_that_no_file_has_is_empty(old: Callable[..., Source]) -> None:
    assert read(Relation(SCHEMA, (old(1), old(2)), ())) == ["txn_1", "txn_2"]
    assert read(Relation(SCHEMA, (old(1),), ())) == ["txn_1"]


def test_a_column_that_some_files_have_is_empty_in_the_others(
    old: Callable[..., Source], new: Callable[..., Source]
) -> None:
    expected = ["txn_1", ("txn_2", *FULL), "txn_3"]
    assert read(Relation(SCHEMA, (old(1), new(2), old(3)), ())) == expected
    assert read(Relation(SCHEMA, (new(2), old(1), old(3)), ())) == expected


@pytest.mark.parametrize("name", PROBED)
def test_records_are_found_by_a_column_that_their_file_lacks(
    old: Callable[..., Source], new: Callable[..., Source], name: str
) -> None:
    files = Relation(SCHEMA, (old(1), new(2), old(3)), ())
    assert read(files, f"{name} is null") == ["txn_1", "txn_3"]
    assert read(files, f"{name} is null and gross = 3") == ["txn_3"]
    assert read(files, f"{name} is not null") == [("txn_2", *FULL)]
    assert read(files, f"{name} is distinct from null and created < timestamp '2024-01-02'") == []
    if name == "description":
        assert read(files, "description = 'a' or gross = 1") == ["txn_1", ("txn_2", *FULL)]
        assert read(files, "coalesce(description, 'b') = 'b'") == ["txn_1", "txn_3"]


def test_older_and_newer_files_replace_each_other(
    old: Callable[..., Source], new: Callable[..., Source], tmp_path: Path
) -> None:
    emptied = replace(old(2), path=without(new(2, index=1)).path, index=1)
    assert read(Relation(SCHEMA, (old(1), old(2)), (new(1, index=0), emptied))) == [
        ("txn_1", *FULL),
        ("txn_2", *FULL),
    ]
    # An older file as the newest version: the record has lost its values.
    lost = old(3, index=1)
    deletion = WRITTEN(
        "balance_transactions", records(1, deleted="true"), tmp_path / "deletion.parquet", index=2
    )
    relation = Relation(SCHEMA, (new(3), old(1)), (new(3, index=0), lost, without(deletion)))
    assert read(relation) == ["txn_3"]


def test_base_files_may_have_no_mark_of_deletions(old: Callable[..., Source], tmp_path: Path) -> None:
    plain = without(old(1), keep=REQUIRED)
    assert read(Relation(SCHEMA, (plain,), ())) == ["txn_1"]
    recent = WRITTEN("balance_transactions", records(1), tmp_path / "recent.parquet")
    assert read(Relation(SCHEMA, (), (without(recent, keep=REQUIRED),))) == ["txn_1"]


@pytest.mark.parametrize("folder", cases.folders(), ids=lambda folder: f"{folder.parent.name}-{folder.name}")
def test_every_report_is_the_same_over_files_without_their_empty_columns(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = (folder / "expect.csv").read_bytes()
    monkeypatch.setattr(cases, "write", older)
    assert cases.run(folder, rows_per_part=3) == expected


def test_older_files_in_s3_are_exported_and_counted(
    lake: None,  # noqa: ARG001
    tenant: Tenant,
    old: Callable[..., Source],
    new: Callable[..., Source],
) -> None:
    files = []
    for number, source in enumerate((old(1), new(2), old(3)), start=1):
        key = f"lake/balance_transactions/org_a/live/dsf_{number}.parquet"
        body = Path(source.path).read_bytes()
        boto3.client("s3").put_object(Bucket=os.environ["LAKE_BUCKET"], Key=key, Body=body)
        at = datetime(2024, 1, number, tzinfo=UTC)
        files.append(DataFile(f"dsf_{number}", key, 1, len(body), at, at, "recent", number))
    snapshot = Snapshot(SCHEMA, os.environ["LAKE_BUCKET"], tuple(files), 3)
    report_type = catalog.report_type("balance_change_from_activity.itemized.3")
    bound = report_type.bind(
        {
            "interval_start": 1704067200,
            "interval_end": 1706745600,
            "columns": ["balance_transaction_id", "description", "is_link", "payment_metadata[*]"],
        }
    )
    report.export(
        tenant,
        Inputs(report_type, bound, {"balance_transactions": snapshot}),
        bucket=os.environ["RESULTS_BUCKET"],
        key="results/run.csv",
        on_progress=lambda _: None,
    )
    stored = boto3.client("s3").get_object(Bucket=os.environ["RESULTS_BUCKET"], Key="results/run.csv")
    assert stored["Body"].read().decode().splitlines()[1:] == [
        '"txn_1",,,',
        '"txn_2","a","true","v"',
        '"txn_3",,,',
    ]
    assert visible_rows(tenant, snapshot) == 3

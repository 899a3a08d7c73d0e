"""Statements at their limits, and over records that are hostile, late or deleted."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from local import athena_execution
from runsheet import athena
from runsheet.athena.report import MAX_SQL_BYTES
from runsheet.datasets.schema import schema
from runsheet.engine.errors import ReportFailed
from runsheet.engine.relations import Relation, Source
from tests.reports import cases
from tests.runsheet.athena import both

if TYPE_CHECKING:
    from pathlib import Path

DATASET = "balance_transactions"
ACTIVITY = "balance_change_from_activity.itemized.3"
INTERVAL = {"interval_start": "1709251200", "interval_end": "1711929600"}
WITHIN = datetime(2024, 3, 10)  # noqa: DTZ001 - as stored
HOSTILE = [
    "'",
    '"',
    '""',
    "a\nb",
    "a\r\nb",
    "\r",
    "?",
    "$path",
    "c0",
    ":text_0",
    ",",
    "=1+1",
    "＝1",  # noqa: RUF001
    "\t=1",
    "-5",
    "@x",
    "é",
    "😀",
    "\\",
    "\\n",
    "%s",
    "null",
    "",
    " ",
    "\x0b",
    "\x1f",
]


def record(path: Path, *rows: dict[str, Any], index: int = 0) -> Source:
    """Write a file of records and deletions."""
    common = {
        "created": "2024-03-10 10:00:00",
        "available_on": "2024-03-12 00:00:00",
        "currency": "usd",
        "gross": "1000",
        "fee": "59",
        "net": "941",
        "reporting_category": "charge",
        "_deleted": "false",
    }
    connection = duckdb.connect()
    names = list(dict.fromkeys(name for row in rows for name in (*row, *common)))
    connection.execute(f"create table given ({', '.join(f'{name} varchar' for name in names)})")
    for row in rows:
        connection.execute(
            f"insert into given values ({', '.join('?' for _ in names)})",
            [(common | row).get(name) for name in names],
        )
    text = path.with_suffix(".csv")
    connection.execute(f"copy given to '{text}' (header, force_quote *)")
    return cases.write(
        DATASET, cases._READ.format(path=f"'{text}'"), path.with_suffix(".parquet"), index=index
    )


def relation(base: list[Source], recent: list[Source]) -> dict[str, Relation]:
    return {DATASET: Relation(schema(DATASET), tuple(base), tuple(recent))}


def same(report_type: str, given: dict[str, Any], relations: dict[str, Relation]) -> str:
    by_duckdb, by_athena = both.of_run(report_type, INTERVAL | given, relations)
    assert by_athena == by_duckdb
    return by_athena.csv.decode()


def test_hostile_texts_are_the_same_in_cells_and_as_keys_and_filters(tmp_path: Path) -> None:
    # What a caller may name; the rest of the keys is what the data has.
    keys = [key for key in HOSTILE if key.isprintable() and key.strip()]
    rows = [
        {
            "id": f"txn_{at:02}",
            "description": text,
            "customer_name": f"{text}{text}",
            "connected_account": text or None,
            "payment_metadata": "{" + f"k{at}={at}" + "}",
        }
        for at, text in enumerate(HOSTILE)
    ]
    relations = relation([record(tmp_path / "base", *rows)], [])
    columns = ["description", "customer_name", "payment_metadata[*]", "net"]
    made = same(f"connected_account_{ACTIVITY}", {"columns": columns}, relations)
    assert made.count("9.41") == len([text for text in HOSTILE if text])
    named = [f"payment_metadata[{key}]" for key in keys]
    same(f"connected_account_{ACTIVITY}", {"columns": ["net", *named]}, relations)
    for text in ("'", "?", "$path", ":text_0", "\\"):
        asked = {"connected_account": text, "columns": ["description"]}
        assert same(f"connected_account_{ACTIVITY}", asked, relations).count("\n") >= 2
    accounts = {"connected_accounts": ["'", "?", "nobody"], "columns": ["description"]}
    assert same(f"connected_account_{ACTIVITY}", accounts, relations).count("\n") == 3


def test_the_newest_of_recent_files_wins_and_deletions_count(tmp_path: Path) -> None:
    base = [record(tmp_path / "base", *({"id": f"txn_{at}"} for at in range(6)))]
    recent = [
        record(tmp_path / "r0", {"id": "txn_1", "net": "1"}, {"id": "txn_2", "_deleted": "true"}, index=0),
        record(tmp_path / "r1", {"id": "txn_2", "net": "2"}, {"id": "txn_3", "net": "33"}, index=1),
        record(
            tmp_path / "r2",
            {"id": "txn_1", "_deleted": "true"},
            {"id": "txn_3", "net": "3"},
            {"id": "txn_9", "net": "9"},
            {"id": "txn_5", "created": "2024-05-01 00:00:00"},
            index=2,
        ),
    ]
    columns = ["balance_transaction_id", "net"]
    made = same(ACTIVITY, {"columns": columns}, relation(base, recent))
    assert made.splitlines()[1:] == [
        '"txn_0","9.41"', '"txn_2","0.02"', '"txn_3","0.03"', '"txn_4","9.41"', '"txn_9","0.09"',
    ]  # fmt: skip
    assert same(ACTIVITY, {"columns": columns}, relation([], recent)).count("\n") == 4
    assert same(ACTIVITY, {"columns": columns}, relation(base, [])).count("\n") == 7
    assert same(ACTIVITY, {"columns": columns}, relation([], [])).count("\n") == 1


def test_sums_are_wider_than_a_bigint(tmp_path: Path) -> None:
    most = "999999999999999999"
    rows = [
        {"id": f"txn_{at:02}", "gross": most, "fee": "0", "net": most, "currency": "jpy"} for at in range(12)
    ]
    made = same(
        "balance_change_from_activity.summary.1", {}, relation([record(tmp_path / "base", *rows)], [])
    )
    assert f'"{12 * int(most)}"' in made


@pytest.mark.parametrize(("files", "keys"), [(1000, 0), (10, 500)])
@pytest.mark.parametrize("level", ["base", "recent"])
def test_a_thousand_files_fit_and_so_do_five_hundred_columns(
    tmp_path: Path, level: str, files: int, keys: int
) -> None:
    one = record(tmp_path / "base", {"id": "txn_1"})
    # As long as the keys of data files are.
    many = [replace(one, path=f"/dsf_{at:026}.parquet", index=at) for at in range(files)]
    columns = [f"payment_metadata[{'k' * 30}{at}]" for at in range(keys)] or ["net"]
    with both.prepared(ACTIVITY, INTERVAL | {"columns": columns}, relation([one], [])) as (run, _):
        run.relations = relation(many, []) if level == "base" else relation([one], many)
        made = athena.statement(both.TENANT, both.in_the_lake(run))
    assert len(made.sql.encode()) < MAX_SQL_BYTES
    assert len(made.parameters) == keys


def test_a_statement_that_is_too_long_is_refused(tmp_path: Path) -> None:
    one = record(tmp_path / "base", {"id": "txn_1"})
    many = [replace(one, path=f"/f-{at:04}-{'x' * 200}.parquet") for at in range(1000)]
    with both.prepared(ACTIVITY, INTERVAL, relation([one], [])) as (run, _):
        run.relations = relation(many, [])
        with pytest.raises(ReportFailed) as failure:
            athena.statement(both.TENANT, both.in_the_lake(run))
    assert failure.value.code == "result_too_large"


@pytest.mark.parametrize(
    "path",
    [
        "s3://lake/lake/balance_transactions/org_2/test/f.parquet",
        "s3://lake/lake/balance_transactions/org_1/live/f.parquet",
        "s3://lake/lake/payments/org_1/test/f.parquet",
        "s3://lake/lake/balance_transactions/org_1/test/../../org_2/test/f.parquet",
        "s3://lake/lake/balance_transactions/org_1/test/f'.parquet",
        "s3://la'ke/lake/balance_transactions/org_1/test/f.parquet",
        "/lake/balance_transactions/org_1/test/f.parquet",
    ],
)
def test_no_file_of_another_tenant_is_named(tmp_path: Path, path: str) -> None:
    one = record(tmp_path / "base", {"id": "txn_1"})
    with both.prepared(ACTIVITY, INTERVAL, relation([one], [])) as (run, _):
        run.relations = relation([replace(one, path=path)], [])
        with pytest.raises(ValueError, match="not a data file"):
            athena.statement(both.TENANT, run)


def test_a_statement_reads_no_file_that_it_does_not_name(tmp_path: Path) -> None:
    one, other = record(tmp_path / "one", {"id": "txn_1"}), record(tmp_path / "other", {"id": "txn_2"})
    with both.prepared(ACTIVITY, INTERVAL | {"columns": ["balance_transaction_id"]}, relation([one], [])) as (
        run,
        _,
    ):
        made = athena.statement(both.TENANT, both.in_the_lake(run))
        table = both._table(relation([one, other], [])[DATASET])
        result = b"".join(athena_execution.execute(made.sql, made.parameters, {DATASET: table}))
    assert result.split(b"\n")[1:-2] == [b'"txn_1"']


def test_what_fails_says_why() -> None:
    with pytest.raises(athena_execution.StatementFailed, match="the report is refused, x: y"):
        list(athena_execution.execute("select fail('the report is refused, x: y')", [], {}))
    with pytest.raises(athena_execution.StatementFailed):
        list(athena_execution.execute("select 1 from (", [], {}))

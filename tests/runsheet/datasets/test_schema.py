"""The schema files, as they are read without DuckDB, held against DuckDB's own reading."""

from __future__ import annotations

from importlib import resources

import duckdb
import pytest

from runsheet.datasets import schema
from runsheet.errors import NotFound

DATASETS = sorted(schema.schemas())


def text_of(dataset: str) -> str:
    return (
        resources.files("runsheet.datasets").joinpath("schemas", f"{dataset}.sql").read_text(encoding="utf-8")
    )


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_column_and_check_is_read_as_duckdb_reads_it(dataset: str) -> None:
    described = schema.schema(dataset)
    with duckdb.connect() as connection:
        connection.execute(text_of(dataset))
        columns = connection.execute(
            "select column_name, data_type, is_nullable from duckdb_columns() where table_name = ?", [dataset]
        ).fetchall()
        constraints = "select constraint_type, constraint_text from duckdb_constraints() where table_name = ?"
        written = connection.execute(constraints, [dataset]).fetchall()
        columns_again = ", ".join(f"{column.name} {column.type}" for column in described.columns)
        checks_again = ", ".join(f"check ({check})" for check in described.checks)
        connection.execute(
            f"create table again ({columns_again}, primary key ({described.key}), {checks_again})"
        )
        read = connection.execute(constraints, ["again"]).fetchall()
    assert [(c.name, c.type, c.nullable) for c in described.columns] == columns
    assert {each for each in written if each[0] != "NOT NULL"} == {
        each for each in read if each[0] != "NOT NULL"
    }


@pytest.mark.parametrize("dataset", DATASETS)
def test_header_columns_exist_and_every_column_has_a_meaning(dataset: str) -> None:
    described = schema.schema(dataset)
    time = described.column(described.time)
    assert time is not None
    assert (time.type in {"TIMESTAMP", "DATE"}, time.nullable) == (True, False)
    assert all(described.column(name) is not None for name in described.currencies)
    assert described.title
    assert all(column.meaning for column in described.columns)


def test_balance_transactions_has_the_37_categories_and_metadata_maps() -> None:
    described = schema.schema("balance_transactions")
    [categories] = [check for check in described.checks if check.startswith("reporting_category in")]
    assert categories.count("'") == 2 * 37
    maps = [column.name for column in described.columns if column.type == "MAP(VARCHAR, VARCHAR)"]
    assert maps == ["payment_metadata", "refund_metadata", "transfer_metadata"]


@pytest.mark.parametrize(
    "name", ["", "nope", "../schemas/balance_transactions", "Balance_transactions", "x" * 9999]
)
def test_an_unknown_dataset_is_not_found(name: str) -> None:
    with pytest.raises(NotFound, match="No such dataset: '") as raised:
        schema.schema(name)
    assert len(raised.value.message) < 150

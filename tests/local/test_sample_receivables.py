"""The sample receivables are the same for everyone, are what the datasets take, and give every report something to show."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from local.sample_receivables import CUSTOMERS, INVOICES, receivables
from runsheet import catalog
from runsheet.datasets.schema import schema
from runsheet.datasets.staging import stage
from runsheet.engine.relations import Relation
from runsheet.engine.session import connect, literal
from tests.reports import cases

if TYPE_CHECKING:
    from pathlib import Path

UNTIL = date(2026, 3, 1)
Row = dict[str, Any]


@pytest.fixture(scope="module")
def records() -> dict[str, list[Row]]:
    return receivables(UNTIL)


@pytest.fixture(scope="module")
def relations(records: dict[str, list[Row]], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Relation]:
    """The sample as the lake has it, by way of the check that every record passes."""
    folder = tmp_path_factory.mktemp("sample")
    return {name: _stored(name, rows, folder) for name, rows in records.items()}


def _stored(dataset: str, rows: list[Row], folder: Path) -> Relation:
    path, stored = folder / f"{dataset}.ndjson", folder / f"{dataset}.parquet"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    with connect(directory=folder, remote=False) as connection:
        connection.execute("set global timezone = 'UTC'")
        staged = stage(
            connection, schema(dataset), path, "ndjson", staged=folder / f"{dataset}.staged.parquet"
        )
        assert staged.rows == len(rows)
        connection.execute(f"copy (from records) to {literal(str(stored))} (format parquet)")
    source = cases.write(dataset, f"read_parquet({literal(str(stored))})", folder / f"{dataset}.lake.parquet")
    return Relation(schema(dataset), (source,), ())


def report(report_type: str, relations: dict[str, Relation], **given: Any) -> list[dict[str, str]]:
    reads = {name: relations[name] for name in catalog.report_type(report_type).reads}
    return list(csv.DictReader(io.StringIO(cases.csv(report_type, given, reads).decode())))


def test_the_same_day_gives_the_same_data_and_another_day_other(records: dict[str, list[Row]]) -> None:
    assert receivables(UNTIL) == records
    assert receivables(UNTIL + timedelta(days=1)) != records
    assert receivables(UNTIL, seed=2) != records


def test_ids_are_there_once_and_refer_to_what_is_there(records: dict[str, list[Row]]) -> None:
    ids = {name: {row["id"] for row in rows} for name, rows in records.items()}
    assert {name: len(found) for name, found in ids.items()} == {
        name: len(rows) for name, rows in records.items()
    }
    assert (len(ids["customers"]), len(ids["invoices"])) == (CUSTOMERS, INVOICES)
    for name in ("invoices", "payments", "credit_memos"):
        assert {row["customer_id"] for row in records[name]} <= ids["customers"]
    for name, credit in (("payment_allocations", "payment"), ("credit_memo_allocations", "credit_memo")):
        assert {row["invoice_id"] for row in records[name]} <= ids["invoices"]
        assert {row[f"{credit}_id"] for row in records[name]} <= ids[f"{credit}s"]


def test_nothing_is_from_the_future(records: dict[str, list[Row]]) -> None:
    end = datetime(UNTIL.year, UNTIL.month, UNTIL.day, tzinfo=UTC)
    for name, rows in records.items():
        assert all(datetime.fromisoformat(row[schema(name).time]) < end for row in rows), name


def test_the_aging_shows_every_bucket_every_kind_of_document_and_three_currencies(
    records: dict[str, list[Row]], relations: dict[str, Relation]
) -> None:
    rows = report("ar_aging.detail.1", relations, as_of="2026-02-28")
    assert {row["bucket"] for row in rows} == {
        "current",
        "days_1_30",
        "days_31_60",
        "days_61_90",
        "days_91_plus",
    }
    assert {row["document_type"] for row in rows} == {"invoice", "payment", "credit_memo"}
    assert {row["currency"] for row in rows} == {"usd", "eur", "jpy"}
    assert {row["due_date_missing"] for row in rows} == {"true", "false"}
    assert len(rows) < len(records["invoices"]) / 2


def test_the_syncs_show_what_is_stale_what_failed_and_what_stopped(relations: dict[str, Relation]) -> None:
    start, end = (int(datetime(2026, 2, day, tzinfo=UTC).timestamp()) for day in (22, 28))
    rows = report("integration_sync.detail.1", relations, interval_start=start, interval_end=end)
    assert {row["integration_name"] for row in rows if row["stale"] == "true"} == {"Stripe", "Coupa"}
    assert {row["status"] for row in rows} == {"succeeded", "partial", "failed", "no_run"}
    assert {row["integration_name"] for row in rows} == {"NetSuite", "Salesforce", "Stripe", "Coupa"}

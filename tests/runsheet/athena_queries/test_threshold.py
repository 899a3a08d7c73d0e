"""How large a run is, by what is known of the files."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from runsheet import catalog
from runsheet.athena_queries import threshold
from runsheet.datasets import schema
from runsheet.datasets.model import DataFile, Snapshot
from runsheet.engine.inputs import Inputs
from runsheet.runtime import settings

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def limit(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("ATHENA_ROWS", "1000")
    settings.settings.cache_clear()
    yield
    settings.settings.cache_clear()


def file(month: int, rows: int) -> DataFile:
    first = datetime(2024, month, 1, tzinfo=UTC)
    last = datetime(2024, month + 1, 1, tzinfo=UTC) - (datetime(1, 1, 1, 0, 0, 1) - datetime(1, 1, 1))  # noqa: DTZ001
    return DataFile(f"dsf_{month}", "key", rows, 1, first, last, "base", 1)


def inputs(report_type: str, *files: DataFile, **parameters: Any) -> Inputs:
    found = catalog.report_type(report_type)
    snapshots = {name: Snapshot(schema.schema(name), "lake", files, 1) for name in found.reads}
    return Inputs(found, found.bind(parameters), snapshots)


def test_the_records_of_the_interval_count_and_those_of_a_file_are_taken_to_be_even() -> None:
    files = file(1, 310), file(2, 290), file(3, 3100)
    of = "balance_change_from_activity.itemized.3"
    assert threshold.input_rows(inputs(of, *files, interval="2024-01")) == 310
    assert threshold.input_rows(inputs(of, *files, interval="2024-Q1")) == 3700
    assert threshold.input_rows(inputs(of, *files, interval="2024-03-05")) == 100
    assert threshold.input_rows(inputs(of, *files, interval="2023-12")) == 0


def test_a_report_of_what_was_before_its_end_counts_all_that_was() -> None:
    found = inputs("balance.summary.1", file(1, 310), file(2, 290), file(3, 3100), interval="2024-02")
    assert found.report_type.reads == {"balance_transactions": "before_end"}
    assert threshold.input_rows(found) == 600


def test_a_file_of_deletions_alone_counts_nothing() -> None:
    deletions = replace(file(1, 500), first=None, last=None)
    assert threshold.input_rows(inputs("balance.summary.1", deletions, interval="2024-02")) == 0


@pytest.mark.parametrize(("rows", "reached"), [(999, False), (1000, True)])
def test_a_run_of_so_many_records_is_too_large(rows: int, *, reached: bool) -> None:
    found = inputs("balance.summary.1", file(1, rows), interval="2024-01")
    assert threshold.is_reached(found) == reached


@pytest.mark.parametrize("format_", ["jsonl", "parquet"])
def test_other_formats_are_never(format_: str) -> None:
    found = inputs("balance.summary.1", file(1, 10**9), interval="2024-01", format=format_)
    assert not threshold.is_reached(found)


def test_zero_is_never_whatever_the_type_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATHENA_ROWS", "0")
    settings.settings.cache_clear()
    found = inputs("balance.summary.1", file(1, 10**9), interval="2024-01")
    assert not threshold.is_reached(found)
    costly = replace(found, report_type=replace(found.report_type, athena_rows=5))
    assert not threshold.is_reached(costly)


def test_a_type_that_costs_more_may_go_earlier_and_none_later() -> None:
    plain = catalog.report_type("balance.summary.1")
    assert threshold.rows_of(replace(plain, athena_rows=10)) == 10
    assert threshold.rows_of(replace(plain, athena_rows=10_000)) == 1000

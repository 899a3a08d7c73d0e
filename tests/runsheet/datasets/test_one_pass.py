"""The short way takes what the long way takes, as it does, and leaves everything else to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from runsheet.datasets import ingest, one_pass, schema, staging
from runsheet.datasets.model import RecordsRefused
from tests.runsheet.datasets.test_staging import HEADER, csv, row

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = schema.schema("balance_transactions")


def in_one_pass(directory: Path, content: bytes) -> list[tuple[Any, ...]] | None:
    """Return the rows as they lie in the written file, None if the file was left to the long way."""
    path, target = directory / "input", directory / "sorted"
    path.write_bytes(content)
    with ingest._session(directory, [path, target], memory_bytes=one_pass.MEMORY_BYTES) as connection:
        held = one_pass.write(connection, SCHEMA, path, target, on_progress=lambda _: None)
    if held is None:
        return None
    found = duckdb.sql(f"select {HEADER}, _deleted from read_parquet('{target}')").fetchall()
    assert held.rows == len(found)
    return found


def staged(directory: Path, content: bytes) -> list[tuple[Any, ...]] | None:
    """Return the rows of the long way, by time and key, None if it refuses them."""
    path, kept = directory / "input", directory / "staged"
    path.write_bytes(content)
    with ingest._session(directory, [path, kept]) as connection:
        try:
            staging.stage(connection, SCHEMA, path, "csv", staged=kept)
        except RecordsRefused:
            return None
        return connection.execute(f"select {HEADER}, _deleted from records order by created, id").fetchall()


def test_a_good_file_is_written_sorted_by_time_and_key(tmp_path: Path) -> None:
    content = csv(
        row(id="b", created="2024-03-02T10:00:00Z"),
        row(id="c", created="2024-03-01"),
        row(id="a", created="2024-03-02T12:00:00+02:00", description=""),
    )
    found = in_one_pass(tmp_path, content)
    assert found == staged(tmp_path, content)
    assert [record[0] for record in found or []] == ["c", "a", "b"]


def test_a_file_without_a_record_is_one(tmp_path: Path) -> None:
    assert in_one_pass(tmp_path, csv()) == []


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("created", "2024-03-01T24:00:00Z"),
        ("created", "2024-03-01T23:59:60Z"),
        ("created", "2024-02-30T10:00:00Z"),
        ("created", "2024-13-01T10:00:00Z"),
        ("created", "1899-12-31T23:59:59Z"),
        ("created", "0000-01-01T00:00:00Z"),
        ("created", " 024-03-01T10:00:00Z"),
        ("created", "2024-03-01T10:00:0 Z"),
        ("created", "2024-03-01T10:00:00.1234567Z"),
        ("gross", "12.5"),
        ("gross", "0x10"),
        ("gross", "1e3"),
        ("currency", "USD"),
        ("currency", "us"),
        ("currency", ""),
        ("reporting_category", "Charge"),
        ("reporting_category", "charge "),
        ("net", "940"),
        ("id", ""),
    ],
)
def test_a_bad_row_is_left_to_the_long_way_which_refuses_it(tmp_path: Path, column: str, text: str) -> None:
    content = csv(row(id="a"), row(**({"id": "b"} | {column: text})))
    assert staged(tmp_path, content) is None
    assert in_one_pass(tmp_path, content) is None


@pytest.mark.parametrize(
    "content",
    [
        csv(row(id="a"), row(id="b"), row(id="a", created="2025-03-01")),
        csv(row() + ",true", header=HEADER + ",deleted"),
        csv(row(), row(id="b") + ",one too many"),
        csv(row(), row(id="b", description='"never closed')),
    ],
    ids=["a key that is there twice", "a deletion", "too many values", "an open quote"],
)
def test_what_needs_more_than_one_look_is_left_to_the_long_way(tmp_path: Path, content: bytes) -> None:
    assert in_one_pass(tmp_path, content) is None


def test_a_file_too_large_for_one_file_of_the_lake_is_left_to_the_long_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert in_one_pass(tmp_path, csv(row())) is not None
    monkeypatch.setattr(one_pass, "MAX_BYTES", 10)
    assert in_one_pass(tmp_path, csv(row())) is None

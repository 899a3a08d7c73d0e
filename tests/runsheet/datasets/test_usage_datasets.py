"""What account usage is made of: what is taken as it was sent, what is refused in which words, and when a day is."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from runsheet.datasets import description, ingest, records, schema, service, staging, writing
from runsheet.datasets.model import RecordsRefused
from runsheet.engine.credentials import lake_credentials
from runsheet.engine.relations import naive, relation
from runsheet.engine.session import attach_lake, connect
from runsheet.errors import InvalidRequest
from tests.lake import ndjson

if TYPE_CHECKING:
    from pathlib import Path

    from runsheet.tenancy import Tenant

needs_lake = pytest.mark.usefixtures("lake")
GOOD: dict[str, dict[str, Any]] = {
    "usage_records": {
        "id": "a",
        "used_at": "2026-03-01T07:00:00Z",
        "organisation_id": "org_child",
        "category": "Continuous Ingest",
        "unit": "GB",
        "quantity": 0.5,
    },
    "credit_rates": {
        "id": "a",
        "effective_from": "2026-03-01",
        "category": "Metrics Ingest",
        "unit": "DPM",
        "credits_per_unit": 0.003,
        "position": 2,
    },
    "promotional_credits": {
        "id": "a",
        "valid_from": "2026-03-01",
        "valid_until": "2026-03-01",
        "category": "Metrics Ingest",
        "credits": 100,
    },
    "deployment_charges": {
        "id": "a",
        "effective_from": "2026-03-01",
        "deployment": "Zürich",
        "surcharge": 0.1,
    },
}
TAKEN = {
    "usage_records": (
        "a",
        datetime(2026, 3, 1, 7, tzinfo=UTC).replace(tzinfo=None),
        "org_child",
        "Continuous Ingest",
        "GB",
        Decimal("0.500000000"),
    ),
    "credit_rates": ("a", date(2026, 3, 1), "Metrics Ingest", "DPM", Decimal("0.003000000"), 2),
    "promotional_credits": ("a", date(2026, 3, 1), date(2026, 3, 1), "Metrics Ingest", Decimal(100)),
    "deployment_charges": ("a", date(2026, 3, 1), "Zürich", Decimal("0.100000000")),
}


def send(tenant: Tenant, dataset: str, *sent: dict[str, Any]) -> None:
    records.create(tenant, dataset, json.dumps(sent).encode(), content_type="application/json", batch_id=None)


def seen(tenant: Tenant, dataset: str) -> list[tuple[Any, ...]]:
    """Return what a report sees of a dataset."""
    merged = relation(service.snapshot(tenant, dataset))
    with connect() as connection:
        attach_lake(connection, lake_credentials(tenant))
        merged.prepare(connection)
        return connection.execute(f"select * from ({merged.sql()}) order by id").fetchall()


@needs_lake
@pytest.mark.parametrize("dataset", GOOD)
def test_a_record_with_every_column_is_taken_as_it_was_sent(tenant: Tenant, dataset: str) -> None:
    assert set(GOOD[dataset]) == {column.name for column in schema.schema(dataset).columns}
    send(tenant, dataset, GOOD[dataset])
    assert seen(tenant, dataset) == [TAKEN[dataset]]


@needs_lake
@pytest.mark.parametrize(
    ("dataset", "name"),
    [
        ("usage_records", "organisation_id"),
        ("credit_rates", "position"),
        ("deployment_charges", "deployment"),
    ],
)
def test_only_these_columns_may_be_absent(tenant: Tenant, dataset: str, name: str) -> None:
    optional = {column.name for column in schema.schema(dataset).columns if column.nullable}
    assert optional == {name}
    send(tenant, dataset, {key: value for key, value in GOOD[dataset].items() if key != name})
    [row] = seen(tenant, dataset)
    assert row.count(None) == 1


NAMES = [
    ("Total", "must not be one of Total, Promotional, Deployment Charge"),
    ("Deployment Charge", "must not be one of Total, Promotional, Deployment Charge"),
    (" Ingest", "must not begin or end with a space"),
    ("Ingest\u00a0", "must not begin or end with a space"),
    ("Ingest\nStorage", "must not hold control characters"),
    ("Ingest\u2028", "must not hold control characters"),
    ("Ingest\x7f", "must not hold control characters"),
    ("", "must be 1 to 100 characters long"),
    ("x" * 101, "must be 1 to 100 characters long"),
]
UNITS = [("GB ", "must not begin or end with a space"), ("G\tB", "must not hold control characters")]
WRONG = [
    *(
        (dataset, "category", name, reason)
        for dataset in ("usage_records", "credit_rates", "promotional_credits")
        for name, reason in NAMES
    ),
    *(
        (dataset, "unit", unit, reason)
        for dataset in ("usage_records", "credit_rates")
        for unit, reason in UNITS
    ),
    ("usage_records", "unit", "x" * 41, "must be 1 to 40 characters long"),
    ("credit_rates", "unit", "", "must be 1 to 40 characters long"),
    ("usage_records", "organisation_id", "", "must be 1 to 255 characters long"),
    ("usage_records", "id", "x" * 256, "must be 1 to 255 characters long"),
    ("usage_records", "quantity", -0.5, "must be at least 0"),
    ("credit_rates", "credits_per_unit", -1, "must be at least 0"),
    ("promotional_credits", "credits", "-0.1", "must be at least 0"),
    ("deployment_charges", "surcharge", -1e-9, "must be from 0 to 1000"),
    ("promotional_credits", "valid_until", "2026-02-28", "must be at least valid_from"),
    ("credit_rates", "effective_from", "2026-03-01T00:00:00Z", "must be a date as YYYY-MM-DD"),
    ("credit_rates", "position", 1.5, "must be a whole number"),
    ("usage_records", "quantity", 0.1 + 0.2, "must be a decimal number such as 12.5"),
]


@pytest.mark.parametrize(("dataset", "column", "wrong", "reason"), WRONG)
def test_what_is_wrong_is_told_in_words(
    tmp_path: Path, dataset: str, column: str, wrong: object, reason: str
) -> None:
    path = tmp_path / "input"
    path.write_bytes(ndjson(GOOD[dataset], GOOD[dataset] | {column: wrong}))
    with (
        ingest._session(tmp_path, [path, tmp_path / "staged"]) as connection,
        pytest.raises(RecordsRefused) as raised,
    ):
        staging.stage(connection, schema.schema(dataset), path, "ndjson", staged=tmp_path / "staged")
    [bad] = raised.value.rows
    assert (bad.line, bad.column) == (2, column)
    assert bad.reason.startswith(reason)
    assert bad.reason.isprintable()


@needs_lake
def test_the_longest_names_are_taken(tenant: Tenant) -> None:
    longest = {"category": "é" * 100, "unit": "漢" * 40, "organisation_id": "x" * 255, "id": "y" * 255}
    send(tenant, "usage_records", GOOD["usage_records"] | longest)
    [row] = seen(tenant, "usage_records")
    assert (row[3], row[4]) == (longest["category"], longest["unit"])


@needs_lake
def test_numbers_of_an_array_are_kept_as_they_are_written(tenant: Tenant) -> None:
    """Doubles would make 123456789.12345679 of the first, and take the last."""
    line = json.dumps(GOOD["usage_records"]).replace('"a"', '"%s"').replace("0.5", "%s")
    written = [("a", "123456789.123456789"), ("b", "0.100"), ("c", "1e-9"), ("d", "999999999.999999999")]
    body = "[" + ",\n\r\t".join(line.replace(", ", ",\r\n ") % each for each in written) + "]"
    records.create(tenant, "usage_records", body.encode(), content_type="application/json", batch_id=None)
    assert [row[-1] for row in seen(tenant, "usage_records")] == [Decimal(text) for _, text in written]
    wrong = "[" + line % ("e", "0.10000000000000000001") + "]"
    with pytest.raises(InvalidRequest, match=r"it is '0\.10000000000000000001'"):
        records.create(
            tenant, "usage_records", wrong.encode(), content_type="application/json", batch_id=None
        )


# ---------------------------------------------------------------- days as times


def rate(number: int, day: str, **changes: Any) -> dict[str, Any]:
    return GOOD["credit_rates"] | {"id": f"r{number}", "effective_from": day} | changes


@needs_lake
def test_a_day_stands_for_its_first_instant(tenant: Tenant) -> None:
    send(tenant, "credit_rates", rate(1, "2026-03-01"), rate(2, "2025-12-31"))
    [file] = service.snapshot(tenant, "credit_rates").files
    first, last = datetime(2025, 12, 31, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
    assert (file.first, file.last) == (first, last)
    shown = description.retrieve(tenant, "credit_rates")
    assert (shown.first_record_at, shown.last_record_at) == (first.timestamp(), last.timestamp())
    assert (shown.time_column, shown.columns[1].type, shown.columns[4].type) == (
        "effective_from",
        "date",
        "decimal",
    )
    assert service.availability(tenant, "credit_rates").start == datetime(2025, 11, 30, tzinfo=UTC)


@needs_lake
def test_base_files_of_days_outside_the_interval_are_left_out(tenant: Tenant) -> None:
    send(tenant, "credit_rates", rate(1, "2026-03-01"))
    send(tenant, "credit_rates", rate(1, "2026-03-01", position=7), rate(2, "2026-04-01"))
    merged = relation(service.snapshot(tenant, "credit_rates"))
    first, second = (naive(datetime(2026, 3, day, tzinfo=UTC)) for day in (1, 2))
    assert [source.first for source in merged.base] == [first]
    assert merged.within(first, second).base == merged.base
    assert merged.within(second, None).base == merged.within(None, first).base == ()
    assert [(row[0], row[-1]) for row in seen(tenant, "credit_rates")] == [("r1", 7), ("r2", 2)]


@needs_lake
def test_slices_part_records_by_day(tenant: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "CELLS_IN_A_SLICE", 100)
    path = tmp_path / "rates.ndjson"
    path.write_bytes(ndjson(*(rate(n, f"2026-03-{1 + n % 28:02}") for n in range(200))))
    incoming = ingest.Incoming(path, "ndjson", "rates", ingest.content_hash(path, "ndjson"))
    assert ingest.ingest(tenant, "credit_rates", incoming).row_count == 200
    files = sorted(service.snapshot(tenant, "credit_rates").files, key=lambda file: file.id)
    assert len(files) > 3
    assert sum(file.rows for file in files) == 200
    assert all(one.last < other.first for one, other in pairwise(files) if one.last and other.first)
    assert len(seen(tenant, "credit_rates")) == 200

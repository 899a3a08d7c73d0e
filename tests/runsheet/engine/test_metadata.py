"""A column for every key of the metadata: which there are, in which order, and how many there may be."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runsheet import catalog
from runsheet.datasets.schema import schema
from runsheet.engine import metadata, session
from runsheet.engine.errors import ReportFailed
from runsheet.engine.relations import Relation
from runsheet.engine.run import Run
from runsheet.engine.session import literal
from tests.reports import cases

if TYPE_CHECKING:
    from pathlib import Path

BOUNDS = {"interval_start": 1704067200, "interval_end": 1706745600}


def look(**found: list[str]) -> metadata.Look:
    """Return what looks at rows that have these keys, by family."""

    def at_rows(select: str, rest: str = "") -> list[tuple[Any, ...]]:
        assert rest == "limit 501"
        [keys] = [keys for family, keys in found.items() if f'map_keys("{family}")' in select]
        return [(key,) for key in keys[:501]]

    return at_rows


def test_every_key_has_a_column_in_its_place_in_alphabetical_order() -> None:
    looked_at = look(a=["z", "", "B", "é", "b", "=1"], b=["x"])
    assert metadata.with_every_key(["b[*]", "net", "a[*]"], looked_at) == (
        "b[x]", "net", "a[]", "a[=1]", "a[B]", "a[b]", "a[z]", "a[é]",
    )  # fmt: skip


def test_a_key_that_is_named_is_not_repeated_and_one_that_is_a_star_is_shown() -> None:
    looked_at = look(a=["*", "x", "y"], b=["x"])
    assert metadata.with_every_key(["a[y]", "a[*]", "b[*]"], looked_at) == ("a[y]", "a[*]", "a[x]", "b[x]")
    assert metadata.with_every_key(["a[x[*]", "a[**]"], looked_at) == ("a[x[*]", "a[**]")


def test_a_run_has_at_least_the_columns_that_it_asks_for() -> None:
    assert metadata.with_every_key(["a[*]"], look(a=[])) == ("a[*]",)
    assert metadata.with_every_key(["a[*]", "net"], look(a=[])) == ("net",)


def test_five_hundred_keys_are_the_most() -> None:
    half = [f"k{number:03}" for number in range(250)]
    assert len(metadata.with_every_key(["a[*]", "b[*]"], look(a=half, b=half))) == 500
    for many in ({"a": half, "b": [*half, "x"]}, {"a": half * 3, "b": []}):
        with pytest.raises(ReportFailed, match="more than 500 keys") as failed:
            metadata.with_every_key(["a[*]", "b[*]"], look(**many))
        assert failed.value.code == "too_many_columns"


@given(st.lists(st.text(), unique=True, max_size=20), st.lists(st.text(min_size=1), max_size=5))
def test_whatever_the_keys_are_each_has_one_column(keys: list[str], named: list[str]) -> None:
    own = [f"a[{key}]" for key in named if key != "*"]
    columns = metadata.with_every_key(["a[*]", *own], look(a=keys))
    assert set(columns) - {"a[*]"} == {f"a[{key}]" for key in [*keys, *named] if key != "*"}
    assert ("a[*]" in columns) == ("*" in keys or not (keys or own))


def test_a_part_has_fewer_records_the_more_columns_there_are(tmp_path: Path) -> None:
    records = """(select 'txn_' || i as id, timestamp '2024-01-01' + to_hours(i::int) as created, created as available_on,
        'usd' as currency, 1 as gross, 0 as fee, 1 as net, 'charge' as reporting_category, 'po_1' as automatic_payout_id,
        timestamp '2024-01-31' as automatic_payout_effective_at, map {'k' || i % 10: 'v'} as payment_metadata
        from range(600) as r(i))"""
    source = cases.write("balance_transactions", records, tmp_path / "base.parquet")
    lake = {"balance_transactions": Relation(schema("balance_transactions"), (source,), ())}
    for name in ("balance_change_from_activity.itemized.3", "payout_reconciliation.itemized.5"):
        report_type = catalog.report_type(name)
        parts = []
        for column in ("payment_metadata[k1]", "payment_metadata[*]"):
            bound = report_type.bind(BOUNDS | {"columns": [column]})
            with session.connect(remote=False) as connection:
                run = Run(report_type, bound, lake, tmp_path, 300)
                run.prepare(connection)
                parts.append(len(run.parts))
        assert parts[1] >= 6 * parts[0], name


def test_the_keys_of_a_run_are_those_of_its_own_rows_in_every_part(tmp_path: Path) -> None:
    hostile = [
        "'); drop table x; --",
        '","',
        "=cmd|' /C calc'!A0",
        "payment_metadata[x]",
        "$part_start",
        "x" * 5000,
    ]
    rows = ", ".join(
        f"('txn_{n:03}', timestamp '2024-01-01' + to_days({n}::int), {1 if n < 31 else 9}, map {{{literal(key)}: 'v{n}'}})"
        for n, key in enumerate([*hostile * 6, "of february"])
    )
    columns = "*, created as available_on, 'usd' as currency, gross as net, 0 as fee, 'charge' as reporting_category"
    records = f"""(select {columns}
        from (values {rows}) as v(id, created, gross, payment_metadata))"""
    source = cases.write("balance_transactions", records, tmp_path / "base.parquet")
    lake = {"balance_transactions": Relation(schema("balance_transactions"), (source,), ())}
    given_ = BOUNDS | {"columns": ["payment_metadata[*]", "balance_transaction_id"]}
    made = cases.csv("balance_change_from_activity.itemized.3", given_, lake, rows_per_part=5).decode()
    header, *lines = csv.reader(io.StringIO(made, newline=""))
    assert header == [*(f"payment_metadata[{key}]" for key in sorted(hostile)), "balance_transaction_id"]
    assert len(lines) == 31
    for number, line in enumerate(lines):
        cells = dict(zip(header, line, strict=True))
        expected = f"payment_metadata[{hostile[number % 6]}]"
        assert {name for name, cell in cells.items() if cell} == {expected, "balance_transaction_id"}
        assert cells[expected] == f"v{number}"

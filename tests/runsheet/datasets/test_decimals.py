"""Decimals survive every format exactly, or are refused in words."""

from __future__ import annotations

import json
import re
import tempfile
from decimal import Context, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runsheet.datasets import ingest, schema, staging
from runsheet.datasets.model import RecordsRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runsheet.datasets.model import BadRow, Format

EXPECTED = "must be a decimal number such as 12.5, of at most 9 digits before the point and 9 behind it"
HEADER = "id,used_at,category,unit,quantity"
ROW = {"used_at": "2026-03-01T00:00:00Z", "category": "Continuous Ingest", "unit": "GB"}
EXACT = Context(prec=1000)

decimals = st.decimals(min_value=0, max_value=Decimal("999999999.999999999"), places=9)
plain = st.one_of(
    decimals.map(lambda value: f"{value:f}"),
    decimals.map(lambda value: f"{value.normalize():f}"),
    st.from_regex(r"(0|[1-9][0-9]{0,8})(\.[0-9]{1,9}0{0,30})?", fullmatch=True),
)
# One digit before the point, as every language writes it.
scientific = decimals.filter(bool).map(lambda value: f"{value.normalize():e}")
# What JSON lets a number be; few of them fit.
numbers = st.from_regex(r"(0|[1-9][0-9]{0,11})(\.[0-9]{1,40})?([eE][-+]?[0-9]{1,4})?", fullmatch=True).filter(
    lambda text: len(text) < 60
)


def value(text: str) -> Decimal | None:
    """Return the decimal that is written, None if it does not fit."""
    exact = EXACT.create_decimal(text)
    fits = (
        exact < 10**9 and EXACT.multiply(exact, Decimal(10) ** 9) % 1 == 0 if exact.adjusted() < 20 else False
    )
    return exact if fits else None


def judged(content: bytes, form: Format) -> list[Decimal] | tuple[BadRow, ...]:
    """Return the quantities in the order of their ids, or why the file is refused."""
    with tempfile.TemporaryDirectory() as name:
        path, kept = Path(name) / "input", Path(name) / "staged"
        path.write_bytes(content)
        with ingest._session(Path(name), [path, kept]) as connection:
            try:
                staging.stage(connection, schema.schema("usage_records"), path, form, staged=kept)
            except RecordsRefused as refused:
                return refused.rows
            found = connection.execute("select quantity from records order by id").fetchall()
    return [quantity for (quantity,) in found]


def csv(*cells: str) -> bytes:
    rest = ",".join(ROW.values())
    return "\n".join([HEADER, *(f"u{n:04},{rest},{cell}" for n, cell in enumerate(cells)), ""]).encode()


def ndjson(*written: str, more: str = "") -> bytes:
    """Return records whose quantities are JSON as it is given."""
    begin = json.dumps(ROW)[:-1]
    return "\n".join(
        f'{begin}, "id": "u{n:04}", {more}"quantity": {text}}}' for n, text in enumerate(written)
    ).encode()


def parquet(values: pa.Array) -> bytes:
    count = len(values)
    columns = {name: pa.array([text] * count) for name, text in ROW.items()}
    ids = pa.array([f"u{n:04}" for n in range(count)])
    out = pa.BufferOutputStream()
    pq.write_table(pa.table(columns | {"id": ids, "quantity": values}), out)
    return out.getvalue().to_pybytes()


def refused(content: bytes, form: Format) -> list[tuple[int | None, str]]:
    found = judged(content, form)
    assert isinstance(found, tuple), found
    assert {bad.column for bad in found} == {"quantity"}
    return [(bad.line, bad.reason) for bad in found]


@given(st.lists(plain, min_size=1, max_size=50))
@settings(max_examples=30, deadline=None)
def test_what_fits_survives_as_it_is_written(texts: list[str]) -> None:
    expected = [value(text) for text in texts]
    assert judged(csv(*texts), "csv") == expected
    assert judged(ndjson(*texts), "ndjson") == expected
    assert judged(ndjson(*(f'"{text}"' for text in texts)), "ndjson") == expected


@given(st.lists(scientific, min_size=1, max_size=50))
@settings(max_examples=30, deadline=None)
def test_a_json_number_may_be_scientific(texts: list[str]) -> None:
    assert judged(ndjson(*texts), "ndjson") == [value(text) for text in texts]
    assert len(refused(csv(*texts), "csv")) == len(texts)


@given(st.lists(numbers, min_size=1, max_size=50))
@settings(max_examples=60, deadline=None)
def test_no_json_number_is_taken_for_another(texts: list[str]) -> None:
    found = judged(ndjson(*texts), "ndjson")
    bad = {row.line for row in found if isinstance(row, tuple) or hasattr(row, "line")}  # type: ignore[union-attr]
    kept = [text for line, text in enumerate(texts, start=1) if line not in bad]
    assert judged(ndjson(*kept), "ndjson") == [value(text) for text in kept]
    assert all(text not in kept for text in texts if value(text) is None)


@given(st.lists(decimals.map(float), min_size=1, max_size=50))
@settings(max_examples=30, deadline=None)
def test_a_double_is_the_decimal_that_json_writes_it_as_or_none(doubles: list[float]) -> None:
    texts = [json.dumps(double) for double in doubles]
    kept = [text for text in texts if value(text) is not None]
    assert judged(ndjson(*kept), "ndjson") == [value(text) for text in kept]

"""Decimals survive every format exactly, or are refused in words."""

from __future__ import annotations

import atexit
import json
import tempfile
from contextlib import ExitStack
from decimal import Context, Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runsheet.datasets import ingest, json_numbers, schema, staging
from runsheet.datasets.model import RecordsRefused

if TYPE_CHECKING:
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
    path, kept, connection = session()
    path.write_bytes(content)
    try:
        staging.stage(connection, schema.schema("usage_records"), path, form, staged=kept)
        found = connection.execute("select quantity from records order by id").fetchall()
    except RecordsRefused as refused:
        return refused.rows
    finally:
        for made in ("view if exists records", "view if exists judged", "table if exists repeated"):
            connection.execute(f"drop {made}")
    return [quantity for (quantity,) in found]


@cache
def session() -> tuple[Path, Path, duckdb.DuckDBPyConnection]:
    """Return where a file is read, where it is staged, and a session for all of them: to open one takes half of a test."""
    opened = ExitStack()
    atexit.register(opened.close)
    folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
    paths = folder / "input", folder / "staged"
    return *paths, opened.enter_context(ingest._session(folder, paths))


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
    return bytes(out.getvalue().to_pybytes())


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
    lines = {line for line, _ in refused(ndjson("true", *texts), "ndjson")}
    kept = [text for line, text in enumerate(texts, start=2) if line not in lines]
    assert judged(ndjson(*kept), "ndjson") == [value(text) for text in kept]


@given(st.lists(decimals.map(float), min_size=1, max_size=50))
@settings(max_examples=30, deadline=None)
def test_a_double_is_the_decimal_that_json_writes_it_as(doubles: list[float]) -> None:
    texts = [text for text in map(json.dumps, doubles) if value(text) is not None]
    assert judged(ndjson(*texts), "ndjson") == [value(text) for text in texts]


@given(st.lists(decimals, min_size=1, max_size=50), st.integers(9, 38))
@settings(max_examples=30, deadline=None)
def test_parquet_decimals_and_integers_survive(values: list[Decimal], digits: int) -> None:
    whole = [int(value) for value in values]
    for kind, given_values in (
        (pa.decimal128(max(digits, 18), 9), values),
        (pa.decimal128(digits, 0), whole),
        (pa.int64(), whole),
        (pa.uint32(), whole),
        (pa.string(), [f"{value:f}" for value in values]),
    ):
        found = judged(parquet(pa.array(given_values, kind)), "parquet")
        assert found == [Decimal(value) for value in given_values]


@pytest.mark.parametrize(
    "cell",
    [
        "0.0000000001",
        "0.1234567891",
        "1.00000000000000000000000000001",
        "1000000000",
        "999999999.9999999999",
        "1e-9",
        "1E3",
        ".5",
        "5.",
        "+1",
        " 1",
        "1_000",
        '"1,000"',
        '"1,5"',
        "0x10",
        "NaN",
        "inf",
        "1.5.0",
        "--1",
        "\u0661",
        "true",
        "1 GB",
    ],
)
def test_a_cell_that_is_no_plain_decimal_that_fits_is_refused(cell: str) -> None:
    [(line, reason)] = refused(csv("1", cell, "2"), "csv")
    assert (line, reason) == (3, f"{EXPECTED}; it is '{cell.strip(chr(34))}'")


@pytest.mark.parametrize(
    "written",
    [
        "0.0000000001",
        "0.10000000000000000001",
        "123456789.1234567891",
        "1000000000",
        "1e9",
        "1e-10",
        "1.5e-9",
        "1e400",
        "1e-400",
        "1.0000000000000000001e0",
        "NaN",
        "-Infinity",
        "true",
        "[1]",
        '{"a": 1}',
        '"1e-9"',
        '" 1"',
        '""',
        '"1,5"',
        "0.30000000000000004",
    ],
)
def test_a_json_value_that_is_no_decimal_that_fits_is_refused_as_it_was_written(written: str) -> None:
    [(line, reason)] = refused(ndjson("1", written, "2"), "ndjson")
    assert line == 2
    assert reason.startswith(EXPECTED)
    assert reason.removeprefix(EXPECTED) in {
        f"; it is '{written}'",
        f"; it is '{written.replace(': ', ':')}'",
    }


@pytest.mark.parametrize(
    "values",
    [
        pa.array([0.5]),
        pa.array([0.5], pa.float32()),
        pa.array([Decimal("0.5")], pa.decimal128(18, 10)),
        pa.array([True]),
        pa.array([b"1"]),
    ],
)
def test_a_parquet_column_that_is_not_exact_is_refused(values: pa.Array) -> None:
    [(line, reason)] = refused(parquet(values), "parquet")
    assert line is None
    assert "column; it must be DECIMAL(18,9) or a type that fits in it" in reason
    assert ("a double is not exact" in reason) == (pa.types.is_floating(values.type))


def test_parquet_values_that_are_too_large_are_refused_by_row() -> None:
    values = pa.array([Decimal(1), Decimal(10**9), Decimal("999999999.999999999")], pa.decimal128(38, 9))
    assert refused(parquet(values), "parquet") == [(2, f"{EXPECTED}; it is '1000000000.000000000'")]
    assert refused(parquet(pa.array([10**9])), "parquet") == [(1, f"{EXPECTED}; it is '1000000000'")]
    text = pa.array(["1e-9"])
    assert refused(parquet(text), "parquet") == [(1, f"{EXPECTED}; it is '1e-9'")]


def test_a_negative_quantity_is_a_decimal_that_the_dataset_refuses() -> None:
    for content, form in (
        (csv("-0.000000001"), "csv"),
        (ndjson("-1e-9"), "ndjson"),
        (parquet(pa.array([-1])), "parquet"),
    ):
        [(_, reason)] = refused(content, form)  # type: ignore[arg-type]
        assert reason.startswith("must be at least 0; it is '-")
    assert judged(csv("-0.0"), "csv") == judged(ndjson("-0"), "ndjson") == [Decimal(0)]


@pytest.mark.parametrize(
    "more",
    [
        '"organisation_id": "a, \\"quantity\\": 7", ',
        '"organisation_id": "\\\\", ',
        '"organisation_id":"é 漢 {[",',
        '"organisation_id"\t:  null ,\t',
        '"deleted": false, ',
    ],
)
def test_the_number_is_that_of_its_own_name(more: str) -> None:
    [found] = judged(ndjson("0.123456789", more=more), "ndjson")
    assert found == Decimal("0.123456789")


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ('{"n": 1.50}', "1.50"),
        (' {\t"n"\t:\t-1e-9}', "-1e-9"),
        ('{"n":0.10000000000000000001,"m":2}', "0.10000000000000000001"),
        ('{"m": {"n": 1, "}": "{"}, "n": 2}', "2"),
        ('{"m": ["n", 1, "]"], "n": 2}', "2"),
        ('{"m": null, "k": true, "j": -1.5e3, "n": 2}', "2"),
        ('{"m": "\\"n\\": 1, \\\\", "n": 2}', "2"),
        ('{"m": ",\\"n\\":1", "nn": 3, "n": 2}', "2"),
        ('{"m": "n", "n": "1"}', ""),
        ('{"m": {"n": 1}}', ""),
        ('{"m": ["n", 1]}', ""),
        ('{"n": null, "m": 1}', ""),
        ('{"n": [1]}', ""),
        ('{"n": NaN}', ""),
        ('{"m": {"n": {"n": 1}}, "n": 2}', ""),
        ('{"\\u006e": 1}', ""),
        ("{}", ""),
    ],
)
def test_a_number_is_cut_out_of_its_object(line: str, number: str) -> None:
    with duckdb.connect() as connection:
        found = connection.execute(f"select {json_numbers.number('$line', 'n')}", {"line": line}).fetchone()
    assert found == (number,)

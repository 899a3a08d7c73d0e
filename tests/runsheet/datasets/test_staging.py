"""What is taken and what is refused, format by format, on files; nothing of AWS is needed."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

from runsheet.datasets import ingest, reading, schema, staging
from runsheet.datasets.model import RecordsRefused
from tests.lake import record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runsheet.datasets.model import BadRow, Format

HEADER = "id,created,available_on,currency,gross,fee,net,reporting_category,description"
ROW = {
    "id": "txn_1",
    "created": "2024-03-01T10:00:00Z",
    "available_on": "2024-03-03",
    "currency": "usd",
    "gross": "1000",
    "fee": "59",
    "net": "941",
    "reporting_category": "charge",
    "description": "x",
}


def naive(year: int, month: int, day: int, *clock: int) -> datetime:
    """Return a UTC instant as DuckDB's TIMESTAMP gives it."""
    return datetime(year, month, day, *clock, tzinfo=UTC).replace(tzinfo=None)  # type: ignore[arg-type,misc]


ONCE = "must be an object whose keys are there once and whose values are text"


def row(**changes: str) -> str:
    return ",".join((ROW | changes).values())


def csv(*lines: str, header: str = HEADER, ends: str = "\n") -> bytes:
    return (ends.join([header, *lines]) + ends).encode()


def lines(*records: dict[str, Any] | str) -> bytes:
    return "\n".join(each if isinstance(each, str) else json.dumps(each) for each in records).encode()


@contextmanager
def staged(
    directory: Path, content: bytes, form: Format
) -> Iterator[tuple[duckdb.DuckDBPyConnection, staging.Staged]]:
    path = directory / "input"
    path.write_bytes(content)
    with ingest._session(directory, [path, directory / "staged"]) as connection:
        described = schema.schema("balance_transactions")
        yield connection, staging.stage(connection, described, path, form, staged=directory / "staged")


def taken(directory: Path, content: bytes, form: Format, columns: str = "*") -> list[tuple[Any, ...]]:
    with staged(directory, content, form) as (connection, _):
        return connection.execute(f"select {columns} from records order by id").fetchall()


def refused(directory: Path, content: bytes, form: Format) -> tuple[BadRow, ...]:
    with pytest.raises(RecordsRefused) as raised, staged(directory, content, form):
        pass
    return raised.value.rows


def parquet(directory: Path, columns: dict[str, Any], **options: Any) -> bytes:
    path = directory / "made.parquet"
    pq.write_table(pa.table(columns), path, **options)
    return path.read_bytes()


def good_columns(count: int = 1) -> dict[str, Any]:
    return {
        name: pa.array([value] * count) for name, value in (record() | {"created": naive(2024, 3, 1)}).items()
    } | {
        "id": pa.array([f"txn_{number}" for number in range(count)]),
        "available_on": pa.array([datetime(2024, 3, 3, tzinfo=UTC)] * count),
    }


# ---------------------------------------------------------------- what is taken


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_csv_with_any_line_ends_and_with_or_without_a_byte_order_mark(
    tmp_path: Path, ends: str, mark: bytes
) -> None:
    content = mark + csv(row(), row(id="txn_2"), ends=ends)
    expected = [
        (name, naive(2024, 3, 1, 10), naive(2024, 3, 3), "usd", 1000, 59, 941, "charge", "x")
        for name in ("txn_1", "txn_2")
    ]
    assert taken(tmp_path, content, "csv", HEADER) == expected


def test_text_stays_as_it_was_written(tmp_path: Path) -> None:
    nasty = [
        "=1+1",
        "+1",
        "-1",
        "@x",
        "\tx",
        "a\nb",
        "a\r\nb",
        'say ""hi""',
        "a,b",
        " x ",
        "naïve 漢字 🙂",
        "'",
    ]
    content = csv(*(row(id=f"t{number:02}", description=f'"{text}"') for number, text in enumerate(nasty)))
    found = [text for (text,) in taken(tmp_path, content, "csv", "description")]
    assert found == [text.replace('""', '"') for text in nasty]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2024-03-01", naive(2024, 3, 1)),
        ("2024-03-01 10:20:30", naive(2024, 3, 1, 10, 20, 30)),
        ("2024-03-01T10:20:30Z", naive(2024, 3, 1, 10, 20, 30)),
        ("2024-03-01T10:20:30+02:00", naive(2024, 3, 1, 8, 20, 30)),
        ("2024-03-01T10:20:30-0330", naive(2024, 3, 1, 13, 50, 30)),
        ("2024-03-01T00:20:30+01", naive(2024, 2, 29, 23, 20, 30)),
        ("2024-03-01T10:20:30.123456Z", naive(2024, 3, 1, 10, 20, 30, 123456)),
        ("2024-03-01T10:20:30.1234560Z", naive(2024, 3, 1, 10, 20, 30, 123456)),
        ("1900-01-01T00:00:00Z", naive(1900, 1, 1)),
        ("9999-12-31T23:59:59Z", naive(9999, 12, 31, 23, 59, 59)),
    ],
)
def test_times_are_utc_and_offsets_are_heeded(tmp_path: Path, text: str, instant: datetime) -> None:
    assert taken(tmp_path, csv(row(created=text)), "csv", "created") == [(instant,)]
    assert taken(tmp_path, lines(record(created=text)), "ndjson", "created") == [(instant,)]


def test_json_numbers_are_unix_seconds(tmp_path: Path) -> None:
    content = lines(record(created=1709287200, payout_expected_arrival_date="2024-03-05", is_link=True))
    assert taken(tmp_path, content, "ndjson", "created, payout_expected_arrival_date, is_link") == [
        (naive(2024, 3, 1, 10), date(2024, 3, 5), True)
    ]


def test_metadata_from_json_cells_from_columns_of_their_own_and_from_objects(tmp_path: Path) -> None:
    cell = csv(row() + ',"{""order"":""7"",""none"":null}"', header=HEADER + ",payment_metadata")
    assert taken(tmp_path, cell, "csv", "payment_metadata") == [({"order": "7"},)]
    own = csv(
        row() + ",7,,z", header=HEADER + ",payment_metadata[order],payment_metadata[no ne],refund_metadata[']"
    )
    assert taken(tmp_path, own, "csv", "payment_metadata, refund_metadata") == [({"order": "7"}, {"'": "z"})]
    nested = lines(record(payment_metadata={"order": "7", "none": None, "ключ": "[k]"}))
    assert taken(tmp_path, nested, "ndjson", "payment_metadata") == [({"order": "7", "ключ": "[k]"},)]


def test_blank_lines_are_no_records(tmp_path: Path) -> None:
    assert len(taken(tmp_path, lines(record(), "", "   ", record(id="txn_2"), ""), "ndjson")) == 2
    assert len(taken(tmp_path, csv(row(), "", row(id="txn_2"), ""), "csv")) == 2
    assert taken(tmp_path, b"", "ndjson") == []
    assert taken(tmp_path, csv(), "csv") == []


@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet"])
def test_of_equal_keys_the_later_row_wins(tmp_path: Path, form: Format) -> None:
    count = 300
    ids = [f"txn_{number % 100}" for number in range(count)]
    texts = [str(number) for number in range(count)]
    if form == "csv":
        content = csv(*(row(id=key, description=text) for key, text in zip(ids, texts, strict=True)))
    elif form == "ndjson":
        content = lines(*(record(id=key, description=text) for key, text in zip(ids, texts, strict=True)))
    else:
        content = parquet(tmp_path, good_columns(count) | {"id": ids, "description": texts}, row_group_size=7)
    with staged(tmp_path, content, form) as (connection, found):
        kept = dict(connection.execute("select id, description from records").fetchall())
    assert kept == {f"txn_{number}": str(200 + number) for number in range(100)}
    assert (found.rows, found.deletions) == (100, 0)


def test_a_deletion_needs_its_key_only_and_may_be_undone_in_the_same_batch(tmp_path: Path) -> None:
    content = lines(
        {"id": "a", "deleted": True},
        record(id="b", deleted=False),
        {"id": "b", "deleted": True},
        record(id="a"),
    )
    with staged(tmp_path, content, "ndjson") as (connection, found):
        assert connection.execute("select id, _deleted, gross from records order by id").fetchall() == [
            ("a", False, 1000),
            ("b", True, None),
        ]
    assert (found.rows, found.deletions) == (2, 1)
    content = csv("a,true", "b,TRUE", header="id,deleted")
    assert taken(tmp_path, content, "csv", "id, _deleted") == [("a", True), ("b", True)]


def test_a_deletion_keeps_nothing_of_what_else_it_says(tmp_path: Path) -> None:
    content = lines(record(deleted=True, gross="not looked at", payment_metadata={"a": "b"}))
    assert taken(tmp_path, content, "ndjson", "id, _deleted, created, gross, net, payment_metadata") == [
        ("txn_1", True, None, None, None, None)
    ]


def test_parquet_types_that_fit_are_taken(tmp_path: Path) -> None:
    east = pa.array([datetime(2024, 3, 1, tzinfo=UTC)], pa.timestamp("ms", tz="Asia/Tokyo"))
    columns = good_columns() | {
        "gross": pa.array([1000], pa.int16()),
        "fee": pa.array([59], pa.uint64()),
        "available_on": east,
        "currency": pa.array(["usd"]).dictionary_encode(),
        "charge_created": pa.array([naive(2024, 3, 1)], pa.timestamp("ns")),
        "payout_expected_arrival_date": pa.array([date(2024, 3, 5)]),
        "is_link": pa.array([True]),
        "payment_metadata": pa.array([[("order", "7")]], pa.map_(pa.string(), pa.string())),
        "refund_metadata": pa.array([{"why": "x", "none": None}]),
    }
    names = (
        "gross, fee, available_on, currency, charge_created, payout_expected_arrival_date, "
        "payment_metadata, refund_metadata"
    )
    expected = (
        1000,
        59,
        naive(2024, 3, 1),
        "usd",
        naive(2024, 3, 1),
        date(2024, 3, 5),
        {"order": "7"},
        {"why": "x"},
    )
    assert taken(tmp_path, parquet(tmp_path, columns), "parquet", names) == [expected]


@pytest.mark.parametrize("text", ["x" * 5000, "é" * 2500, '"' * 5000, "\n" * 5000])
def test_a_text_of_5000_bytes_fits_into_a_map_however_json_writes_it(tmp_path: Path, text: str) -> None:
    content = lines(record(payment_metadata={"k": text}))
    assert taken(tmp_path, content, "ndjson", "payment_metadata") == [({"k": text},)]
    [bad] = refused(tmp_path, lines(record(payment_metadata={"k": text + "x"})), "ndjson")
    assert bad.column == "payment_metadata"


# ---------------------------------------------------------------- what is refused

WRONG_CELLS = [
    ("gross", "12.5"),
    ("gross", "1e3"),
    ("gross", "0x10"),
    ("gross", "1_000"),
    ("gross", '"1,000"'),
    ("gross", " 1000"),
    ("gross", "+1000"),
    ("gross", "NaN"),
    ("gross", "true"),
    ("gross", "\u0661\u0660\u0660\u0660"),
    ("gross", "123456789012345678901234567890"),
    ("gross", "1000000000000000"),
    ("net", "940"),
    ("created", "0000-01-01T00:00:00Z"),
    ("created", "1899-12-31T23:59:59Z"),
    ("created", "10000-01-01T00:00:00Z"),
    ("created", "9999-12-31T23:59:59-01:00"),
    ("created", "2023-02-29"),
    ("created", "2024-03-01T24:00:00Z"),
    ("created", "2024-03-01T10:20:60Z"),
    ("created", "2024-03-01T10:20:30.1234567Z"),
    ("created", "2024-03-01T10:20:30+99:00"),
    ("created", "2024-03-01T10:20:30 Europe/Berlin"),
    ("created", "1709287200"),
    ("created", "infinity"),
    ("created", "yesterday"),
    ("currency", "USD"),
    ("currency", "xyz"),
    ("currency", "us"),
    ("reporting_category", "charges"),
    ("description", "a\0b"),
    ("description", "x" * 5001),
    ("id", ""),
    ("id", "x" * 256),
    ("gross", ""),
]


@pytest.mark.parametrize(("column", "text"), WRONG_CELLS)
def test_a_wrong_csv_cell_is_named_by_line_column_and_reason(tmp_path: Path, column: str, text: str) -> None:
    [bad] = refused(tmp_path, csv(row(id="first"), row(**{column: text}), row(id="last")), "csv")
    assert (bad.line, bad.column) == (3, column)
    assert bad.reason.startswith(("must ", "is required"))
    assert bad.reason.isprintable()
    assert len(bad.reason) < 1200


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("gross", 12.5),
        ("gross", 12.0),
        ("gross", "1000"),
        ("gross", True),
        ("gross", float("nan")),
        ("gross", float("inf")),
        ("gross", 10**30),
        ("gross", [1]),
        ("description", 5),
        ("description", {"a": "b"}),
        ("description", "a\0b"),
        ("is_link", "true"),
        ("is_link", 1),
        ("created", "1709287200"),
        ("created", 1709287200.5),
        ("created", -2208988801),
        ("created", 253402300800),
        ("created", True),
        ("payment_metadata", {"a": 1}),
        ("payment_metadata", "x"),
        ("payment_metadata", ["a"]),
        ("payment_metadata", {"a": "\0"}),
        ("deleted", "true"),
        ("deleted", 1),
        ("id", 7),
    ],
)
def test_a_wrong_json_value_is_named_by_line_column_and_reason(
    tmp_path: Path, column: str, value: object
) -> None:
    [bad] = refused(
        tmp_path, lines(record(id="first"), "", record(**{column: value}), record(id="last")), "ndjson"
    )
    assert (bad.line, bad.column) == (3, column)
    assert "must " in bad.reason


@pytest.mark.parametrize("name", ["id", "created", "currency", "gross", "reporting_category"])
def test_a_required_json_value_that_lacks_or_is_null_is_named(tmp_path: Path, name: str) -> None:
    for wrong in (record(**{name: None}), record() | {name: None}):
        [bad] = refused(tmp_path, lines(record(id="first"), wrong), "ndjson")
        assert (bad.line, bad.column, bad.reason) == (2, name, "is required")


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        ('{"id": "a"', None, "is not valid JSON"),
        ('["a"]', None, "must be a JSON object"),
        ("7", None, "must be a JSON object"),
        ('{"id": "a", "id": "b"}', "id", "is there more than once"),
        ('{"id": "a", "Gross": 1}', "Gross", "is not a column of this dataset"),
        ('{"id": "a", "=cmd\\u0000\\n": 1}', "=cmd\\x00\\n", "is not a column of this dataset"),
        ('{"id": "\\ud800"}', None, "holds half of a surrogate pair"),
        ('{"id": "a\x1f"}', None, "is not valid JSON"),
        ("[" * 100_000, None, "is not valid JSON"),
        ('{"id": "a", "more": ' + '{"a":' * 600 + "1" + "}" * 601, None, "is nested too deep"),
        (json.dumps({"id": "x" * 7_000_000}), None, "is too long"),
        (json.dumps(record(payment_metadata={"a": "1"}))[:-2] + ', "a": "2"}}', "payment_metadata", ONCE),
    ],
)
def test_a_broken_json_line_is_named(tmp_path: Path, line: str, column: str | None, reason: str) -> None:
    [bad] = refused(tmp_path, lines(record(id="first"), line, record(id="last")), "ndjson")
    assert (bad.line, bad.column, bad.reason.partition(";")[0]) == (2, column, reason)


def test_lines_count_newlines_within_cells_and_blank_lines(tmp_path: Path) -> None:
    content = csv(
        row(id="1", description='"a\nb\n\nc"'),
        "",
        row(id="2", gross="x"),
        row(id='"3\n"', fee="x"),
        row(id="4", net="x"),
    )
    assert [(bad.line, bad.column) for bad in refused(tmp_path, content, "csv")] == [
        (7, "gross"),
        (8, "fee"),
        (10, "net"),
    ]


def test_the_first_100_bad_rows_are_told_in_order(tmp_path: Path) -> None:
    content = csv(*(row(id=f"t{number}", gross="x" if number % 2 else "1000") for number in range(5000)))
    bad = refused(tmp_path, content, "csv")
    assert [each.line for each in bad] == [2 + number for number in range(1, 201, 2)]


@pytest.mark.parametrize(
    ("header", "column", "reason"),
    [
        (HEADER.replace("gross", "Gross"), "Gross", "is not a column of this dataset"),
        (HEADER.replace("description", "fee"), "fee", "stands in the header more than once"),
        (
            HEADER.replace(",description", ",payment_metadata[]"),
            "payment_metadata[]",
            "is not a column of this dataset",
        ),
        (HEADER.replace("fee,", ""), "fee", "is required, and not in the file"),
        (
            HEADER.replace("description", "description[k]"),
            "description[k]",
            "is not a column of this dataset",
        ),
        (
            HEADER + ",payment_metadata,payment_metadata[k]",
            "payment_metadata",
            "stands in the header more than once, or both whole and by key",
        ),
        (HEADER + ",=1+1\x07", "=1+1\\x07", "is not a column of this dataset"),
        (HEADER + ",_deleted", "_deleted", "is not a column of this dataset"),
        ("\n" + HEADER, None, "The first line must be a header row with the names of the columns."),
        ('"' + HEADER, None, "The header row cannot be read as CSV."),
        (
            HEADER.replace("id", "id\0"),
            None,
            "The first line must be a header row with the names of the columns.",
        ),
        (row(), "1000", "is not a column of this dataset"),
        (
            HEADER + "".join(f",payment_metadata[{number}]" for number in range(2000)),
            None,
            "The header has 2009 columns; at most 2000 are read.",
        ),
    ],
)
def test_a_wrong_header_is_refused_with_the_columns_name(
    tmp_path: Path, header: str, column: str | None, reason: str
) -> None:
    bad = refused(tmp_path, csv(row(), header=header), "csv")
    assert (1, column, reason) in {(each.line, each.column, each.reason) for each in bad}


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        (b"", None, "The file is empty."),
        (csv(row(), "a,b"), 3, "has 2 values; the header has 9"),
        (csv(row(), row() + ",more"), 3, "has 10 values; the header has 9"),
        (
            csv(row(), row(description="\xff").replace("\xff", "~")).replace(b"~", b"\xff\xfe"),
            3,
            "is not UTF-8",
        ),
        (csv(row()).decode().encode("utf-16"), 1, "The file is not UTF-8."),
        (csv(row(), row(description='"open'), row()), 3, "cannot be read as CSV in this line or a later one"),
        (csv(row(), row(description='"a"b'), row()), 3, "cannot be read as CSV in this line or a later one"),
        (csv(row(), row()).replace(b"x\n", b"x\r\n", 1), None, "its line breaks are not all the same"),
        (csv(row(), row(description="x" * 3_000_000)), 3, "a line is too long"),
        (csv(row(), row(description='"' + "x\n" * 2_000_000)), 3, "a line is too long"),
        (
            b"PAR1" + bytes(100) + b"PAR1",
            1,
            "The first line must be a header row with the names of the columns.",
        ),
    ],
)
def test_a_csv_file_that_cannot_be_read_is_refused(
    tmp_path: Path, content: bytes, line: int | None, reason: str
) -> None:
    bad = refused(tmp_path, content, "csv")[0]
    assert bad.line == line
    assert reason in bad.reason


@pytest.mark.parametrize("rest", ["", "\n", "\n{}"])
def test_a_line_longer_than_duckdbs_buffer_is_refused_wherever_it_stands(tmp_path: Path, rest: str) -> None:
    endless = "x" * 40_000_000 + rest
    [bad] = refused(tmp_path, lines(record(), endless), "ndjson")[:1]
    assert (bad.line, bad.reason) == (2, "is too long")
    [bad] = refused(tmp_path, csv(row(), row(description=endless)), "csv")
    assert bad.line == 3
    assert "a line is too long" in bad.reason
    [bad] = refused(tmp_path, csv(row(), row(description=endless))[:-1], "csv")
    assert bad.line == 3


def test_an_ndjson_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    [bad] = refused(tmp_path, lines(record(), record(description="~")).replace(b"~", b"\xff"), "ndjson")
    assert (bad.line, bad.reason) == (2, "is not UTF-8")


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.7, 0.99, 0.9999])
def test_a_cut_parquet_file_is_refused(tmp_path: Path, share: float) -> None:
    whole = parquet(tmp_path, good_columns(2000))
    [bad] = refused(tmp_path, whole[: int(len(whole) * share)], "parquet")
    assert (bad.line, bad.column) == (None, None)


def test_a_damaged_parquet_file_is_refused_or_read_never_a_fault_of_ours(tmp_path: Path) -> None:
    whole = parquet(tmp_path, good_columns(500))
    outcomes = set()
    for place in range(4, len(whole) - 8, 97):
        damaged = whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
        try:
            taken(tmp_path, damaged, "parquet", "id")
            outcomes.add("taken")
        except RecordsRefused:
            outcomes.add("refused")
    assert "refused" in outcomes


def test_another_format_sent_as_parquet_is_refused(tmp_path: Path) -> None:
    [bad] = refused(tmp_path, csv(row()), "parquet")
    assert "cannot be read as Parquet" in bad.reason


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("gross", pa.array([1000.0])),
        ("gross", pa.array([True])),
        ("gross", pa.array([b"1000"])),
        ("created", pa.array([1.5])),
        ("description", pa.array([5])),
        ("is_link", pa.array([1])),
        ("payment_metadata", pa.array([["a"]])),
    ],
)
def test_a_parquet_column_of_another_type_is_refused_by_name(
    tmp_path: Path, column: str, values: pa.Array
) -> None:
    [bad] = refused(tmp_path, parquet(tmp_path, good_columns() | {column: values}), "parquet")
    assert (bad.line, bad.column) == (None, column)
    assert " column; it must be " in bad.reason


def test_bad_parquet_rows_are_named_by_number(tmp_path: Path) -> None:
    columns = good_columns(5) | {
        "gross": pa.array([1000, None, 10**15, 1000, 1000]),
        "created": pa.array(
            [naive(2024, 3, 1)] * 3 + [naive(1, 1, 1), naive(2024, 3, 1) + timedelta(days=1)]
        ),
    }
    found = refused(tmp_path, parquet(tmp_path, columns), "parquet")
    assert [(bad.line, bad.column) for bad in found] == [(2, "gross"), (3, "gross"), (4, "created")]


def test_a_parquet_file_with_other_columns_is_refused_by_name(tmp_path: Path) -> None:
    columns = good_columns() | {"file_row_number": pa.array([1]), "_deleted": pa.array([True])}
    del columns["net"]
    found = refused(tmp_path, parquet(tmp_path, columns), "parquet")
    assert [(bad.column, bad.reason) for bad in found] == [
        ("_deleted", "is not a column of this dataset"),
        ("file_row_number", "is not a column of this dataset"),
        ("net", "is required, and not in the file"),
    ]


def test_a_deletion_in_a_file_without_the_other_columns_leaves_them_required_of_records(
    tmp_path: Path,
) -> None:
    [bad] = refused(tmp_path, csv("a,true", "b,", header="id,deleted"), "csv")
    assert (bad.line, bad.column, bad.reason) == (3, "created", "is required")


@pytest.mark.parametrize(
    ("error", "inputs"),
    [
        (duckdb.InvalidInputException("CSV Error on Line: 2"), True),
        (duckdb.IOException("Could not read enough bytes"), True),
        (duckdb.Error("TProtocolException: Invalid data"), True),
        (duckdb.IOException("Could not write all bytes: No space left on device"), False),
        (duckdb.OutOfMemoryException("failed to allocate"), False),
        (duckdb.PermissionException("Cannot access file"), False),
        (duckdb.BinderException("Referenced column not found"), False),
        (duckdb.InternalException("Attempted to dereference"), False),
    ],
)
def test_only_faults_of_the_input_are_blamed_on_it(error: Exception, inputs: bool) -> None:
    assert reading.is_inputs_fault(error) is inputs


# ---------------------------------------------------------------- the wall


def test_a_file_cannot_make_the_session_open_another(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_bytes(csv(row(description="secret")))
    name = f"id') union all select * from read_csv('{secret}"
    bad = refused(tmp_path, csv(row(), header=f'{HEADER},"payment_metadata[{name}]"'), "csv")
    assert bad[0].reason == "has 9 values; the header has 10"
    kept = taken(
        tmp_path, csv(row() + ",v", header=f'{HEADER},"payment_metadata[{name}]"'), "csv", "payment_metadata"
    )
    assert kept == [({name: "v"},)]
    with staged(tmp_path, csv(row()), "csv") as (connection, _):
        for sql in (
            f"from read_csv('{secret}')",
            f"copy records to '{tmp_path / 'out.csv'}'",
            "from read_text('/etc/hostname')",
            "set global allowed_paths = ['/']",
            f"attach '{tmp_path / 'x.duckdb'}'",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(sql).fetchall()

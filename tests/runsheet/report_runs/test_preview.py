"""Previews: every row of a result once, page by page, by reads of what the page needs."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import random
import struct
from dataclasses import replace
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as searching
from hypothesis import strategies as st

from runsheet import ids
from runsheet.catalog import titles
from runsheet.engine import cells
from runsheet.errors import InvalidRequest, NotFound
from runsheet.files.model import File
from runsheet.report_runs import preview, table
from runsheet.report_runs.model import PreviewQuery, ReportRun
from runsheet.runtime import clients, clock
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant

TENANT = Tenant("org_a", "test")
ITEMIZED = "balance_change_from_activity.itemized.3"

pytestmark = pytest.mark.usefixtures("tables", "buckets")


def csv_of(header: list[str], rows: list[list[str]]) -> bytes:
    """Return a CSV as the engine writes it: every cell quoted, an empty one nothing."""
    lines = [
        ",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' if cell else "" for cell in row) for row in rows
    ]
    return cells.header_line(header) + "".join(f"{line}\n" for line in lines).encode()


def run_with(content: bytes, *, report_type: str = ITEMIZED, rows: int = 1, **changes: Any) -> ReportRun:
    now = clock.now()
    created = int(now.timestamp())
    run = ReportRun(TENANT, ids.new_id("frr", now), report_type, {}, created, created + 9)
    digest = hashlib.sha256(content).hexdigest()
    key = f"results/org_a/test/{run.id}/x.csv"
    file = File(
        ids.new_id("file", now), key, "x.csv", "t", len(content), rows, created, created + 9999, sha256=digest
    )
    file = replace(file, **changes)
    boto3.client("s3").put_object(Bucket=settings().results_bucket, Key=key, Body=content)
    table.put(run, expires_at=created + 99)
    table.take(TENANT, run.id, "lease_1", now=created)
    assert table.succeed(run, "lease_1", file, now=created)
    return run


def page(run: ReportRun, **query: Any) -> Any:
    return preview.preview(TENANT, run.id, PreviewQuery.model_validate(query))


def pages(run: ReportRun, limit: int) -> list[Any]:
    found = [page(run, limit=limit)]
    while found[-1].has_more:
        found.append(page(run, limit=limit, cursor=found[-1].next_cursor))
    return found


def test_rows_are_typed_objects_and_empty_cells_are_null() -> None:
    header = ["created_utc", "created", "gross", "is_link", "description", "payment_metadata[a]"]
    content = csv_of(
        header, [["2026-03-01 08:00:00", "2026-03-01 09:00:00", "-10.00", "true", 'a\nb,"c"', "1"], [""] * 6]
    )
    answer = page(run_with(content, rows=2))
    assert answer.columns == header
    assert answer.data == [
        {
            "created_utc": "2026-03-01T08:00:00Z",
            "created": "2026-03-01T09:00:00",
            "gross": "-10.00",
            "is_link": True,
            "description": 'a\nb,"c"',
            "payment_metadata[a]": "1",
        },
        dict.fromkeys(header),
    ]
    assert (answer.first_row, answer.has_more, answer.next_cursor) == (1, False, None)


def test_numbers_of_rows_are_integers_and_sums_texts() -> None:
    content = csv_of(["count", "gross"], [["12", "9007199254740993.00"]])
    run = run_with(content, report_type="balance_change_from_activity.summary.1")
    assert page(run).data == [{"count": 12, "gross": "9007199254740993.00"}]


@pytest.mark.parametrize("limit", [1, 3, 10, 1000])
def test_the_pages_of_a_result_are_its_rows(limit: int) -> None:
    rows = [[f"{number}", "x\n" * (number % 7), '"' * (number % 5)] for number in range(1, 101)]
    run = run_with(csv_of(["a", "b", "c"], rows), rows=100)
    found = pages(run, limit)
    assert [list(row.values()) for one in found for row in one.data] == [
        [cell or None for cell in row] for row in rows
    ]
    assert [one.first_row for one in found] == list(range(1, 101, limit))
    assert all(len(one.data) == limit for one in found[:-1])


@searching(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.lists(st.text('ab",\n\r é\u2028\0😀'.replace("\0", ""), max_size=12), min_size=2, max_size=2),
        max_size=12,
    ),
    limit=st.integers(1, 5),
)
def test_whatever_stands_in_cells_no_row_is_cut(rows: list[list[str]], limit: int) -> None:
    content = csv_of(["a", "b"], rows)
    found = [
        list(row.values()) for one in pages(run_with(content, rows=len(rows)), limit) for row in one.data
    ]
    read = list(csv.reader(io.StringIO(content.decode(), newline="")))[1:]
    assert found == [[cell or None for cell in row] for row in read]


def test_long_rows_make_shorter_pages_and_very_long_ones_are_read_whole() -> None:
    rows = [["x" * 700_000], ["y" * 700_000], ["z" * 3], ["é" * 500_000]]
    found = pages(run_with(csv_of(["a"], rows), rows=4), 1000)
    assert [[len(row["a"]) for row in one.data] for one in found] == [[700_000], [700_000, 3], [500_000]]


def test_a_page_reads_its_header_and_its_own_extent_only() -> None:
    rows = [[f"{number:06d}", "x" * 100] for number in range(50_000)]
    run = run_with(csv_of(["a", "b"], rows), rows=50_000)
    middle = page(run, limit=1000)
    for _ in range(3):
        middle = page(run, limit=1000, cursor=middle.next_cursor)
    asked: list[str] = []
    clients.s3().meta.events.register(
        "before-call.s3.GetObject", lambda params, **_: asked.append(params["headers"]["Range"])
    )
    assert page(run, limit=10, cursor=middle.next_cursor).data[0]["a"] == "004000"
    assert len(asked) == 2
    assert sum(int(last) - int(first) + 1 for first, last in (r[6:].split("-") for r in asked)) < 50_000
    asked.clear()
    page(run)
    assert len(asked) == 1


def test_titles_that_are_there_twice_are_told_apart() -> None:
    assert titles.distinct(["a", "b", "a", "a", "a (2)"]) == ["a", "b", "a (2)", "a (3)", "a (2) (2)"]
    assert titles.distinct(["a", "A"], str.casefold) == ["a", "A (2)"]
    assert page(run_with(csv_of(["a", "a"], [["1", "2"]]))).data == [{"a": "1", "a (2)": "2"}]


def forged(offset: int, row: int, of: str, version: int = 1) -> str:
    mark = hashlib.sha256(f"{of} {offset} {row}".encode()).digest()[:8]
    return base64.urlsafe_b64encode(struct.pack(">BQQ8s", version, offset, row, mark)).decode().rstrip("=")


def test_a_cursor_of_another_result_or_of_nobodys_making_is_refused() -> None:
    content = csv_of(["a"], [[f"{number}"] for number in range(100)])
    run, other = run_with(content, rows=100), run_with(content + b'"x"\n', rows=101)
    good = page(run).next_cursor
    assert good is not None
    stored = table.get(TENANT, run.id)
    assert stored is not None
    assert stored.file is not None
    mine = stored.file.mark
    size = len(content)
    wrong = [
        "x", "=", "é", "A" * 10_000, good[:-1], good[:-2] + "AA", page(other).next_cursor,
        forged(0, 0, mine), forged(1, 0, mine), forged(6, 0, mine), forged(size, 0, mine), forged(size + 5, 0, mine),
        forged(2**64 - 1, 0, mine), forged(4, 0, mine, version=2), forged(4, 0, "0" * 64),
    ]  # fmt: skip
    for cursor in wrong:
        with pytest.raises(InvalidRequest, match="Invalid cursor") as refused:
            page(run, cursor=cursor)
        assert refused.value.param == "cursor"
    assert page(run, cursor=good).data[0] == {"a": "10"}


@searching(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cursor=st.text(max_size=60)
    | st.binary(max_size=40).map(lambda raw: base64.urlsafe_b64encode(raw).decode())
)
def test_no_cursor_is_an_error_of_ours(cursor: str) -> None:
    file = File("file_1", "k", "f", "t", 100, 1, 0, 1, sha256="ab")
    with pytest.raises(InvalidRequest):
        preview._position(file, cursor)


def test_a_run_without_a_result_or_whose_file_has_expired_has_no_preview() -> None:
    now = clock.seconds()
    run = ReportRun(TENANT, ids.new_id("frr", clock.now()), ITEMIZED, {}, now, now + 9)
    table.put(run, expires_at=now + 99)
    with pytest.raises(InvalidRequest, match="it has a status of pending") as refused:
        page(run)
    assert refused.value.code == "report_run_without_result"
    table.fail(run, error="x", code="y")
    with pytest.raises(InvalidRequest, match="it has a status of failed"):
        page(run)
    with pytest.raises(NotFound, match="No such file"):
        page(run_with(csv_of(["a"], []), expires_at=now))
    with pytest.raises(NotFound, match="No such report_run"):
        preview.preview(Tenant("org_b", "test"), run.id, PreviewQuery())


def test_a_result_without_rows_is_an_empty_page() -> None:
    answer = page(run_with(csv_of(["a", "b"], []), rows=0))
    assert (answer.columns, answer.data, answer.has_more) == (["a", "b"], [], False)


def test_the_only_cell_of_a_row_may_be_empty() -> None:
    found = pages(run_with(csv_of(["a"], [["1"], [""], ["2"]]), rows=3), 1)
    assert [one.data for one in found] == [[{"a": "1"}], [{"a": None}], [{"a": "2"}]]


def test_a_report_type_that_is_gone_gives_texts() -> None:
    run = run_with(csv_of(["count"], [["12"]]), report_type="gone.report.1")
    assert page(run).data == [{"count": "12"}]


def test_random_places_of_a_large_result(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [[f"{number}", "b" * random.Random(number).randrange(80)] for number in range(5_000)]  # noqa: S311
    run = run_with(csv_of(["a", "b"], rows), rows=5_000)
    monkeypatch.setattr(preview, "_LEAST_BYTES", 64)
    for one in pages(run, 500):
        assert [row["a"] for row in one.data] == [
            f"{n}" for n in range(one.first_row - 1, one.first_row + 499)
        ]

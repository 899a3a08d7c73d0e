"""Runs in every format, from the records to what is downloaded, mailed and previewed."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import json
import zipfile
from typing import TYPE_CHECKING, Any

import boto3
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

from runsheet.datasets import records
from runsheet.deliveries import attaching
from runsheet.engine import report
from runsheet.errors import InvalidRequest
from runsheet.files import service as files
from runsheet.files.model import File, file_object
from runsheet.report_runs import creation, execution, preview, service
from runsheet.report_runs.model import NewReportRun, PreviewQuery, ReportRun, RunRequested
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant
from tests import lake as lakes
from tests.beginnings import begin_with

if TYPE_CHECKING:
    from collections.abc import Iterator

TENANT = Tenant("org_a", "test")
ITEMIZED = "balance_change_from_activity.itemized.3"
TEXTS = ["=1+1", 'a "b"\nc', "é 😀"]
COLUMNS = ["balance_transaction_id", "created_utc", "net", "currency", "description"]


@pytest.fixture(autouse=True)
def lake(tables: None, buckets: None, queues: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:  # noqa: ARG001
    with lakes.served(monkeypatch):
        begin_with("texts", send_texts)
        yield


def send_texts() -> None:
    rows = [
        lakes.record(id=f"txn_{n}", description=text, created=f"2024-03-0{n}T00:00:00Z")
        for n, text in enumerate(TEXTS, start=1)
    ]
    body = json.dumps(rows).encode()
    records.create(TENANT, "balance_transactions", body, content_type="application/json", batch_id=None)


def ran(**parameters: Any) -> ReportRun:
    given = {"interval": "2024-03", "columns": COLUMNS} | parameters
    run = creation.create(TENANT, NewReportRun(report_type=ITEMIZED, parameters=given))
    execution.execute(RunRequested(organisation_id="org_a", mode="test", run_id=run.id))
    ended = service.retrieve(TENANT, run.id)
    assert (ended.status, ended.error) == ("succeeded", None)
    return ended


def file_of(run: ReportRun) -> File:
    assert run.file is not None
    return run.file


def content(run: ReportRun) -> bytes:
    answer = boto3.client("s3").get_object(Bucket=settings().results_bucket, Key=file_of(run).key)
    assert answer["ContentType"] == file_of(run).content_type
    return answer["Body"].read()


LINES = [
    {
        "balance_transaction_id": f"txn_{n}",
        "created_utc": f"2024-03-0{n}T00:00:00Z",
        "net": "9.41",
        "currency": "usd",
        "description": text,
    }
    for n, text in enumerate(TEXTS, start=1)
]


def lines(text: bytes) -> list[Any]:
    return [json.loads(line) for line in text.decode().splitlines()]


@pytest.mark.parametrize(
    ("parameters", "ending", "kind", "media"),
    [
        ({}, "csv", "csv", "text/csv; charset=utf-8"),
        ({"format": "csv"}, "csv", "csv", "text/csv; charset=utf-8"),
        ({"format": "jsonl"}, "jsonl", "jsonl", "application/x-ndjson"),
        ({"format": "parquet"}, "parquet", "parquet", "application/vnd.apache.parquet"),
        ({"compress": "gzip"}, "csv.gz", "gz", "application/gzip"),
        ({"compress": "zip"}, "csv.zip", "zip", "application/zip"),
        ({"format": "jsonl", "compress": "gzip"}, "jsonl.gz", "gz", "application/gzip"),
        ({"format": "jsonl", "compress": "zip"}, "jsonl.zip", "zip", "application/zip"),
    ],
)
def test_a_file_says_everywhere_what_it_is(
    parameters: dict[str, str], ending: str, kind: str, media: str
) -> None:
    run = ran(**parameters)
    file = file_of(run)
    assert (file.filename, file.type, file.content_type) == (f"{run.id}.{ending}", kind, media)
    assert file.key.endswith(f".{ending}")
    assert file_object(file, "https://x").type == kind
    stored = content(run)
    answer = files.contents(TENANT, file.id, {"accept-encoding": "gzip"})
    assert answer.headers["Content-Type"] == media
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{run.id}.{ending}"'
    assert ("Content-Encoding" in answer.headers) is False
    assert answer.body == stored
    assert (
        f"response-content-type={media.split(';', maxsplit=1)[0].replace('/', '%2F')}"
        in files.download_url(file)
    )
    assert run.manifest is not None
    asked = (parameters.get("format", "csv"), parameters.get("compress"))
    assert (run.manifest["format"], run.manifest["compress"]) == asked
    assert (run.manifest["row_count"], run.manifest["size"], run.manifest["column_count"]) == (
        3,
        len(stored),
        5,
    )
    assert run.manifest["control_totals"] == [{"currency": "usd", "sums": {"net": 3 * 941}}]


def test_every_format_holds_the_same_rows() -> None:
    plain = content(ran())
    assert [row["description"] for row in csv.DictReader(io.StringIO(plain.decode(), newline=""))] == [
        "'=1+1", 'a "b"\nc', "é 😀",
    ]  # fmt: skip
    assert gzip.decompress(content(ran(compress="gzip"))) == plain
    made = content(ran(format="jsonl"))
    assert lines(made) == LINES
    assert gzip.decompress(content(ran(format="jsonl", compress="gzip"))) == made
    zipped = ran(format="jsonl", compress="zip")
    with zipfile.ZipFile(io.BytesIO(content(zipped))) as archive:
        assert archive.namelist() == [f"{zipped.id}.jsonl"]
        assert archive.read(archive.namelist()[0]) == made
    table = pq.read_table(io.BytesIO(content(ran(format="parquet"))))
    assert [row["description"] for row in table.to_pylist()] == [line["description"] for line in LINES]
    assert {str(row["net"]) for row in table.to_pylist()} == {"9.4100"}


def test_results_of_different_forms_are_not_given_for_each_other() -> None:
    forms = itertools.product(["csv", "jsonl"], [{}, {"compress": "gzip"}, {"compress": "zip"}])
    runs = [ran(format=form, **how) for form, how in forms] + [ran(format="parquet")]
    assert [run.reused_from for run in runs] == [None] * 7
    assert ran(format="parquet").reused_from == runs[-1].id
    assert ran().reused_from == runs[0].id


@pytest.mark.parametrize(
    ("parameters", "param", "message"),
    [
        (
            {"format": "parquet", "compress": "gzip"},
            "parameters[compress]",
            "a Parquet file is compressed already",
        ),
        (
            {"format": "parquet", "compress": "zip"},
            "parameters[compress]",
            "a Parquet file is compressed already",
        ),
        ({"format": "xlsx"}, "parameters[format]", "must be one of csv, jsonl, parquet"),
        ({"compress": "br"}, "parameters[compress]", "must be one of gzip, zip"),
        ({"format": "jsonl", "decimal_separator": ","}, "parameters[decimal_separator]", "only a CSV"),
        ({"format": "parquet", "decimal_separator": ","}, "parameters[decimal_separator]", "only a CSV"),
    ],
)
def test_what_a_format_does_not_have_is_refused(parameters: dict[str, str], param: str, message: str) -> None:
    with pytest.raises(InvalidRequest, match=message) as refused:
        ran(**parameters)
    assert refused.value.param == param


def test_json_lines_have_a_preview_and_other_files_say_why_they_have_none() -> None:
    run = ran(format="jsonl")
    first = preview.preview(TENANT, run.id, PreviewQuery(limit=2))
    assert (first.columns, first.data, first.has_more) == (COLUMNS, LINES[:2], True)
    rest = preview.preview(TENANT, run.id, PreviewQuery(limit=2, cursor=first.next_cursor))
    assert (rest.first_row, rest.data, rest.has_more) == (3, LINES[2:], False)
    for parameters in ({"format": "parquet"}, {"compress": "gzip"}, {"format": "jsonl", "compress": "zip"}):
        with pytest.raises(InvalidRequest, match="of which there is no preview: download it") as refused:
            preview.preview(TENANT, ran(**parameters).id, PreviewQuery())
        assert refused.value.code == "report_run_without_preview"


def test_the_preview_of_no_lines_is_empty() -> None:
    run = ran(format="jsonl", interval="2024-03-20")
    answer = preview.preview(TENANT, run.id, PreviewQuery())
    assert (answer.columns, answer.data, answer.has_more) == ([], [], False)


@pytest.mark.parametrize("parameters", [{"format": "jsonl"}, {"format": "parquet"}, {"compress": "zip"}])
def test_a_mail_has_a_link_to_what_is_no_csv(parameters: dict[str, str]) -> None:
    contents = attaching.contents(file_of(ran(**parameters)), "always", "x")
    assert (contents.attachment, contents.summary) == (None, None)
    assert contents.note == "The file is not attached, as it is no CSV."


@pytest.mark.parametrize(
    "parameters", [{"format": "parquet"}, {"format": "jsonl", "compress": "zip"}, {"compress": "gzip"}]
)
def test_many_parts_are_one_file_in_order(
    monkeypatch: pytest.MonkeyPatch, parameters: dict[str, str]
) -> None:
    rows = [
        lakes.record(
            id=f"txn_{n:05d}", created=f"2024-04-{1 + n // 200:02d}T{n % 24:02d}:00:00Z", description="x" * 50
        )
        for n in range(4000)
    ]
    body = json.dumps(rows).encode()
    records.create(TENANT, "balance_transactions", body, content_type="application/json", batch_id=None)
    monkeypatch.setattr(report, "rows_per_part", lambda *_: 100)
    run = ran(interval="2024-04", **parameters)
    made = content(run)
    expected = sorted((row["created"], row["id"]) for row in rows)
    if "format" not in parameters:
        found = [row[0] for row in csv.reader(io.StringIO(gzip.decompress(made).decode()))][1:]
    elif parameters["format"] == "parquet":
        found = pq.read_table(io.BytesIO(made)).column("balance_transaction_id").to_pylist()
    else:
        with zipfile.ZipFile(io.BytesIO(made)) as archive:
            found = [line["balance_transaction_id"] for line in lines(archive.read(archive.namelist()[0]))]
    assert found == [one for _, one in expected]
    assert run.manifest is not None
    assert run.manifest["row_count"] == 4000

"""Parts of an earlier result are copied where nothing of them has changed, and only there: never a byte that is not so."""

from __future__ import annotations

import gzip
import json
import random
import zlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from runsheet.dataset_compactions import execution as compactions
from runsheet.dataset_compactions import table as compactions_table
from runsheet.dataset_compactions.model import CompactionDue
from runsheet.datasets import ingest, records
from runsheet.datasets import service as datasets
from runsheet.engine import fingerprint, report
from runsheet.engine import run as engine_run
from runsheet.files import service as files
from runsheet.report_runs import creation, execution, kept_parts, service
from runsheet.report_runs.model import NewReportRun, ReportRun, RunRequested
from runsheet.runtime import clients, clock
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant
from tests import lake as lakes
from tests.beginnings import begin_with

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TENANT = Tenant("org_a", "test")
DATASET = "balance_transactions"
ITEMIZED = "balance_change_from_activity.itemized.3"
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
# Each column of each part takes a millisecond to plan.
FEW = ["balance_transaction_id", "created", "gross", "net", "description"]
YEAR: dict[str, Any] = {
    "interval_start": str(int(FIRST.timestamp())),
    "interval_end": str(int(datetime(2025, 1, 1, tzinfo=UTC).timestamp())),
}


@pytest.fixture(autouse=True)
def lake(tables: None, buckets: None, queues: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:  # noqa: ARG001
    """A lake where every run is large, and a month of four to eight records a part."""
    monkeypatch.setattr(engine_run, "KEPT_BYTES", 0)
    monkeypatch.setattr(report, "rows_per_part", lambda *_: 8)
    with lakes.served(monkeypatch):
        yield


class Lake:
    """The tenant's records: what is sent to it, as base if the keys are new and in order of time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0

    def load(self, *changes: dict[str, Any], tenant: Tenant = TENANT) -> None:
        """Send records as an uploaded file."""
        self.count += 1
        path = self.folder / f"upload-{self.count}"
        path.write_bytes(lakes.ndjson(*changes))
        digest = ingest.content_hash(path, "ndjson")
        ingest.ingest(tenant, DATASET, ingest.Incoming(path, "ndjson", path.name, digest))

    def send(self, *changes: dict[str, Any]) -> None:
        """Send records inline."""
        body = lakes.ndjson(*changes)
        records.create(TENANT, DATASET, body, content_type="application/x-ndjson", batch_id=None)

    def compact(self) -> None:
        due = compactions_table.due_operation(TENANT, DATASET, clock.seconds())
        boto3.client("dynamodb").transact_write_items(TransactItems=[due])
        compactions.execute(
            CompactionDue(organisation_id=TENANT.organisation_id, mode=TENANT.mode, dataset=DATASET)
        )

    @property
    def levels(self) -> list[str]:
        return [file.level for file in datasets.snapshot(TENANT, DATASET).files]


@pytest.fixture
def data(lake: None, tmp_path: Path) -> Lake:  # noqa: ARG001
    return Lake(tmp_path)


def one(number: int, day: int, hour: int = 12, **changes: Any) -> dict[str, Any]:
    created = FIRST + timedelta(days=day, hours=hour)
    return lakes.record(id=f"txn_{number:04d}", created=created.isoformat(), **changes)


def months(data: Lake) -> None:
    """Begin with a base file of four records for each of six months."""
    begin_with("six months", lambda: _load_months(data))
    data.count = 6


def months_and_their_result(data: Lake) -> ReportRun:
    """Begin with six months and a run of all of them."""

    def made() -> ReportRun:
        _load_months(data)
        return ran()

    run = begin_with("six months and their result", made)
    data.count = 6
    return run


def _load_months(data: Lake) -> None:
    for month in range(6):
        data.load(*(one(10 * month + n, 31 * month + 3 * n) for n in range(4)))


def ran(tenant: Tenant = TENANT, report_type: str = ITEMIZED, **parameters: Any) -> ReportRun:
    few = {"columns": FEW} if report_type == ITEMIZED else {}
    run = creation.create(tenant, NewReportRun(report_type=report_type, parameters=YEAR | few | parameters))
    execution.execute(RunRequested(organisation_id=tenant.organisation_id, mode=tenant.mode, run_id=run.id))
    ended = service.retrieve(tenant, run.id)
    assert ended.status == "succeeded"
    return ended


def stored(key: str) -> bytes:
    body: bytes = boto3.client("s3").get_object(Bucket=settings().results_bucket, Key=key)["Body"].read()
    return body


def content(run: ReportRun) -> bytes:
    assert run.file is not None
    found = stored(run.file.key)
    assert (len(found), f"{zlib.crc32(found):08x}") == (run.file.size, run.file.crc32)
    return gzip.decompress(found) if run.file.type == "gz" else found


def rendered(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return the list that the bounds of rendered parts are noted in."""
    bounds: list[Any] = []
    real = engine_run.Run._copy

    def copy(self: Any, cursor: Any, path: Any, part: Any) -> Any:
        bounds.append(part)
        return real(self, cursor, path, part)

    monkeypatch.setattr(engine_run.Run, "_copy", copy)
    return bounds


def is_as_made_afresh(run: ReportRun, **parameters: Any) -> bool:
    """Whether a result has the bytes, the rows and the totals of one that is made of the same data, all of it merged.

    That one knows nothing of parts that are kept, nor of those that recent files leave alone.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine_run.Run, "keeps_parts", False)
        fresh = ran(report_type=run.report_type, **parameters, refresh="true")
    assert run.manifest is not None
    assert fresh.manifest is not None
    assert content(run) == content(fresh)
    told = ("row_count", "control_totals", "data_versions", "column_count")
    assert {name: run.manifest[name] for name in told} == {name: fresh.manifest[name] for name in told}
    return True


def test_a_new_day_is_rendered_and_closed_months_are_copied(
    data: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    months(data)
    bounds = rendered(monkeypatch)
    ran()
    assert len(bounds) == 6
    bounds.clear()
    data.load(one(900, 31 * 5 + 11))
    again = ran()
    assert {start.month for start, _ in bounds} == {6}
    assert again.reused_from is None
    assert content(again).count(b"\n") == 26
    assert is_as_made_afresh(again)


def test_a_joined_result_has_no_sha256_and_says_so_everywhere(data: Lake) -> None:
    first = months_and_their_result(data)
    assert first.file is not None
    assert first.file.sha256 is not None
    data.load(one(900, 31 * 5 + 11))
    again = ran()
    assert again.file is not None
    assert again.manifest is not None
    shown = service.shown(again, "https://x")
    crc32 = f"{zlib.crc32(content(again)):08x}"
    assert (shown.sha256, shown.crc32, again.manifest["sha256"], again.manifest["crc32"]) == (
        None,
        crc32,
        None,
        crc32,
    )
    answer = files.contents(TENANT, again.file.id, {})
    assert answer.headers["ETag"] == f'"{again.file.id}"'
    assert files.contents(TENANT, again.file.id, {"if-none-match": answer.headers["ETag"]}).status == 304
    whole = ran(refresh="true")
    assert whole.file is not None
    assert whole.file.sha256 is not None


@pytest.mark.parametrize(
    "change",
    [
        [one(21, 65, gross=5, net=5, fee=0)],
        [{"id": "txn_0021", "deleted": True}],
        [one(21, 66)],
        [one(901, 64)],
    ],
    ids=["corrected", "deleted", "moved within", "new"],
)
def test_a_late_change_of_a_closed_month_has_that_month_rendered(
    data: Lake, monkeypatch: pytest.MonkeyPatch, change: list[dict[str, Any]]
) -> None:
    months_and_their_result(data)
    data.send(*change)
    bounds = rendered(monkeypatch)
    again = ran()
    assert {start.month for start, _ in bounds} == {3}
    assert is_as_made_afresh(again)


def test_a_record_that_moves_has_both_months_rendered_also_when_a_second_file_moves_it(
    data: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    months_and_their_result(data)
    data.send(one(21, 95))
    bounds = rendered(monkeypatch)
    again = ran()
    assert {start.month for start, _ in bounds} == {3, 4}
    assert is_as_made_afresh(again)
    bounds.clear()
    data.send(one(21, 130))
    again = ran()
    # What moved away is in no file of April any more, but for the recent one that the newer one overrules.
    assert {start.month for start, _ in bounds} == {3, 4, 5}
    assert is_as_made_afresh(again)


def test_recent_files_leave_the_months_alone_that_they_say_nothing_of(
    data: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    months(data)
    data.send(one(21, 65, gross=5, net=5, fee=0))
    ran()
    data.send(one(31, 96, gross=5, net=5, fee=0))
    assert data.levels.count("recent") == 2
    bounds = rendered(monkeypatch)
    again = ran()
    assert {start.month for start, _ in bounds} == {4}
    assert is_as_made_afresh(again)


def test_compaction_has_rendered_what_it_rewrote(data: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    months(data)
    data.send(one(21, 65, gross=5, net=5, fee=0))
    ran()
    data.compact()
    assert "recent" not in data.levels
    data.load(one(900, 31 * 5 + 11))
    bounds = rendered(monkeypatch)
    again = ran()
    assert bounds
    assert is_as_made_afresh(again)


def test_a_window_that_moves_by_a_month_finds_its_parts(data: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    months_and_their_result(data)
    bounds = rendered(monkeypatch)
    february = str(int(datetime(2024, 2, 1, tzinfo=UTC).timestamp()))
    again = ran(interval_start=february)
    assert bounds == []
    assert is_as_made_afresh(again, interval_start=february)


def test_a_window_that_begins_within_a_part_has_it_rendered(
    data: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    months_and_their_result(data)
    bounds = rendered(monkeypatch)
    inside = str(int((FIRST + timedelta(days=33)).timestamp()))
    again = ran(interval_start=inside)
    assert [start for start, _ in bounds] == [datetime.fromtimestamp(int(inside), UTC).replace(tzinfo=None)]
    assert is_as_made_afresh(again, interval_start=inside)


@pytest.mark.parametrize(
    "form",
    [{"format": "jsonl"}, {"compress": "gzip"}, {"format": "jsonl", "compress": "gzip"}],
    ids=["jsonl", "gzip", "jsonl.gzip"],
)
def test_other_formats_are_joined_as_well(
    data: Lake, monkeypatch: pytest.MonkeyPatch, form: dict[str, Any]
) -> None:
    months(data)
    ran(**form)
    data.load(one(900, 31 * 5 + 11))
    bounds = rendered(monkeypatch)
    again = ran(**form)
    assert len(bounds) == 1
    assert is_as_made_afresh(again, **form)


@pytest.mark.parametrize("form", [{}, {"compress": "gzip"}], ids=["plain", "gzip"])
def test_what_is_large_enough_is_copied_by_s3(
    data: Lake, monkeypatch: pytest.MonkeyPatch, form: dict[str, Any]
) -> None:
    # Few records and long, as it is the bytes that matter.
    monkeypatch.setattr(report, "rows_per_part", lambda *_: 3000)
    chance = random.Random(1)  # noqa: S311 - no secret
    for month in range(3):
        data.load(
            *(
                one(100_000 * month + n, 31 * month + n // 200, description=f"{chance.getrandbits(16_000):x}")
                for n in range(2500)
            )
        )
    ran(**form)
    copies: list[Any] = []
    clients.s3().meta.events.register("before-call.s3.UploadPartCopy", lambda **_: copies.append(1))
    data.send(one(200_000, 62, description="corrected"), one(999_999, 105))
    again = ran(**form)
    assert len(copies) == 1
    assert is_as_made_afresh(again, **form)


@pytest.mark.parametrize("form", [{"format": "parquet"}, {"compress": "zip"}], ids=["parquet", "zip"])
def test_parquet_and_zip_are_made_anew(data: Lake, form: dict[str, Any]) -> None:
    months(data)
    run = ran(**form)
    assert run.file is not None
    assert not [key for key in lakes.objects(settings().results_bucket) if key.endswith(kept_parts.SUFFIX)]


@pytest.mark.parametrize(
    "changes",
    [
        {"timezone": "Europe/Berlin"},
        {"currency": "usd"},
        {"columns": ["net", "gross"]},
        {"decimal_separator": ","},
        {"format": "jsonl"},
        {"compress": "gzip"},
    ],
)
def test_another_family_has_no_part_in_it(
    data: Lake, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    months_and_their_result(data)
    bounds = rendered(monkeypatch)
    ran(**changes)
    assert len(bounds) == 6


def test_another_key_of_the_metadata_makes_another_family(data: Lake) -> None:
    columns: dict[str, Any] = {"columns": ["balance_transaction_id", "payment_metadata[*]"]}
    data.load(*(one(n, 3 * n, payment_metadata={"a": "1"}) for n in range(4)))
    ran(**columns)
    data.load(one(900, 40, payment_metadata={"b": "2"}))
    again = ran(**columns)
    assert content(again).startswith(b'"balance_transaction_id","payment_metadata[a]","payment_metadata[b]"')
    assert is_as_made_afresh(again, **columns)


def test_a_release_and_another_tenant_have_no_part_in_it(data: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    months_and_their_result(data)
    bounds = rendered(monkeypatch)
    other = Tenant("org_b", "test")
    data.load(*(one(n, 3 * n, gross=7, net=7, fee=0) for n in range(4)), tenant=other)
    assert content(ran(other)).count(b'"0.07"') == 4 * 2
    monkeypatch.setattr(fingerprint, "program", lambda: "another")
    bounds.clear()
    ran()
    assert len(bounds) == 6


@pytest.mark.parametrize("suffix", ["", kept_parts.SUFFIX], ids=["result", "list"])
def test_a_result_that_is_gone_is_no_failure(
    data: Lake, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    first = months_and_their_result(data)
    assert first.file is not None
    clients.s3().delete_object(Bucket=settings().results_bucket, Key=first.file.key + suffix)
    data.load(one(900, 31 * 5 + 11))
    bounds = rendered(monkeypatch)
    again = ran()
    assert again.file is not None
    assert again.file.sha256 is not None
    assert {start.month for start, _ in bounds} == {1, 2, 3, 4, 5, 6}
    assert is_as_made_afresh(again)


def test_a_result_that_expires_within_the_hour_is_not_copied(
    data: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = months_and_their_result(data)
    assert first.file is not None
    soon = datetime.fromtimestamp(first.file.expires_at - 3599, UTC)
    monkeypatch.setattr(clock, "now", lambda: soon)
    bounds = rendered(monkeypatch)
    data.load(one(900, 31 * 5 + 11))
    ran()
    assert {start.month for start, _ in bounds} == {1, 2, 3, 4, 5, 6}


def test_a_month_that_was_copied_of_the_year_does_not_take_its_place(
    data: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    months_and_their_result(data)
    march: dict[str, Any] = {
        "interval_start": str(int(datetime(2024, 3, 1, tzinfo=UTC).timestamp())),
        "interval_end": str(int(datetime(2024, 4, 1, tzinfo=UTC).timestamp())),
    }
    bounds = rendered(monkeypatch)
    ran(**march)
    data.load(one(900, 31 * 5 + 11))
    ran()
    assert {start.month for start, _ in bounds} == {6}


def test_a_small_run_asks_for_nothing_and_keeps_nothing(data: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_run, "KEPT_BYTES", 32 * 1024 * 1024)
    months(data)
    calls: list[str] = []
    clients.s3().meta.events.register("before-call.s3", lambda model, **_: calls.append(model.name))
    clients.dynamodb().meta.events.register(
        "before-call.dynamodb",
        lambda model, params, **_: calls.append(
            f"{model.name} {len(json.loads(params['body']).get('TransactItems', []))}"
        ),
    )
    ran()
    assert calls.count("PutObject") == 2
    assert "GetObject" not in calls
    assert [call for call in calls if call.startswith("TransactWriteItems")] == ["TransactWriteItems 3"]


@pytest.mark.parametrize("report_type", [ITEMIZED, "payouts.itemized.3"])
@pytest.mark.parametrize("seed", range(1))
def test_whatever_changes_the_joined_result_is_the_one_made_afresh(
    data: Lake, monkeypatch: pytest.MonkeyPatch, seed: int, report_type: str
) -> None:
    """Random edits of every kind between runs: corrections, deletions, moves, new days, compactions, other windows."""
    chance = random.Random(f"{seed} {report_type}")  # noqa: S311 - no secret
    rows = chance.choice([2, 5, 8, 20])
    monkeypatch.setattr(report, "rows_per_part", lambda *_: rows)
    bounds = rendered(monkeypatch)
    copied, compacted = 0, False
    form: dict[str, Any] = chance.choice(
        [{"timezone": "America/New_York"}, {"compress": "gzip"}, {"format": "jsonl"}]
    )
    categories = ["charge"] if report_type == ITEMIZED else ["payout", "payout_reversal"]

    def change() -> dict[str, Any]:
        number = chance.randrange(60)
        if chance.random() < 0.2:
            return {"id": f"txn_{number:04d}", "deleted": True}
        gross = chance.randrange(100, 9999)
        return one(
            number,
            chance.randrange(300),
            chance.randrange(24),
            gross=gross,
            net=gross - 59,
            reporting_category=chance.choice(categories),
        )

    for month in range(7):
        data.load(
            *(
                one(10 * month + n, 42 * month + 7 * n, reporting_category=categories[0])
                for n in range(chance.randrange(1, 6))
            )
        )
    for step in range(5):
        for _ in range(chance.randrange(1, 3)):
            if chance.random() < 0.5:
                found = {each["id"]: each for each in (change() for _ in range(chance.randrange(1, 3)))}
                data.send(*found.values())
            else:
                data.load(one(1000 + 10 * step + chance.randrange(10), 290 + chance.randrange(60),
                              reporting_category=categories[0]))  # fmt: skip
        if chance.random() < 0.2:
            data.compact()
            compacted = True
        days = (chance.choice([0, 0, 31, 60]), chance.choice([200, 330, 365, 365]))
        start, end = (str(int((FIRST + timedelta(days=day)).timestamp())) for day in days)
        window: dict[str, Any] = {"interval_start": start, "interval_end": end} | form
        bounds.clear()
        run = ran(report_type=report_type, **window)
        copied += max(parts_of(run) - len(bounds), 0)
        assert is_as_made_afresh(run, **window)
    # A compaction may rewrite all of so few records.
    assert copied > 0 or compacted


def parts_of(run: ReportRun) -> int:
    """Return how many parts of a result are listed for the next; none if they are not."""
    assert run.file is not None
    try:
        return len(json.loads(stored(run.file.key + kept_parts.SUFFIX))["parts"])
    except ClientError:
        return 0

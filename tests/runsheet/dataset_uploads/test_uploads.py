"""Uploads from the presigned URL to the end, on moto: what workers, repeats, crashes and the sweeper do to them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import boto3
import httpx
import pytest

from runsheet import leases
from runsheet.dataset_uploads import execution, service, table
from runsheet.dataset_uploads.model import NewUpload, Upload, UploadArrived, UploadObject
from runsheet.datasets import description
from runsheet.datasets import ingest as ingests
from runsheet.errors import InvalidRequest, NotFound
from runsheet.runtime import clock
from runsheet.runtime.settings import settings
from tests.lake import ndjson, objects, record, rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from runsheet.datasets.model import Format
    from runsheet.tenancy import Tenant

pytestmark = pytest.mark.usefixtures("lake")
DATASET = "balance_transactions"
START = datetime(2026, 5, 1, 12, tzinfo=UTC)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.moment = START

    def __call__(self) -> datetime:
        return self.moment

    def move(self, seconds: int) -> None:
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Clock:
    moved = Clock()
    monkeypatch.setattr(clock, "now", moved)
    return moved


def create(tenant: Tenant, form: Format = "ndjson", batch_id: str | None = None) -> UploadObject:
    return service.create(tenant, DATASET, NewUpload(format=form, batch_id=batch_id))


def key(tenant: Tenant, upload: UploadObject) -> str:
    return f"uploads/{tenant.organisation_id}/{tenant.mode}/{DATASET}/{upload.id}"


def arrived(tenant: Tenant, upload: UploadObject) -> UploadArrived:
    """Return the message as EventBridge writes it, with the fields that nobody asked for."""
    event = {
        "version": "0",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "detail": {
            "version": "0",
            "bucket": {"name": settings().uploads_bucket},
            "object": {"key": key(tenant, upload), "size": 5, "etag": "x", "sequencer": "00617F08299329D189"},
            "reason": "PutObject",
        },
    }
    return UploadArrived.model_validate_json(json.dumps(event))


def put(tenant: Tenant, upload: UploadObject, content: bytes) -> UploadArrived:
    boto3.client("s3").put_object(Bucket=settings().uploads_bucket, Key=key(tenant, upload), Body=content)
    return arrived(tenant, upload)


def seen(tenant: Tenant, upload: UploadObject) -> UploadObject:
    return service.retrieve(tenant, DATASET, upload.id)


def messages() -> list[UploadArrived]:
    received = boto3.client("sqs").receive_message(
        QueueUrl=settings().dataset_uploads_queue_url, MaxNumberOfMessages=10
    )
    return [UploadArrived.model_validate_json(each["Body"]) for each in received.get("Messages", [])]


# ---------------------------------------------------------------- create and retrieve


def test_an_upload_is_created_with_a_url_for_one_object(tenant: Tenant, now: Clock) -> None:
    upload = create(tenant, "csv")
    assert upload.url is not None
    address = urlsplit(upload.url)
    assert address.path.endswith("/" + key(tenant, upload))
    assert parse_qs(address.query)["X-Amz-Expires"] == ["3600"]
    assert (upload.status, upload.progress, upload.method, upload.headers) == ("pending", 0.0, "PUT", {})
    assert upload.expires_at == int(now().timestamp()) + 3600
    assert (upload.batch_id, upload.bad_rows, upload.row_count) == (upload.id, [], None)
    assert seen(tenant, upload) == upload.model_copy(update={"url": None})


def test_a_file_can_be_put_to_the_url(tenant: Tenant) -> None:
    upload = create(tenant)
    assert upload.url is not None
    assert httpx.put(upload.url, content=ndjson(record())).status_code == 200
    assert objects(settings().uploads_bucket) == [key(tenant, upload)]


def test_uploads_of_others_are_not_found(tenant: Tenant) -> None:
    upload = create(tenant)
    for other in (tenant._replace(mode="live"), tenant._replace(organisation_id="org_b")):
        with pytest.raises(NotFound, match=f"No such dataset_upload: '{upload.id}'"):
            service.retrieve(other, DATASET, upload.id)
    for unknown in ("upl_x", "", "x" * 5000):
        with pytest.raises(NotFound):
            service.retrieve(tenant, DATASET, unknown or "-")
    with pytest.raises(NotFound, match="No such dataset: 'nope'"):
        service.retrieve(tenant, "nope", upload.id)
    with pytest.raises(NotFound, match="No such dataset: 'nope'"):
        service.create(tenant, "nope", NewUpload(format="csv"))


@pytest.mark.parametrize("upload_id", ["", "upl_", "x" * 5000, "upl_" + "0" * 1100, "upl_a#b", "upl_\ud800"])
def test_an_id_that_no_upload_can_have_is_not_looked_up(tenant: Tenant, upload_id: str) -> None:
    """DynamoDB refuses a key that is empty or longer than 1,024 bytes."""
    with pytest.raises(NotFound):
        service.retrieve(tenant, DATASET, upload_id)


def test_an_upload_to_another_dataset_is_not_found(tenant: Tenant) -> None:
    other = Upload(tenant, "other_dataset", "upl_1", "csv", None, created=0, url_expires_at=0)
    table.put(other, expires_at=10**10)
    with pytest.raises(NotFound, match="No such dataset_upload: 'upl_1'"):
        service.retrieve(tenant, DATASET, "upl_1")


def test_a_batch_id_must_be_plain(tenant: Tenant) -> None:
    with pytest.raises(InvalidRequest, match="Invalid batch_id"):
        create(tenant, batch_id="a b")


@pytest.mark.parametrize(
    "object_key",
    [
        "x",
        "uploads/org_a/test/d",
        "uploads/org_a/prod/d/u",
        "uploads/org_a#x/test/d/u",
        "uploads/org_a/test/d/u/v",
        "",
    ],
)
def test_a_message_about_another_object_is_not_read(object_key: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        UploadArrived.model_validate({"detail": {"object": {"key": object_key}}})


# ---------------------------------------------------------------- processing


def test_an_uploaded_file_is_processed_when_it_arrives(tenant: Tenant) -> None:
    upload = create(tenant)
    execution.execute(
        put(tenant, upload, ndjson(record(id="a"), record(id="b"), {"id": "c", "deleted": True}))
    )
    done = seen(tenant, upload)
    assert (done.status, done.progress, done.row_count, done.deleted_count) == ("succeeded", 1.0, 2, 1)
    assert done.succeeded_at is not None
    assert rows(tenant) == ["a", "b"]
    item = boto3.client("dynamodb").scan(TableName=settings().dataset_uploads_table)["Items"][0]
    assert not {"unfinished", "attention_at", "lease", "lease_until"} & item.keys()


def test_the_same_message_again_changes_nothing(tenant: Tenant) -> None:
    upload = create(tenant)
    message = put(tenant, upload, ndjson(record(id="a")))
    execution.execute(message)
    done = seen(tenant, upload)
    put(tenant, upload, ndjson(record(id="b")))
    execution.execute(message)
    assert seen(tenant, upload) == done
    assert rows(tenant) == ["a"]


@pytest.mark.parametrize(
    ("form", "content", "line", "column"),
    [
        ("csv", b"identifier,gross\n1,2\n", 1, "identifier"),
        ("csv", b"id,deleted\n=cmd|'/c calc'!A0,maybe\n", 2, "deleted"),
        ("csv", b"", None, None),
        ("csv", b"id,deleted\na\x00b,true\n", 2, "id"),
        ("ndjson", b'{"id": "\xff"}', 1, None),
        ("ndjson", ndjson(record(), record(gross=10**29)), 2, "gross"),
        ("ndjson", ndjson(record(gross=float("nan"))), 1, "gross"),
        ("ndjson", ndjson(record(created="0000-01-01"), record(created="10000-01-01")), 1, "created"),
        ("parquet", b"PAR1 this is cut", None, None),
    ],
)
def test_a_bad_file_fails_with_its_rows_and_stores_nothing(
    tenant: Tenant, form: Format, content: bytes, line: int | None, column: str | None
) -> None:
    upload = create(tenant, form)
    execution.execute(put(tenant, upload, content))
    failed = seen(tenant, upload)
    assert (failed.status, failed.failure_code, failed.row_count) == ("failed", "records_invalid", None)
    assert (failed.bad_rows[0].line, failed.bad_rows[0].column) == (line, column)
    assert objects() == []
    assert description.retrieve(tenant, DATASET).row_count == 0
    json.dumps(failed.model_dump(mode="json")).encode()


def test_100_bad_rows_with_long_reasons_fit_into_the_item(tenant: Tenant) -> None:
    upload = create(tenant)
    execution.execute(
        put(tenant, upload, ndjson(*(record(reporting_category="🙂" * 1000) for _ in range(300))))
    )
    failed = seen(tenant, upload)
    assert [bad.line for bad in failed.bad_rows] == list(range(1, 101))


def test_a_batch_id_that_stands_for_other_content_fails_the_upload(tenant: Tenant) -> None:
    first, second, third = (create(tenant, batch_id="day-1") for _ in range(3))
    execution.execute(put(tenant, first, ndjson(record(description="1"))))
    execution.execute(put(tenant, second, ndjson(record(description="1"))))
    execution.execute(put(tenant, third, ndjson(record(description="3"))))
    assert seen(tenant, second).row_count == seen(tenant, first).row_count == 1
    assert seen(tenant, third).failure_code == "batch_id_in_use"
    assert len(objects()) == 1


# ---------------------------------------------------------------- crashes, leases, progress


def dies(_tenant: object, _dataset: object, _incoming: object, **_: object) -> None:
    raise OSError("the disk is gone")


def test_a_worker_that_raises_gives_the_upload_back_and_the_third_failure_is_the_last(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = create(tenant)
    message = put(tenant, upload, ndjson(record()))
    monkeypatch.setattr(execution, "ingest", dies)
    for attempt in range(1, leases.MAX_ATTEMPTS + 1):
        with pytest.raises(OSError, match="the disk is gone"):
            execution.execute(message)
        stored = table.get(tenant, upload.id)
        assert stored is not None
        assert (stored.status, stored.attempts) == ("processing", attempt)
    execution.execute(message)
    assert (seen(tenant, upload).status, seen(tenant, upload).failure_code) == ("failed", "internal_error")
    monkeypatch.undo()


def test_a_worker_that_dies_after_registering_is_made_up_for(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = create(tenant)
    message = put(tenant, upload, ndjson(record(id="a")))
    with monkeypatch.context() as patched:
        patched.setattr(table, "succeed", dies)
        with pytest.raises((OSError, TypeError)):
            execution.execute(message)
    assert rows(tenant) == ["a"]
    execution.execute(message)
    assert (seen(tenant, upload).status, seen(tenant, upload).row_count) == ("succeeded", 1)
    assert len(objects()) == 1


def test_an_upload_that_another_worker_holds_is_left_alone_until_its_lease_ends(
    tenant: Tenant, now: Clock
) -> None:
    upload = create(tenant)
    message = put(tenant, upload, ndjson(record()))
    assert table.take(tenant, upload.id, "lease_other", now=int(now().timestamp())) is not None
    execution.execute(message)
    assert seen(tenant, upload).status == "processing"
    now.move(leases.LEASE_SECONDS)
    execution.execute(message)
    assert seen(tenant, upload).status == "succeeded"


def test_a_worker_that_lost_its_lease_does_not_end_the_upload(tenant: Tenant, now: Clock) -> None:
    upload = create(tenant)
    at = int(now().timestamp())
    taken = table.take(tenant, upload.id, "lease_1", now=at)
    assert taken is not None
    assert table.take(tenant, upload.id, "lease_2", now=at + leases.LEASE_SECONDS) is not None
    assert table.fail(taken, "lease_1", code="x", message="x") is False
    assert table.expire(taken, "lease_1") is False
    table.release(taken, "lease_1", now=at)
    assert seen(tenant, upload).status == "processing"
    assert table.fail(taken, "lease_2", code="x", message="x") is True


def test_progress_is_written_at_most_once_a_second_and_never_falls(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = create(tenant)
    stored = table.take(tenant, upload.id, "lease_1", now=0)
    assert stored is not None
    written: list[float] = []
    seconds = 0.0
    monkeypatch.setattr(table, "extend", lambda *_, progress, **__: written.append(progress))
    monkeypatch.setattr("time.monotonic", lambda: seconds)
    noted = execution._Progress(stored, "lease_1")
    for share in range(100):
        seconds += 0.1
        noted(share / 100)
    noted(0.2)
    noted.again()
    assert len(written) <= 12
    assert written == sorted(written)
    assert written[-1] == 0.99


def test_progress_is_seen_while_the_file_is_processed(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = create(tenant)
    message = put(tenant, upload, ndjson(record()))
    states: list[tuple[str, float]] = []

    def watching(*arguments: Any, on_progress: Callable[[float], None]) -> Any:
        on_progress(0.5)
        states.append((seen(tenant, upload).status, seen(tenant, upload).progress))
        return ingests.ingest(*arguments, on_progress=on_progress)

    monkeypatch.setattr(execution, "_PROGRESS_SECONDS", 0.0)
    monkeypatch.setattr(execution, "ingest", watching)
    execution.execute(message)
    assert states == [("processing", 0.6)]


# ---------------------------------------------------------------- what gets lost


def test_an_upload_whose_worker_died_is_queued_again(tenant: Tenant, now: Clock) -> None:
    upload = create(tenant)
    put(tenant, upload, ndjson(record()))
    assert table.take(tenant, upload.id, "lease_dead", now=int(now().timestamp())) is not None
    service.sweep()
    assert messages() == []
    now.move(leases.LEASE_SECONDS)
    service.sweep()
    service.sweep()
    [message] = messages()
    assert message == arrived(tenant, upload)
    execution.execute(message)
    assert seen(tenant, upload).status == "succeeded"
    now.move(10**6)
    service.sweep()
    assert messages() == []


def test_a_file_whose_event_got_lost_is_processed(tenant: Tenant, now: Clock) -> None:
    upload = create(tenant)
    put(tenant, upload, ndjson(record()))
    now.move(service.URL_SECONDS)
    service.sweep()
    assert messages() == []
    now.move(1800)
    service.sweep()
    [message] = messages()
    execution.execute(message)
    assert seen(tenant, upload).status == "succeeded"


def test_an_upload_without_a_file_expires_and_a_late_file_is_still_taken(tenant: Tenant, now: Clock) -> None:
    upload = create(tenant)
    now.move(service.URL_SECONDS + 1800)
    service.sweep()
    [message] = messages()
    execution.execute(message)
    assert seen(tenant, upload).status == "expired"
    now.move(10**6)
    service.sweep()
    assert messages() == []
    execution.execute(put(tenant, upload, ndjson(record())))
    assert seen(tenant, upload).status == "succeeded"
    assert rows(tenant) == ["txn_1"]

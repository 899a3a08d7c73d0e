"""Cancelling runs: before, while and after a worker has them."""

from __future__ import annotations

import dataclasses
import threading
import time
from typing import Any

import boto3
import pytest

from runsheet import catalog, leases
from runsheet.engine import report
from runsheet.errors import InvalidRequest, NotFound
from runsheet.report_runs import cancelling, creation, execution, service, table
from runsheet.report_runs.model import NewReportRun, ReportRun, RunRequested
from runsheet.runtime import clock
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant
from tests import lake as lakes

TENANT = Tenant("org_a", "test")

pytestmark = pytest.mark.usefixtures("tables", "buckets", "queues")


@pytest.fixture
def run() -> ReportRun:
    parameters = {"interval_start": "1680000000", "interval_end": "1680100000"}
    return creation.create(TENANT, NewReportRun(report_type="balance.summary.1", parameters=parameters))


def work(run: ReportRun) -> None:
    execution.execute(RunRequested(organisation_id="org_a", mode="test", run_id=run.id))


def left_in_s3() -> list[Any]:
    s3, bucket = boto3.client("s3"), settings().results_bucket
    uploads = s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
    return [*lakes.objects(bucket), *uploads]


def test_a_pending_run_ends_at_once_as_failed_and_no_worker_takes_it(run: ReportRun) -> None:
    ended = cancelling.cancel(TENANT, run.id)
    assert (ended.status, ended.error, ended.error_code) == (
        "failed",
        "The report was cancelled.",
        "cancelled",
    )
    assert table.get(TENANT, run.id) == ended
    due = [found for shard in leases.SHARDS for found in table.needing_attention(shard, now=run.deadline)]
    assert due == []
    work(run)
    assert service.retrieve(TENANT, run.id) == ended
    assert left_in_s3() == []


def test_cancelling_again_changes_nothing(run: ReportRun) -> None:
    assert cancelling.cancel(TENANT, run.id) == cancelling.cancel(TENANT, run.id)


def test_a_run_that_ended_cannot_be_cancelled(run: ReportRun) -> None:
    work(run)
    ended = service.retrieve(TENANT, run.id)
    with pytest.raises(InvalidRequest, match="because it has a status of succeeded") as refused:
        cancelling.cancel(TENANT, run.id)
    assert (refused.value.param, refused.value.code) == ("id", "report_run_ended")
    assert service.retrieve(TENANT, run.id) == ended


def test_a_run_that_failed_cannot_be_cancelled(run: ReportRun) -> None:
    table.fail(run, error="It broke.", code="internal_error")
    with pytest.raises(InvalidRequest, match="because it has a status of failed"):
        cancelling.cancel(TENANT, run.id)
    assert service.retrieve(TENANT, run.id).error == "It broke."


def test_another_tenants_run_is_not_found_and_goes_on(run: ReportRun) -> None:
    for other in (Tenant("org_a", "live"), Tenant("org_b", "test")):
        with pytest.raises(NotFound):
            cancelling.cancel(other, run.id)
    assert service.retrieve(TENANT, run.id).status == "pending"


@pytest.mark.parametrize("told", [True, False], ids=["as its parts are sent", "when all is sent"])
def test_a_run_that_is_cancelled_under_way_leaves_nothing_in_s3(
    run: ReportRun, monkeypatch: pytest.MonkeyPatch, *, told: bool
) -> None:
    """The worker ends without an error: its message is done, and nothing is tried again."""
    real = report.export

    def export(*arguments: Any, **named: Any) -> Any:
        if told:
            cancelling.cancel(TENANT, run.id)
            return real(*arguments, **named)
        done = real(*arguments, **named)
        assert left_in_s3() != []
        cancelling.cancel(TENANT, run.id)
        return done

    monkeypatch.setattr(report, "export", export)
    work(run)
    assert service.retrieve(TENANT, run.id).error_code == "cancelled"
    assert left_in_s3() == []


def test_a_long_query_is_interrupted_when_the_lease_cannot_be_extended(
    run: ReportRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is sent yet, so only the heartbeat can notice; the query would take minutes."""
    endless = "select count(*) as net_amount from range(400000) as a(i), range(400000) as b(i) where a.i % 7 = b.i % 5"
    slow = dataclasses.replace(
        catalog.report_type("balance.summary.1"), sql=endless, tables={}, order_by="net_amount"
    )
    slow = dataclasses.replace(slow, columns=tuple(c for c in slow.columns if c.name == "net_amount"))
    slow = dataclasses.replace(slow, columns=(dataclasses.replace(slow.columns[0], type="integer"),))
    slow = dataclasses.replace(slow, default_columns=("net_amount",))
    monkeypatch.setattr(catalog, "report_type", lambda _: slow)
    monkeypatch.setattr(leases, "_EXTEND_EVERY_SECONDS", 0.1)
    cancel = threading.Timer(1.0, cancelling.cancel, (TENANT, run.id))
    began = time.monotonic()
    cancel.start()
    work(run)
    assert time.monotonic() - began < 20
    assert service.retrieve(TENANT, run.id).error_code == "cancelled"
    assert left_in_s3() == []


def test_a_query_of_a_table_that_is_made_once_is_interrupted_too(
    run: ReportRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = {
        "made": "select count(*) as n from range(400000) as a(i), range(400000) as b(i) where a.i % 7 = b.i % 5"
    }
    slow = dataclasses.replace(catalog.report_type("balance.summary.1"), tables=endless)
    monkeypatch.setattr(catalog, "report_type", lambda _: slow)
    monkeypatch.setattr(leases, "_EXTEND_EVERY_SECONDS", 0.1)
    cancel = threading.Timer(1.0, cancelling.cancel, (TENANT, run.id))
    began = time.monotonic()
    cancel.start()
    work(run)
    assert time.monotonic() - began < 20
    assert service.retrieve(TENANT, run.id).error_code == "cancelled"


def test_a_worker_whose_lease_was_taken_over_leaves_the_run_and_its_object_alone(
    run: ReportRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = report.export

    def export(*arguments: Any, **named: Any) -> Any:
        done = real(*arguments, **named)
        later = clock.seconds() + leases.LEASE_SECONDS + 1
        monkeypatch.setattr(report, "export", real)
        monkeypatch.setattr(clock, "seconds", lambda: later)
        work(run)
        return done

    monkeypatch.setattr(report, "export", export)
    work(run)
    ended = service.retrieve(TENANT, run.id)
    assert ended.file is not None
    assert ended.status == "succeeded"
    kept = [ended.file.key, f"{ended.file.key}.manifest.json"]
    assert lakes.objects(settings().results_bucket) == kept

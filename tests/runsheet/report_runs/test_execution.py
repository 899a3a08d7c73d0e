"""Carrying runs out, over an empty dataset: what happens around the engine, not in it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from runsheet import leases
from runsheet.engine import report
from runsheet.engine.errors import ReportFailed
from runsheet.files import service as files
from runsheet.report_runs import creation, execution, service, table
from runsheet.report_runs.model import NewReportRun, ReportRun, RunRequested
from runsheet.runtime import clock
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant

if TYPE_CHECKING:
    from collections.abc import Callable

TENANT = Tenant("org_a", "test")

pytestmark = pytest.mark.usefixtures("tables", "buckets", "queues")


@pytest.fixture
def run() -> ReportRun:
    parameters = {"interval_start": "1680000000", "interval_end": "1680100000"}
    return creation.create(TENANT, NewReportRun(report_type="balance.summary.1", parameters=parameters))


def requested(run: ReportRun) -> RunRequested:
    return RunRequested(organisation_id="org_a", mode="test", run_id=run.id)


def results() -> list[str]:
    answer = boto3.client("s3").list_objects_v2(Bucket=settings().results_bucket)
    keys = [found["Key"] for found in answer.get("Contents", [])]
    return [key for key in keys if not key.endswith(".manifest.json")]


def failing(monkeypatch: pytest.MonkeyPatch, failure: Callable[[], Exception]) -> None:
    def export(*_: object, **__: object) -> Any:
        raise failure()

    monkeypatch.setattr(report, "export", export)


def test_a_run_ends_with_a_file_that_its_tenant_can_download(run: ReportRun) -> None:
    execution.execute(requested(run))
    ended = service.retrieve(TENANT, run.id)
    assert ended.status == "succeeded"
    assert ended.file is not None
    assert files.retrieve(TENANT, ended.file.id) == ended.file
    answer = files.contents(TENANT, ended.file.id, {})
    assert answer.body == b'"category","description","net_amount","currency"\n'
    assert (ended.file.size, ended.file.row_count) == (len(answer.body), 0)
    shown = service.shown(ended, "https://r.example.com")
    assert shown.result is not None
    assert shown.result.url == f"https://r.example.com/v1/files/{ended.file.id}/contents"
    assert shown.result.expires_at == shown.result.created + 365 * 24 * 60 * 60
    assert (shown.row_count, shown.sha256, shown.progress) == (0, ended.file.sha256, 1.0)
    assert shown.download_url is not None
    # Who is given a link to the file sees the object's key, and not whose it is.
    assert results() == [ended.file.key]
    assert "org_a" not in ended.file.key


def test_a_message_that_comes_again_changes_nothing(run: ReportRun) -> None:
    execution.execute(requested(run))
    ended = service.retrieve(TENANT, run.id)
    execution.execute(requested(run))
    assert service.retrieve(TENANT, run.id) == ended
    assert len(results()) == 1


def test_a_run_that_another_worker_holds_is_left_alone(run: ReportRun) -> None:
    table.take(TENANT, run.id, "lease_other", now=int(clock.now().timestamp()))
    execution.execute(requested(run))
    assert service.retrieve(TENANT, run.id).status == "pending"
    assert results() == []


def test_a_dead_workers_run_is_taken_over_when_its_lease_ends(run: ReportRun) -> None:
    died = clock.now() - timedelta(seconds=leases.LEASE_SECONDS + 1)
    table.take(TENANT, run.id, "lease_dead", now=int(died.timestamp()))
    execution.execute(requested(run))
    assert service.retrieve(TENANT, run.id).status == "succeeded"


def test_a_run_that_nobody_stored_is_left_alone() -> None:
    execution.execute(RunRequested(organisation_id="org_a", mode="test", run_id="frr_gone"))
    assert results() == []


def test_a_report_that_cannot_be_given_fails_with_its_reason(
    run: ReportRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, lambda: ReportFailed("result_too_large", "The result is too large."))
    execution.execute(requested(run))
    ended = service.retrieve(TENANT, run.id)
    assert (ended.status, ended.error, ended.error_code) == (
        "failed",
        "The result is too large.",
        "result_too_large",
    )


def test_an_unexpected_error_is_tried_again_and_then_fails_without_its_cause(
    run: ReportRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, lambda: RuntimeError("secret"))
    for _ in range(leases.MAX_ATTEMPTS):
        with pytest.raises(RuntimeError):
            execution.execute(requested(run))
        assert service.retrieve(TENANT, run.id).status == "pending"
    execution.execute(requested(run))
    ended = service.retrieve(TENANT, run.id)
    assert (ended.status, ended.error_code) == ("failed", "internal_error")
    assert "secret" not in str(ended.error)


def test_a_worker_that_loses_its_lease_leaves_the_run_to_the_other(
    run: ReportRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = report.export

    def slow(*arguments: Any, **named: Any) -> Any:
        later = int(clock.now().timestamp()) + leases.LEASE_SECONDS + 1
        assert table.take(TENANT, run.id, "lease_other", now=later) is not None
        return real(*arguments, **(named | {"on_progress": lambda _: None}))

    monkeypatch.setattr(report, "export", slow)
    execution.execute(requested(run))
    assert service.retrieve(TENANT, run.id).status == "pending"

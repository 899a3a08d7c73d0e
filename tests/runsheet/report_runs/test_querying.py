"""Runs that go to Athena: begun by one worker, finished by another, whatever dies or gets lost in between."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from runsheet import athena as sql
from runsheet import leases
from runsheet.athena_queries import events
from runsheet.athena_queries import table as queries
from runsheet.athena_queries.model import Look, QueryEvent
from runsheet.datasets import records
from runsheet.report_runs import (
    cancelling,
    creation,
    execution,
    failures,
    querying,
    queueing,
    service,
    table,
)
from runsheet.report_runs.model import NewReportRun, ReportRun, RunRequested
from runsheet.runtime import clock, settings
from runsheet.runtime.settings import settings as current
from runsheet.tenancy import Tenant
from tests import lake as lakes
from tests.athena import Athena
from tests.beginnings import begin_with
from tests.gateway import Context
from workers import stop_query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.athena import Query

TENANT = Tenant("org_a", "test")
ITEMIZED = "balance_change_from_activity.itemized.3"
SUMMARY = "balance_change_from_activity.summary.1"


@pytest.fixture(autouse=True)
def athena(
    tables: None,  # noqa: ARG001 - it needs them
    buckets: None,  # noqa: ARG001
    queues: None,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Athena]:
    """Athena for runs over three records or more."""
    with lakes.served(monkeypatch):
        begin_with("three records", send_three)
        monkeypatch.setenv("ATHENA_ROWS", "3")
        settings.settings.cache_clear()
        installed = Athena()
        installed.install(monkeypatch)
        yield installed


def send_three() -> None:
    for number in range(3):
        send(lakes.record(id=f"txn_{number}", description=f'Order "{number}",\nsecond line'))


def send(record: dict[str, Any], tenant: Tenant = TENANT) -> None:
    records.create(
        tenant,
        "balance_transactions",
        lakes.ndjson(record),
        content_type="application/x-ndjson",
        batch_id=None,
    )


def new_run(report_type: str = ITEMIZED, tenant: Tenant = TENANT, **parameters: Any) -> ReportRun:
    parameters = {"interval": "2024-03", **parameters}
    return creation.create(tenant, NewReportRun(report_type=report_type, parameters=parameters))


def work(run: ReportRun) -> ReportRun:
    """Let a worker take the run, and return how it is then."""
    mode = run.tenant.mode
    execution.execute(RunRequested(organisation_id=run.tenant.organisation_id, mode=mode, run_id=run.id))
    return service.retrieve(run.tenant, run.id)


def tell(query: Query, *, ago: timedelta = timedelta()) -> None:
    """Let Athena tell of a query's end."""
    detail: Any = {"queryExecutionId": query.id, "currentState": query.state}
    events.note(QueryEvent(time=clock.now() - ago, detail=detail))


def queued() -> list[str]:
    """Take the messages of the queue of runs, and return their runs."""
    sqs, found = boto3.client("sqs"), []
    while messages := sqs.receive_message(
        QueueUrl=current().report_runs_queue_url, MaxNumberOfMessages=10
    ).get("Messages"):
        found += [json.loads(message["Body"])["run_id"] for message in messages]
    return found


def body(run: ReportRun) -> bytes:
    assert run.file is not None
    answer = boto3.client("s3").get_object(Bucket=current().results_bucket, Key=run.file.key)
    return answer["Body"].read()


def by_duckdb(monkeypatch: pytest.MonkeyPatch, report_type: str, **parameters: Any) -> ReportRun:
    """Return the same run, as it is with Athena turned off."""
    with monkeypatch.context() as off:
        off.setenv("ATHENA_ROWS", "0")
        settings.settings.cache_clear()
        made = work(new_run(report_type, refresh=True, **parameters))
    settings.settings.cache_clear()
    return made


def left_in_s3() -> list[str]:
    return [key for key in lakes.objects(current().results_bucket) if not key.endswith(".json")]


def test_a_large_run_waits_for_its_query_and_holds_no_worker(athena: Athena) -> None:
    run = work(new_run())
    query = athena.only
    assert (run.status, run.query_id, run.attempts) == ("pending", query.id, 0)
    assert query.arguments["WorkGroup"] == current().athena_work_group
    assert query.arguments["QueryExecutionContext"] == {"Catalog": "AwsDataCatalog", "Database": "lake"}
    now = clock.seconds()
    due = [found for shard in leases.SHARDS for found in table.needing_attention(shard, now=now + 500)]
    assert due == []
    assert table.take(TENANT, run.id, "lease_other", now=now) is not None


@pytest.mark.parametrize(
    "report_type", [ITEMIZED, SUMMARY, "payouts.itemized.3", "activity.summary.1", "balance.summary.1"]
)
def test_its_result_is_that_of_a_worker_byte_for_byte(
    report_type: str, athena: Athena, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = by_duckdb(monkeypatch, report_type)
    run = work(new_run(report_type, refresh=True))
    assert run.status == "pending"
    athena.carry_out(athena.only)
    tell(athena.only)
    assert run.id in queued()
    made = work(run)
    assert body(made) == body(expected)
    assert made.file is not None
    assert made.manifest is not None
    assert expected.file is not None
    assert expected.manifest is not None
    assert (made.file.sha256, made.file.size, made.file.row_count) == (
        expected.file.sha256,
        expected.file.size,
        expected.file.row_count,
    )
    assert (made.manifest["engine"], expected.manifest["engine"]) == ("athena", "duckdb")
    of_the_run = {"engine", "report_run", "created"}
    assert {k: v for k, v in made.manifest.items() if k not in of_the_run} == {
        k: v for k, v in expected.manifest.items() if k not in of_the_run
    }
    assert left_in_s3() == sorted([made.file.key, expected.file.key])


@pytest.mark.parametrize("compress", ["gzip", "zip"])
def test_it_is_compressed_on_the_way(compress: str, athena: Athena, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = body(by_duckdb(monkeypatch, ITEMIZED))
    run = work(new_run(compress=compress))
    athena.carry_out(athena.only)
    made = body(work(run))
    if compress == "gzip":
        assert gzip.decompress(made) == expected
    else:
        with zipfile.ZipFile(io.BytesIO(made)) as archive:
            assert archive.read(f"{run.id}.csv") == expected


def test_every_key_of_the_metadata_has_its_column(athena: Athena, monkeypatch: pytest.MonkeyPatch) -> None:
    send(lakes.record(id="txn_m", payment_metadata={"order": "=1", "b": "2"}))
    columns = ["balance_transaction_id", "payment_metadata[*]"]
    expected = by_duckdb(monkeypatch, ITEMIZED, columns=columns)
    run = work(new_run(columns=columns, refresh=True))
    athena.carry_out(athena.only)
    assert body(work(run)) == body(expected)


def test_the_same_report_again_is_given_athenas_result(athena: Athena) -> None:
    first = work(new_run())
    athena.carry_out(athena.only)
    first = work(first)
    again = work(new_run())
    assert (again.reused_from, again.file) == (first.id, first.file)
    assert len(athena.queries) == 1


def test_data_that_comes_after_the_start_is_not_in_the_manifest(athena: Athena) -> None:
    run = work(new_run())
    send(lakes.record(id="txn_later"))
    athena.carry_out(athena.only)
    made = work(run)
    assert made.manifest is not None
    assert (made.manifest["data_versions"], made.manifest["row_count"]) == (
        {"balance_transactions": 3},
        3,
    )
    assert work(new_run()).reused_from is None


@pytest.mark.parametrize("parameters", [{"format": "parquet"}, {"format": "jsonl"}, {"interval": "2024-02"}])
def test_a_small_run_and_other_formats_stay_with_the_worker(
    parameters: dict[str, str], athena: Athena
) -> None:
    send(lakes.record(id="txn_feb", created="2024-02-10T00:00:00Z"))
    assert work(new_run(ITEMIZED, TENANT, **parameters)).status == "succeeded"
    assert athena.calls == []


def test_a_statement_that_athena_does_not_take_stays_with_the_worker(
    athena: Athena, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_long(*_: object) -> Any:
        raise failures.forced("result_too_large")

    monkeypatch.setattr(sql, "statement", too_long)
    assert work(new_run()).status == "succeeded"
    assert athena.calls == []


def test_a_worker_that_dies_before_it_notes_its_query_starts_nothing_twice(
    athena: Athena, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run()
    with monkeypatch.context() as dying:
        dying.setattr(table, "note_query", lambda *_, **__: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            work(run)
    assert service.retrieve(TENANT, run.id).query_id is None
    with pytest.raises(LookupError):
        tell(athena.only)
    run = work(run)
    assert run.query_id == athena.only.id
    athena.carry_out(athena.only)
    tell(athena.only)
    assert work(run).status == "succeeded"
    assert athena.calls.count("StartQueryExecution") == 2


def test_a_query_of_data_that_has_changed_since_is_another_one(
    athena: Athena, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run()
    with monkeypatch.context() as dying:
        dying.setattr(table, "note_query", lambda *_, **__: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            work(run)
    send(lakes.record(id="txn_later"))
    run = work(run)
    first, second = athena.queries.values()
    assert run.query_id == second.id
    # Nobody waits for the first one, and its event is no alarm.
    tell(first, ago=timedelta(minutes=11))
    assert run.id not in queued()[1:]


def test_an_event_that_is_lost_is_made_up_for_by_the_sweeper(
    athena: Athena, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = work(new_run())
    queued()
    for looks in range(1, 6):
        later = clock.seconds() + looks * (table.QUERY_ATTENTION_SECONDS + 1)
        with monkeypatch.context() as passing:
            passing.setattr(clock, "seconds", lambda later=later: later)
            queueing.sweep()
            assert queued() == [run.id]
            run = work(run)
        assert (run.status, run.attempts) == ("pending", 0)
    athena.carry_out(athena.only)
    assert work(run).status == "succeeded"
    assert athena.calls.count("StartQueryExecution") == 1


def test_a_run_is_looked_at_when_its_deadline_has_passed(
    athena: Athena, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run()
    monkeypatch.setattr(clock, "seconds", lambda: run.deadline - 60)
    work(run)
    monkeypatch.setattr(clock, "seconds", lambda: run.deadline + 1)
    queueing.sweep()
    late = service.retrieve(TENANT, run.id)
    assert late.error_code == "deadline_exceeded"
    stream(late)
    assert athena.only.state == "CANCELLED"


def test_a_query_that_fails_is_tried_again_by_another_and_then_given_up(athena: Athena) -> None:
    run = new_run()
    for attempt in range(1, leases.MAX_ATTEMPTS + 1):
        run = work(run)
        assert len(athena.queries) == attempt
        query = athena.queries[str(run.query_id)]
        query.state, query.reason = "FAILED", "GENERIC_INTERNAL_ERROR: secret"
        with pytest.raises(querying.QueryFailed) as failed:
            work(run)
        assert "secret" not in str(failed.value)
        run = service.retrieve(TENANT, run.id)
        assert (run.status, run.query_id, run.attempts) == ("pending", None, attempt)
    run = work(run)
    assert (run.status, run.error_code) == ("failed", "internal_error")


@pytest.mark.parametrize(
    ("state", "reason", "code"),
    [
        ("CANCELLED", "Bytes scanned limit was exceeded", "scan_limit_exceeded"),
        ("CANCELLED", "Query was cancelled by user", "query_stopped"),
        ("FAILED", "Query exhausted resources at this scale factor", "result_too_large"),
        ("FAILED", "Query timeout", "result_too_large"),
        ("FAILED", "NUMERIC_VALUE_OUT_OF_RANGE: Decimal overflow", "amounts_too_large"),
        ("FAILED", "GENERIC_USER_ERROR: the report is refused, rate_missing: No rate.", "rate_missing"),
    ],
)
def test_a_failure_that_would_only_repeat_is_the_runs(
    state: str, reason: str, code: str, athena: Athena
) -> None:
    run = work(new_run())
    athena.only.state, athena.only.reason = state, reason
    run = work(run)
    assert (run.status, run.error_code) == ("failed", code)
    assert "Bytes scanned" not in str(run.error)
    assert len(athena.queries) == 1


def test_a_refusal_is_told_without_what_athena_says_behind_it() -> None:
    reason = (
        'GENERIC_USER_ERROR: the report is refused, rate_missing: No rate of EUR. This query ran against the "lake"'
        " database, unless qualified by the query. Please post the error message on our forum."
    )
    failed = querying.failure_of(Look("FAILED", reason, 0))
    assert failed is not None
    assert (failed.code, failed.message) == ("rate_missing", "No rate of EUR.")


def stream(run: ReportRun) -> None:
    """Hand a run that has ended to those who read the stream of runs."""
    image = {"status": {"S": run.status}, "query_id": {"S": run.query_id}}
    keys = {"tenant": {"S": run.tenant.partition}, "id": {"S": run.id}}
    record = {"eventName": "MODIFY", "dynamodb": {"Keys": keys, "NewImage": image}}
    answer = stop_query.handler(
        {"Records": [record | {"eventID": "1", "eventSource": "aws:dynamodb"}]}, Context()
    )
    assert answer == {"batchItemFailures": []}


def test_a_run_that_is_cancelled_stops_its_query_and_keeps_nothing(athena: Athena) -> None:
    run = work(new_run())
    run = cancelling.cancel(TENANT, run.id)
    stream(run)
    assert athena.only.state == "CANCELLED"
    tell(athena.only)
    assert work(run).error_code == "cancelled"
    assert left_in_s3() == []


def test_a_run_that_is_cancelled_as_its_query_starts_stops_it_too(
    athena: Athena, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run()
    start = athena.StartQueryExecution

    def started(**arguments: Any) -> Any:
        cancelling.cancel(TENANT, run.id)
        return start(**arguments)

    monkeypatch.setattr(athena, "StartQueryExecution", started)
    assert work(run).error_code == "cancelled"
    assert athena.only.state == "CANCELLED"
    assert queries.get(athena.only.id) is None


def test_a_run_that_is_cancelled_as_its_result_is_sent_leaves_nothing_of_it(
    athena: Athena, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = work(new_run())
    athena.carry_out(athena.only)
    real = querying.finish

    def finished(*arguments: Any) -> Any:
        made = real(*arguments)
        cancelling.cancel(TENANT, run.id)
        return made

    monkeypatch.setattr(querying, "finish", finished)
    assert work(run).error_code == "cancelled"
    assert [key for key in left_in_s3() if key.startswith("results/")] == []


def test_what_an_organisation_scans_in_a_day_is_counted_once_and_limited(
    athena: Athena, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATHENA_BYTES_PER_DAY", "1000")
    settings.settings.cache_clear()
    today = clock.now().date()
    run = work(new_run())
    athena.carry_out(athena.only)
    athena.only.scanned = 999
    for _ in range(2):
        tell(athena.only)
    assert work(run).status == "succeeded"
    assert queries.scanned(TENANT, today) == 999
    # Not the last byte yet. A cancelled run's query counts as well.
    run = work(new_run(refresh=True))
    second = athena.queries[str(run.query_id)]
    cancelling.cancel(TENANT, run.id)
    second.state, second.scanned = "CANCELLED", 1
    tell(second)
    assert queries.scanned(Tenant("org_a", "live"), today) == 1000
    refused = work(new_run(refresh=True))
    assert (refused.status, refused.error_code) == ("failed", "scan_limit_reached")
    assert queries.scanned(Tenant("org_b", "test"), today) == 0
    assert queries.scanned(TENANT, today + timedelta(days=1)) == 0
    assert len(athena.queries) == 2


def test_a_query_whose_note_is_gone_is_started_anew(athena: Athena) -> None:
    run = work(new_run())
    boto3.client("dynamodb").delete_item(
        TableName=current().athena_queries_table, Key={"id": {"S": athena.only.id}}
    )
    with pytest.raises(querying.QueryFailed):
        work(run)
    assert work(run).query_id == "query-2"

"""Every function makes the calls of AWS that the table in calls.py says, no more and no fewer."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.client import BaseClient
from werkzeug.serving import WSGIRequestHandler

from runsheet import schedule
from runsheet.api_keys import authentication, credential
from runsheet.dataset_compactions.triggers import MOST_FILES
from runsheet.datasets import ingest, records
from runsheet.datasets import service as datasets
from runsheet.deliveries import service as deliveries
from runsheet.deliveries.model import DeliveryRequested
from runsheet.engine import credentials
from runsheet.engine import run as engine_run
from runsheet.organisations import service as organisations
from runsheet.report_configs import service as report_configs
from runsheet.report_configs import table as report_configs_table
from runsheet.report_runs import creation
from runsheet.report_runs import table as report_runs
from runsheet.report_runs.model import NewReportRun
from runsheet.runtime import clock
from runsheet.runtime.secrets import secret
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant
from tests import lake as lakes
from tests.athena import Athena
from tests.functions.calls import (
    AT_WORK,
    CALLS,
    COLD_KEY,
    DUCKDB_BY_FILES,
    IDEMPOTENCY,
    KEPT_PARTS,
    ON_ATHENA,
)
from tests.functions.test_events import NEW_CONFIG, SUBSCRIPTION, Objects, handler, read_sample
from tests.gateway import Context
from tests.template.template import ROOT, resources

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runsheet.report_configs.model import ReportConfig
    from runsheet.report_runs.model import ReportRun

HANDLERS = {
    logical_id: properties["Handler"].removesuffix(".handler")
    for logical_id, properties in resources("AWS::Serverless::Function").items()
}


@pytest.fixture
def objects(
    tables: None,  # noqa: ARG001 - the sample events need all of them
    buckets: None,  # noqa: ARG001
    queues: None,  # noqa: ARG001
    secrets: None,  # noqa: ARG001
    bus: None,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
) -> Objects:
    """The objects of the sample events; the limits of requests are on, as they are in AWS."""
    monkeypatch.setenv("MAILS_PER_SECOND", "14")
    for name in ("LIVE_REQUESTS_PER_SECOND", "TEST_REQUESTS_PER_SECOND", "USAGE_REQUESTS_PER_SECOND"):
        monkeypatch.setenv(name, "100")
    return Objects(Tenant(organisations.create(SUBSCRIPTION).id, "test"))


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """Count the calls of botocore's clients while the body runs, on whatever thread; of a batch its items as well."""
    counts: Counter[str] = Counter()
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def counting(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
        name = f"{client.meta.service_model.service_name}:{operation}"
        counts[name] += 1
        items = arguments.get("TransactItems") or arguments.get("Entries")
        if items is not None:
            counts[f"{name} items"] += len(items)
        return call(client, operation, arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", counting)
        yield counts


def warm(tenant: Tenant, event: dict[str, Any]) -> None:
    """Let this process know what a container knows after its first request of a key."""
    sent = credential.parse((event.get("headers") or {}).get("authorization"))
    if sent is not None:
        authentication.authenticate(sent)
    secret(settings().file_links_secret_arn)
    for write in (False, True):
        credentials.lake_credentials(tenant, write=write)


def calls_of(logical_id: str, tenant: Tenant, event: dict[str, Any]) -> dict[str, int]:
    """Hand the event to the function in a warm process and return its calls."""
    warm(tenant, event)
    called = handler(HANDLERS[logical_id])
    with counted() as counts:
        answer = called(event, Context())
    assert (answer or {}).get("batchItemFailures", []) == []
    assert (answer or {}).get("statusCode", 200) < 400 or logical_id == "NotFoundFunction"
    return dict(sorted(counts.items()))


def test_every_function_of_the_template_is_in_the_table() -> None:
    assert set(CALLS) == set(HANDLERS)


@pytest.mark.parametrize("logical_id", HANDLERS)
def test_a_function_makes_the_calls_of_the_table(logical_id: str, objects: Objects) -> None:
    event = read_sample(objects, HANDLERS[logical_id])
    assert calls_of(logical_id, objects.tenant, event) == CALLS[logical_id]


def test_a_key_that_was_not_seen_for_a_minute_is_looked_up(objects: Objects) -> None:
    event = read_sample(objects, "files.list")
    warm(objects.tenant, event)
    authentication.forget_cached_keys()
    with counted() as counts:
        handler("files.list")(event, Context())
    assert counts == Counter(CALLS["FilesListFunction"]) + Counter(COLD_KEY)


def test_an_idempotency_key_costs_two_calls_and_a_repetition_no_work(objects: Objects) -> None:
    event = read_sample(objects, "report_runs.create")
    event["headers"]["idempotency-key"] = "once"
    first = calls_of("ReportRunsCreateFunction", objects.tenant, event)
    assert first == Counter(CALLS["ReportRunsCreateFunction"]) + Counter(IDEMPOTENCY["first"])
    again = calls_of("ReportRunsCreateFunction", objects.tenant, event)
    assert again == IDEMPOTENCY["again"]


def test_a_scheduled_report_makes_the_calls_of_the_table(
    objects: Objects, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From what is due to the mail: one config with one recipient, a dataset of one file, no webhook endpoint."""
    tenant = objects.tenant
    boto3.client("ses").verify_email_identity(EmailAddress=settings().mail_from)
    made: dict[str, dict[str, int]] = {}
    with lakes.served(monkeypatch):
        put_record(tenant, 1)
        config = report_configs.create(tenant, NEW_CONFIG)
        made["DispatchShardFunction"] = calls_of("DispatchShardFunction", tenant, message(shard=due(config)))
        (item,) = boto3.client("dynamodb").scan(TableName=settings().report_runs_table)["Items"]
        run = report_runs.get(tenant, item["id"]["S"])
        assert run is not None
        named = {"organisation_id": tenant.organisation_id, "mode": tenant.mode, "run_id": run.id}
        with requests_of_duckdb() as requests:
            made["GenerateReportFunction"] = calls_of("GenerateReportFunction", tenant, message(**named))
        made["GenerateReportFunction"] |= requests
        made["AnnounceFunction"] = calls_of("AnnounceFunction", tenant, ended(run))
        (delivery,) = deliveries.of_config(tenant, config.id, 10)
        requested = DeliveryRequested.of(delivery).model_dump()
        made["SendEmailFunction"] = calls_of("SendEmailFunction", tenant, message(**requested))
    assert made == {name: AT_WORK[name] for name in made}
    assert set(AT_WORK) - set(made) == {"CompactDatasetFunction"}


def test_a_compaction_makes_the_calls_of_the_table(objects: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the twenty small files that make it due at once; nothing was compacted before."""
    tenant, dataset = objects.tenant, "balance_transactions"
    with lakes.served(monkeypatch):
        for number in range(MOST_FILES):
            put_record(tenant, number)
        named = {"organisation_id": tenant.organisation_id, "mode": tenant.mode, "dataset": dataset}
        with requests_of_duckdb() as requests:
            made = calls_of("CompactDatasetFunction", tenant, message(**named))
        (left,) = datasets.snapshot(tenant, dataset).files
    assert (left.level, left.rows) == ("base", MOST_FILES)
    assert made | requests == AT_WORK["CompactDatasetFunction"]


def test_a_run_on_athena_makes_the_calls_of_the_table(
    objects: Objects, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant, athena = objects.tenant, Athena()
    monkeypatch.setenv("ATHENA_ROWS", "1")
    monkeypatch.setenv("ATHENA_BYTES_PER_DAY", "1000000")
    made: dict[str, dict[str, int]] = {}
    with lakes.served(monkeypatch):
        settings.cache_clear()
        put_record(tenant, 1)
        athena.install(monkeypatch)
        march = {"interval_start": "1709251200", "interval_end": "1711929600"}
        run = creation.create(tenant, NewReportRun(report_type="balance.summary.1", parameters=march))
        asked = message(organisation_id=tenant.organisation_id, mode=tenant.mode, run_id=run.id)
        credentials.query_credentials(tenant)
        made["GenerateReportFunction, begin"] = calls_of("GenerateReportFunction", tenant, asked)
        athena.carry_out(athena.only)
        text = (ROOT / "events/workers/note_query_event.json").read_text()
        event = json.loads(text.replace("query_EXAMPLE", athena.only.id))
        made["NoteQueryEventFunction"] = calls_of("NoteQueryEventFunction", tenant, event)
        made["GenerateReportFunction, finish"] = calls_of("GenerateReportFunction", tenant, asked)
    assert made == ON_ATHENA


@pytest.mark.parametrize("files", DUCKDB_BY_FILES)
def test_a_run_reads_its_files_by_so_many_requests(
    files: int, objects: Objects, monkeypatch: pytest.MonkeyPatch
) -> None:
    with lakes.served(monkeypatch):
        for number in range(files):
            put_record(objects.tenant, number)
        march = {"interval_start": "1709251200", "interval_end": "1711929600"}
        run = creation.create(objects.tenant, NewReportRun(report_type="balance.summary.1", parameters=march))
        named = {"organisation_id": run.tenant.organisation_id, "mode": run.tenant.mode, "run_id": run.id}
        with requests_of_duckdb() as requests:
            calls_of("GenerateReportFunction", objects.tenant, message(**named))
    assert requests == DUCKDB_BY_FILES[files]


def test_a_large_run_makes_few_calls_more_and_again_copies(
    objects: Objects, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(engine_run, "KEPT_BYTES", 1024 * 1024)
    bounds = {"interval_start": "1709251200", "interval_end": "1711929600"}
    made: dict[str, dict[str, int]] = {}

    def load(name: str, first: int, count: int) -> None:
        path = tmp_path / name
        path.write_bytes(
            lakes.ndjson(
                *(
                    lakes.record(id=f"txn_{n:06d}", created=f"2024-03-{1 + n // 3000:02d}T10:00:00Z")
                    for n in range(first, first + count)
                )
            )
        )
        incoming = ingest.Incoming(path, "ndjson", name, ingest.content_hash(path, "ndjson"))
        ingest.ingest(objects.tenant, "balance_transactions", incoming)

    with lakes.served(monkeypatch):
        for name, first, count in (("first", 0, 75_000), ("again", 80_000, 1)):
            load(name, first, count)
            asked = NewReportRun(report_type="balance_change_from_activity.itemized.3", parameters=bounds)
            run = creation.create(objects.tenant, asked)
            named = {"organisation_id": run.tenant.organisation_id, "mode": run.tenant.mode, "run_id": run.id}
            made[name] = calls_of("GenerateReportFunction", objects.tenant, message(**named))
    assert made == KEPT_PARTS


def put_record(tenant: Tenant, number: int) -> None:
    body = lakes.ndjson(lakes.record(id=f"txn_{number}"))
    records.create(
        tenant, "balance_transactions", body, content_type="application/x-ndjson", batch_id=f"b{number}"
    )


def due(config: ReportConfig) -> str:
    """Make the config's newest slot due, and return its shard."""
    slot = schedule.latest_send(report_configs.schedule_of(config, config.zone), clock.now())
    report_configs_table.update(replace(config, next_run_at=int(slot.timestamp())))
    return report_configs_table.shard_of(config.id)


def message(**body: Any) -> dict[str, Any]:
    """Return the event of a queue: the sample's, with another body."""
    event: dict[str, Any] = json.loads((ROOT / "events/workers/generate_report.json").read_text())
    event["Records"][0]["body"] = json.dumps(body)
    return event


def ended(run: ReportRun) -> dict[str, Any]:
    """Return the event of the stream for a run that has ended."""
    text = (ROOT / "events/workers/announce.json").read_text()
    text = text.replace("org_EXAMPLE", run.tenant.organisation_id).replace("frr_EXAMPLE", run.id)
    event: dict[str, Any] = json.loads(text)
    return event


@contextmanager
def requests_of_duckdb() -> Iterator[Counter[str]]:
    """Count what is asked of the served S3 by DuckDB while the body runs."""
    counts: Counter[str] = Counter()

    def count(handler: WSGIRequestHandler, *_: object) -> None:
        if "duckdb" in handler.headers.get("User-Agent", "").lower():
            counts[f"s3 by duckdb:{handler.command}"] += 1

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WSGIRequestHandler, "log_request", count)
        yield counts

"""Every POST of the API, whose function dies at each of its moments, makes what it makes once."""

from __future__ import annotations

import importlib
import json
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from runsheet import catalog
from runsheet.api_keys import service as api_keys
from runsheet.datasets import table as datasets_table
from runsheet.events import announcing as events
from runsheet.file_links import service as file_links
from runsheet.idempotency import table
from runsheet.idempotency.model import HELD_SECONDS
from runsheet.organisations import service as organisations
from runsheet.organisations.model import NewOrganisation
from runsheet.report_configs import service as report_configs
from runsheet.report_configs.objects import NewReportConfig
from runsheet.report_runs import creation as report_runs
from runsheet.report_runs import table as runs_table
from runsheet.report_runs.model import NewReportRun
from runsheet.runtime import clock, messages
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant
from runsheet.webhook_deliveries import queueing as webhook_deliveries
from runsheet.webhook_endpoints import service as webhook_endpoints
from runsheet.webhook_endpoints.objects import NewWebhookEndpoint
from tests.gateway import Answer, event, send
from tests.links import put_file
from tests.template.template import environment_name, resources

if TYPE_CHECKING:
    from collections.abc import Callable

# A function that dies has counted nothing.
pytestmark = [
    pytest.mark.usefixtures("tables", "buckets", "queues", "secrets", "bus"),
    pytest.mark.filterwarnings("ignore:No application metrics to publish"),
]

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
RUN = (
    "report_type=balance.summary.1&parameters[interval_start]=1680000000&parameters[interval_end]=1680100000"
)
CONFIG = {
    "report_type": "balance.summary.1",
    "frequency": "daily",
    "recipient_emails": ["finance@example.com"],
}
BOUND = catalog.report_type("balance.summary.1").bind(
    {"interval_start": 1680000000, "interval_end": 1680100000}
)
PENDING = {
    "report_type": "balance.summary.1",
    "parameters": {"interval_start": 1680000000, "interval_end": 1680100000},
}
RECORDS = [
    {
        "id": "txn_1",
        "created": "2026-03-01T08:00:00Z",
        "available_on": "2026-03-03T00:00:00Z",
        "currency": "usd",
        "gross": 1000,
        "fee": 59,
        "net": 941,
        "reporting_category": "charge",
    }
]
# Handler, path, its parameters, media type, body, and the table of what it makes.
POSTS: dict[str, tuple[str, dict[str, str], str, str, str]] = {
    "report_runs.create": ("/v1/reporting/report_runs", {}, FORM, RUN, "ReportRunsTable"),
    "report_configs.create": ("/v2/report-configs", {}, JSON, json.dumps(CONFIG), "ReportConfigsTable"),
    "report_configs.send": (
        "/v2/report-configs/{id}/send",
        {"id": "rc_EXAMPLE"},
        JSON,
        "",
        "ReportRunsTable",
    ),
    "dataset_uploads.create": (
        "/v1/datasets/{dataset}/uploads",
        {"dataset": "balance_transactions"},
        FORM,
        "format=csv",
        "DatasetUploadsTable",
    ),
    "dataset_records.create": (
        "/v1/datasets/{dataset}/records",
        {"dataset": "balance_transactions"},
        JSON,
        json.dumps(RECORDS),
        "DatasetsTable",
    ),
    "datasets.update": (
        "/v1/datasets/{dataset}",
        {"dataset": "balance_transactions"},
        FORM,
        "complete_through=1680000000",
        "DatasetsTable",
    ),
    "file_links.create": ("/v1/file_links", {}, FORM, "file=file_EXAMPLE", "FileLinksTable"),
    "file_links.update": (
        "/v1/file_links/{id}",
        {"id": "link_EXAMPLE"},
        FORM,
        "metadata[to]=auditor",
        "FileLinksTable",
    ),
    "webhook_endpoints.create": (
        "/v1/webhook_endpoints",
        {},
        FORM,
        "url=https://webhooks.invalid/2&enabled_events[]=*",
        "WebhookEndpointsTable",
    ),
    "webhook_endpoints.update": (
        "/v1/webhook_endpoints/{id}",
        {"id": "we_EXAMPLE"},
        FORM,
        "description=x",
        "WebhookEndpointsTable",
    ),
    "webhook_endpoints.rotate_secret": (
        "/v1/webhook_endpoints/{id}/rotate_secret",
        {"id": "we_EXAMPLE"},
        FORM,
        "",
        "WebhookSecretsTable",
    ),
    "webhook_endpoint_deliveries.resend": (
        "/v1/webhook_endpoints/{id}/deliveries/{delivery}/resend",
        {"id": "we_EXAMPLE", "delivery": "whd_EXAMPLE"},
        FORM,
        "",
        "WebhookDeliveriesTable",
    ),
    "report_runs.cancel": (
        "/v1/reporting/report_runs/{id}/cancel",
        {"id": "pending_frr_EXAMPLE"},
        FORM,
        "",
        "ReportRunsTable",
    ),
    "account_usage.create": ("/v1/account/usage/report", {}, JSON, "{}", "ReportRunsTable"),
}


class Died(BaseException):
    """What no handler catches: the function is gone."""


@pytest.fixture
def tenant() -> Tenant:
    days = (date(2026, 1, 1), date(9998, 12, 31))
    return Tenant(organisations.create(NewOrganisation("Acme", "Etc/UTC", None, "credits", *days)).id, "test")


@pytest.fixture
def repeat(tenant: Tenant) -> Callable[[str], Answer]:
    """Send a handler its POST, the same one each time."""
    secret = api_keys.create(tenant, "secret", "k")[1]
    config = report_configs.create(tenant, NewReportConfig.model_validate(CONFIG))
    file = put_file(tenant=tenant)
    link = file_links.link_to(tenant, file, expires_at=file.expires_at)
    endpoint = webhook_endpoints.create(
        tenant, NewWebhookEndpoint(url="https://webhooks.invalid/", enabled_events=["*"])
    )
    run = report_runs.new_run(tenant, catalog.report_type("balance.summary.1"), BOUND)
    happened = events.of_run(replace(run, status="failed", error="No.", error_code="internal_error"))
    events.record([happened])
    made = {
        "rc_EXAMPLE": config.id,
        "file_EXAMPLE": file.id,
        "link_EXAMPLE": link.id,
        "we_EXAMPLE": endpoint.id,
    }
    made["whd_EXAMPLE"] = webhook_deliveries.of(happened, endpoint.id).id

    def sent(name: str) -> Answer:
        path, parameters, media_type, body, _ = POSTS[name]
        if name == "report_runs.cancel" and "pending_frr_EXAMPLE" not in made:
            made["pending_frr_EXAMPLE"] = report_runs.create(tenant, NewReportRun.model_validate(PENDING)).id
        for placeholder, object_id in made.items():
            body = body.replace(placeholder, object_id)
            parameters = {key: value.replace(placeholder, object_id) for key, value in parameters.items()}
        headers = {"authorization": f"Bearer {secret}", "idempotency-key": "k-1", "content-type": media_type}
        request = event("POST", path.format(**parameters), path=parameters, body=body, headers=headers)
        handler = importlib.import_module(name).handler
        return send(handler, request)

    return sent


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Move the clock on from the present, where it stands still."""
    moment = [clock.now()]
    monkeypatch.setattr(clock, "now", lambda: moment[0])

    def move(seconds: float) -> None:
        moment[0] += timedelta(seconds=seconds)

    return move


def ids(logical_id: str) -> set[str]:
    """The keys of all items of a table."""
    keys = resources("AWS::DynamoDB::Table")[logical_id]["KeySchema"]
    name = getattr(settings(), environment_name(logical_id).lower())
    found = boto3.client("dynamodb").scan(TableName=name)["Items"]
    return {" ".join(item[key["AttributeName"]]["S"] for key in keys) for item in found}


def queued() -> int:
    found = boto3.client("sqs").get_queue_attributes(
        QueueUrl=settings().report_runs_queue_url, AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(found["Attributes"]["ApproximateNumberOfMessages"])


def died(*_: Any, **__: Any) -> Any:
    raise Died


def test_every_post_of_the_api_is_tried() -> None:
    posts = {
        function["Handler"].removesuffix(".handler")
        for function in resources("AWS::Serverless::Function").values()
        if {"Ref": "IdempotencyPolicy"} in function.get("Policies", [])
    }
    assert posts == POSTS.keys()


@pytest.mark.parametrize("name", POSTS)
def test_a_repeated_post_gets_the_first_answer_to_the_byte(
    name: str, repeat: Callable[[str], Answer], later: Callable[[float], None]
) -> None:
    first = repeat(name)
    assert first.status == 200, first.body
    made = ids(POSTS[name][-1])
    later(3600)
    again = repeat(name)
    assert (again.status, again.body) == (200, first.body)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["original-request"] == first.headers["request-id"]
    assert ids(POSTS[name][-1]) == made


@pytest.mark.parametrize("name", POSTS)
def test_a_function_that_dies_with_its_work_done_has_done_it_once(
    name: str,
    repeat: Callable[[str], Answer],
    later: Callable[[float], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(table, "complete", died)
        with pytest.raises(Died):
            repeat(name)
    made = ids(POSTS[name][-1])
    later(HELD_SECONDS)
    answer = repeat(name)
    assert (answer.status, "idempotent-replayed" in answer.headers) == (200, False)
    assert ids(POSTS[name][-1]) == made
    assert repeat(name).body == answer.body


@pytest.mark.parametrize("name", ["report_runs.create", "report_configs.send", "account_usage.create"])
def test_a_function_that_dies_before_it_queues_a_run_leaves_that_to_the_repetition(
    name: str,
    repeat: Callable[[str], Answer],
    later: Callable[[float], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(messages, "send", died)
        with pytest.raises(Died):
            repeat(name)
    assert (len(ids("ReportRunsTable")), queued()) == (1, 0)
    later(HELD_SECONDS)
    assert repeat(name).status == 200
    assert (len(ids("ReportRunsTable")), queued()) == (1, 1)


def test_the_repetition_tells_what_has_become_of_the_run(
    tenant: Tenant,
    repeat: Callable[[str], Answer],
    later: Callable[[float], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(table, "complete", died)
        with pytest.raises(Died):
            repeat("report_runs.create")
    (made,) = ids("ReportRunsTable")
    run = runs_table.get(tenant, made.split()[1])
    assert run is not None
    runs_table.fail(run, error="No.", code="internal_error")
    later(HELD_SECONDS)
    answer = repeat("report_runs.create").json
    assert (answer["id"], answer["status"]) == (run.id, "failed")
    assert queued() == 1


@pytest.mark.parametrize("name", ["report_runs.create", "report_configs.send"])
def test_a_run_that_is_made_late_has_all_its_time(
    name: str,
    tenant: Tenant,
    repeat: Callable[[str], Answer],
    later: Callable[[float], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its function died before it was stored, and the caller repeats it half a day later."""
    with monkeypatch.context() as patch:
        patch.setattr(runs_table, "put", died)
        with pytest.raises(Died):
            repeat(name)
    asked_at = clock.seconds()
    later(12 * 3600)
    answer = repeat(name).json
    run = runs_table.get(tenant, answer["id" if name == "report_runs.create" else "report_run"])
    assert run is not None
    assert (run.created, run.deadline) == (asked_at, asked_at + 18 * 3600)


def test_the_address_of_an_upload_ends_when_it_says(
    repeat: Callable[[str], Answer], later: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(table, "complete", died)
        with pytest.raises(Died):
            repeat("dataset_uploads.create")
    until = clock.seconds() + 3600
    later(600)
    upload = repeat("dataset_uploads.create").json
    assert upload["expires_at"] == until
    assert "X-Amz-Expires=3000" in upload["url"]


def test_records_are_taken_once(tenant: Tenant, repeat: Callable[[str], Answer]) -> None:
    repeat("dataset_records.create")
    repeat("dataset_records.create")
    summary, files = datasets_table.files(tenant, "balance_transactions")
    assert (summary.version, [file.rows for file in files]) == (1, [1])

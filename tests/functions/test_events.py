"""Every function answers its sample event, against the tables of the template."""

from __future__ import annotations

import importlib
import json
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from runsheet import tokens
from runsheet.account_usage import creation as account_usage
from runsheet.account_usage.model import NewUsageReport
from runsheet.api_keys import service as api_keys
from runsheet.dataset_uploads import service as dataset_uploads
from runsheet.dataset_uploads.model import NewUpload
from runsheet.deliveries import service as deliveries
from runsheet.deliveries import table as deliveries_table
from runsheet.deliveries.model import DeliveryRequested
from runsheet.events import announcing as events
from runsheet.file_links import addresses
from runsheet.file_links import service as file_links
from runsheet.organisations import service as organisations
from runsheet.organisations.model import NewOrganisation
from runsheet.report_configs import service as report_configs
from runsheet.report_configs.objects import NewReportConfig
from runsheet.report_runs import creation, execution
from runsheet.report_runs import service as report_runs
from runsheet.report_runs.model import NewReportRun, RunRequested
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant
from runsheet.webhook_deliveries import queueing as webhook_deliveries
from runsheet.webhook_endpoints import service as webhook_endpoints
from runsheet.webhook_endpoints.objects import NewWebhookEndpoint
from tests.gateway import Context, send
from tests.mails import sample_sending
from tests.template.template import ROOT, resources

if TYPE_CHECKING:
    from collections.abc import Callable

    from runsheet.api_keys.model import ApiKey
    from runsheet.events.model import Event
    from runsheet.files.model import File
    from runsheet.report_runs.model import ReportRun

HANDLERS = [f["Handler"].removesuffix(".handler") for f in resources("AWS::Serverless::Function").values()]
ROUTED = [name for name in HANDLERS if not name.startswith("workers.") and name != "not_found"]
PUBLIC = {"links.check": 302, "links.retrieve": 302, "unsubscribe.retrieve": 200, "unsubscribe.update": 200}
CSV = (
    b"id,created,available_on,currency,gross,fee,net,reporting_category\n"
    b"txn_1,2026-03-01T08:00:00Z,2026-03-03T00:00:00Z,usd,1000,59,941,charge\n"
)
NEW_CONFIG = NewReportConfig(
    report_type="balance.summary.1", frequency="daily", recipient_emails=["finance@example.com"]
)
# Where there is nothing to answer with.
WITHOUT_CONTENT = {"report_configs.delete"}


SUBSCRIPTION = NewOrganisation("Acme", "Etc/UTC", None, "credits", date(2026, 1, 1), date(9998, 12, 31))


@pytest.fixture
def tenant(tables: None, buckets: None, queues: None, secrets: None, bus: None) -> Tenant:  # noqa: ARG001
    return Tenant(organisations.create(SUBSCRIPTION).id, "test")


class Objects:
    """What the sample events name, each made when one names it: most name a key and an object."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        interval = {"interval_start": "1680000000", "interval_end": "1680100000"}
        self.new_run = NewReportRun(report_type="balance.summary.1", parameters=interval)
        self.by_placeholder: dict[str, Callable[[], str]] = {
            "sk_test_EXAMPLE": lambda: self.key[1],
            "org_EXAMPLE": lambda: self.tenant.organisation_id,
            "usage_frr_EXAMPLE": self.usage_run,
            "pending_frr_EXAMPLE": lambda: creation.create(self.tenant, self.new_run).id,
            "frr_EXAMPLE": lambda: self.run.id,
            "file_EXAMPLE": lambda: self.file.id,
            "upl_EXAMPLE": self.upload,
            "query_EXAMPLE": self.query,
            "we_EXAMPLE": lambda: self.endpoint_id,
            "evt_EXAMPLE": lambda: self.event.id,
            "whd_EXAMPLE": lambda: webhook_deliveries.of(self.event, self.endpoint_id).id,
        }
        for placeholder in (
            "rc_EXAMPLE",
            "recipient_EXAMPLE",
            "unsubscribe_token_EXAMPLE",
            "link_EXAMPLE",
            "link_token_EXAMPLE",
        ):
            self.by_placeholder[placeholder] = lambda placeholder=placeholder: self.mailed[placeholder]  # type: ignore[misc]

    @cached_property
    def key(self) -> tuple[ApiKey, str]:
        return api_keys.create(self.tenant, "secret", "k")

    @cached_property
    def run(self) -> ReportRun:
        run = creation.create(self.tenant, self.new_run)
        organisation_id = self.tenant.organisation_id
        execution.execute(RunRequested(organisation_id=organisation_id, mode="test", run_id=run.id))
        return report_runs.retrieve(self.tenant, run.id)

    @cached_property
    def file(self) -> File:
        assert self.run.file is not None
        return self.run.file

    @cached_property
    def endpoint_id(self) -> str:
        # A host that there is not: nothing that is tried here leaves the machine.
        new = NewWebhookEndpoint(url="https://webhooks.invalid/", enabled_events=["*"])
        return webhook_endpoints.create(self.tenant, new).id

    @cached_property
    def event(self) -> Event:
        _ = self.endpoint_id  # that it is told of it
        event = events.of_run(self.run)
        events.record([event])
        return event

    @cached_property
    def mailed(self) -> dict[str, str]:
        return mailed(self.tenant, self.run, self.file)

    def query(self) -> str:
        started = boto3.client("athena").start_query_execution(QueryString="select 1", WorkGroup="primary")
        query_id: str = started["QueryExecutionId"]
        return query_id

    def usage_run(self) -> str:
        return account_usage.create(self.tenant, self.key[0], NewUsageReport()).job_id

    def upload(self) -> str:
        upload = dataset_uploads.create(self.tenant, "balance_transactions", NewUpload(format="csv"))
        path = f"uploads/{self.tenant.organisation_id}/test/balance_transactions/{upload.id}"
        boto3.client("s3").put_object(Bucket=settings().uploads_bucket, Key=path, Body=CSV)
        return upload.id


@pytest.fixture
def sample(tenant: Tenant) -> Callable[[str], dict[str, Any]]:
    """Give the sample event of a handler, with a key and with objects that exist."""
    objects = Objects(tenant)
    return lambda handler: read_sample(objects, handler)


def read_sample(objects: Objects, handler: str) -> dict[str, Any]:
    """Return the sample event of a handler, with what it names made in place of its placeholders."""
    text = (ROOT / "events" / f"{handler.replace('.', '/')}.json").read_text()
    for placeholder, made in objects.by_placeholder.items():
        if placeholder in text:
            text = text.replace(placeholder, made())
    event: dict[str, Any] = json.loads(text)
    return event


def mailed(tenant: Tenant, run: ReportRun, file: File) -> dict[str, str]:
    """A mail of the run that was handed over, with the tokens in its links, and what its ids are."""
    boto3.client("ses").verify_email_identity(EmailAddress=settings().mail_from)
    config = report_configs.create(tenant, NEW_CONFIG)
    link = file_links.link_to(tenant, file, expires_at=file.expires_at)
    sending = sample_sending(config)
    deliveries.announce(replace(report_runs.retrieve(tenant, run.id), sending=sending), config)
    (delivery, *_) = deliveries.of_config(tenant, config.id, 10)
    message = DeliveryRequested.of(delivery)
    token = tokens.new_token()
    deliveries_table.take(message, "lease_1", now=0)
    deliveries_table.hand_over(message, "lease_1", unsubscribe_hash=tokens.hash_of(token), now=0)
    deliveries_table.give_back(message, "lease_1")
    return {
        "rc_EXAMPLE": config.id,
        "recipient_EXAMPLE": delivery.recipient,
        "unsubscribe_token_EXAMPLE": token,
        "link_EXAMPLE": link.id,
        "link_token_EXAMPLE": addresses.token_of(link.id),
    }


def handler(name: str) -> Callable[[dict[str, Any], Any], Any]:
    called: Callable[[dict[str, Any], Any], Any] = importlib.import_module(name).handler
    return called


def test_every_function_has_its_event_and_every_event_its_function() -> None:
    events = {
        str(path.relative_to(ROOT / "events").with_suffix("")) for path in (ROOT / "events").rglob("*.json")
    }
    assert events == {name.replace(".", "/") for name in HANDLERS}


@pytest.mark.parametrize("name", ROUTED)
def test_a_route_answers_its_event(name: str, sample: Callable[[str], dict[str, Any]]) -> None:
    answer = send(handler(name), sample(name))
    expected = 204 if name in WITHOUT_CONTENT else PUBLIC.get(name, 200)
    assert answer.status == expected, answer.body
    assert answer.headers["request-id"].startswith("req_")


@pytest.mark.parametrize("name", [name for name in ROUTED if name not in PUBLIC])
def test_a_route_refuses_its_event_without_a_key(name: str, sample: Callable[[str], dict[str, Any]]) -> None:
    event = sample(name)
    del event["headers"]["authorization"]
    assert send(handler(name), event).status == 401


def test_an_unknown_route_is_answered_with_404(sample: Callable[[str], dict[str, Any]]) -> None:
    assert send(handler("not_found"), sample("not_found")).status == 404


@pytest.mark.parametrize(
    "name",
    [
        "workers.announce",
        "workers.announce_report_types",
        "workers.compact_dataset",
        "workers.generate_report",
        "workers.ingest_upload",
        "workers.note_mail_event",
        "workers.send_email",
        "workers.send_webhook",
    ],
)
def test_a_worker_carries_its_message_out(name: str, sample: Callable[[str], dict[str, Any]]) -> None:
    assert handler(name)(sample(name), Context()) == {"batchItemFailures": []}


def test_the_sweeper_runs(sample: Callable[[str], dict[str, Any]]) -> None:
    assert handler("workers.sweep")(sample("workers.sweep"), Context()) is None

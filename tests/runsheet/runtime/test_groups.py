"""Every message of a tenant names its organisation as its group: SQS then keeps one's backlog from delaying the others."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from runsheet.dataset_uploads import service as dataset_uploads
from runsheet.dataset_uploads.model import NewUpload
from runsheet.deliveries import service as deliveries
from runsheet.report_runs import creation, queueing
from runsheet.report_runs.model import NewReportRun
from runsheet.runtime import clock
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant
from tests.mails import put_config, put_file, put_run, sample_config, sample_sending

if TYPE_CHECKING:
    from runsheet.report_runs.model import ReportRun

pytestmark = pytest.mark.usefixtures("tables", "buckets", "queues")
TENANTS = [Tenant("org_a", "test"), Tenant("org_b", "test")]
INTERVAL = {"interval_start": "1680000000", "interval_end": "1680100000"}


def groups(queue_url: str) -> list[str]:
    """Take everything off a queue; the group of each message."""
    found: list[str] = []
    while True:
        answer: Any = boto3.client("sqs").receive_message(
            QueueUrl=queue_url, MaxNumberOfMessages=10, AttributeNames=["All"]
        )
        if "Messages" not in answer:
            return sorted(found)
        found += [message["Attributes"].get("MessageGroupId", "none") for message in answer["Messages"]]


def run(tenant: Tenant) -> ReportRun:
    return creation.create(tenant, NewReportRun(report_type="balance.summary.1", parameters=INTERVAL))


def later(monkeypatch: pytest.MonkeyPatch) -> None:
    moved = clock.now() + timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: moved)


def test_of_new_runs() -> None:
    queueing.queue_all([run(tenant) for tenant in TENANTS])
    assert groups(settings().report_runs_queue_url) == ["org_a", "org_a", "org_b", "org_b"]


def test_of_runs_that_got_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    for tenant in TENANTS:
        run(tenant)
    groups(settings().report_runs_queue_url)
    later(monkeypatch)
    queueing.sweep()
    assert groups(settings().report_runs_queue_url) == ["org_a", "org_b"]


def test_of_mails() -> None:
    config = replace(sample_config(), cc_emails=None)
    put_config(config)
    deliveries.announce(put_run(sample_sending(config), file=put_file(b"a\n1\n")), config)
    assert groups(settings().emails_queue_url) == ["org_a", "org_a"]


def test_of_uploads_that_got_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    for tenant in TENANTS:
        dataset_uploads.create(tenant, "balance_transactions", NewUpload(format="csv"))
    moved = clock.now() + timedelta(days=2)
    monkeypatch.setattr(clock, "now", lambda: moved)
    dataset_uploads.sweep()
    assert groups(settings().dataset_uploads_queue_url) == ["org_a", "org_b"]

"""A report config, its run, and the mails that SES was given, for the tests of what is mailed."""

from __future__ import annotations

import email
from dataclasses import asdict
from email import policy
from typing import TYPE_CHECKING, Any

import boto3
from moto.ses.models import ses_backends

from runsheet.files.model import File
from runsheet.report_configs.model import ReportConfig
from runsheet.report_runs import table as report_runs
from runsheet.report_runs.model import ReportRun, Sending
from runsheet.runtime.items import to_item
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant

if TYPE_CHECKING:
    from email.message import EmailMessage

TENANT = Tenant("org_a", "test")
NOW = 1_795_000_000


def sample_config(tenant: Tenant = TENANT, **changes: Any) -> ReportConfig:
    """A config of two recipients and one in copy."""
    values: dict[str, Any] = {
        "tenant": tenant,
        "id": "rc_00000001",
        "report_type": "balance.summary.1",
        "frequency": "daily",
        "time": "08:00:00",
        "weekday": 4,
        "day_of_month": 1,
        "timezone": None,
        "recipient_emails": ["ann@example.com", "bob@example.com"],
        "cc_emails": ["fde@example.com"],
        "unsubscribed_emails": [],
        "is_enabled": True,
        "parameters": {},
        "skip_if_empty": False,
        "attach": "auto",
        "created_at": NOW - 1000,
        "modified_at": None,
        "last_sent_at": None,
        "next_run_at": NOW + 86_400,
        "zone": "Europe/Berlin",
        "revision": 1,
    }
    return ReportConfig(**(values | changes))


def put_config(config: ReportConfig) -> None:
    """Store a config as its own table does."""
    item = asdict(config) | {"tenant": config.tenant.partition, "shard": "00" if config.next_run_at else None}
    boto3.client("dynamodb").put_item(TableName=settings().report_configs_table, Item=to_item(item))


def stored_config(config: ReportConfig) -> dict[str, Any]:
    """The config's item as it is now."""
    key = to_item({"tenant": config.tenant.partition, "id": config.id})
    answer: dict[str, Any] = boto3.client("dynamodb").get_item(
        TableName=settings().report_configs_table, Key=key
    )["Item"]
    return answer


def delete_config(config: ReportConfig) -> None:
    """Delete a config."""
    key = to_item({"tenant": config.tenant.partition, "id": config.id})
    boto3.client("dynamodb").delete_item(TableName=settings().report_configs_table, Key=key)


def sample_sending(config: ReportConfig, **changes: Any) -> Sending:
    """Why a run is mailed: scheduled, for one day."""
    values: dict[str, Any] = {
        "config_id": config.id,
        "kind": "scheduled",
        "scheduled_for": NOW,
        "recipient_emails": None,
        "missed": 0,
        "first_day": "2026-11-21",
        "last_day": "2026-11-21",
        "timezone": "Europe/Berlin",
    }
    return Sending(**(values | changes))


def put_file(content: bytes, *, row_count: int = 1) -> File:
    """A file in the results bucket, and its item."""
    file = File(
        id="file_00000001",
        key="results/org_a/test/frr_00000001/lease.csv",
        filename="frr_00000001.csv",
        title="FinanceReportRun frr_00000001",
        size=len(content),
        sha256="ab" * 32,
        row_count=row_count,
        created=NOW,
        expires_at=NOW + 365 * 86_400,
    )
    boto3.client("s3").put_object(Bucket=settings().results_bucket, Key=file.key, Body=content)
    item = to_item({"tenant": TENANT.partition, **file.as_dict()})
    boto3.client("dynamodb").put_item(TableName=settings().files_table, Item=item)
    return file


def put_run(sending: Sending, *, file: File | None, error: str | None = None) -> ReportRun:
    """A run that has ended."""
    run = ReportRun(
        tenant=TENANT,
        id="frr_00000001",
        report_type="balance.summary.1",
        parameters={},
        created=NOW,
        deadline=NOW + 3600,
        sending=sending,
    )
    report_runs.put(run, expires_at=NOW + 86_400)
    if file is None:
        report_runs.fail(run, error=error or "It failed.", code="internal_error")
    else:
        report_runs.take(TENANT, run.id, "lease", now=NOW)
        report_runs.succeed(run, "lease", file, now=NOW)
    stored = report_runs.get(TENANT, run.id)
    assert stored is not None
    return stored


def sent() -> list[EmailMessage]:
    """The mails that SES was given, in order."""
    raw = [message.raw_data for message in ses_backends["123456789012"]["eu-west-1"].sent_messages]
    return [email.message_from_string(text, policy=policy.default) for text in raw]


def recipients() -> list[str]:
    """To whom they went."""
    return sorted(message["To"] for message in sent())


def part(message: EmailMessage, kind: str) -> str:
    """The text of a mail's plain or html part."""
    body = message.get_body((kind,))
    assert body is not None
    text: str = body.get_content()
    return text

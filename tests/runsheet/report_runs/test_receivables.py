"""Aging and sync runs from the records that a customer sends to the CSV, for datasets of which most are empty."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from runsheet.datasets import records, schema
from runsheet.datasets import service as datasets
from runsheet.errors import InvalidRequest, NotFound
from runsheet.files import service as files
from runsheet.report_runs import creation, execution, service
from runsheet.report_runs.model import NewReportRun, RunRequested
from runsheet.report_types import service as report_types
from runsheet.runtime import clock
from runsheet.runtime.model import CreatedListQuery
from runsheet.tenancy import Tenant
from tests import lake as lakes

if TYPE_CHECKING:
    from collections.abc import Iterator

TENANT = Tenant("org_a", "test")
NOW = datetime(2026, 4, 1, 3, tzinfo=UTC)
INVOICE = {
    "id": "in_1",
    "created_at": "2026-02-01T09:00:00Z",
    "customer_id": "cus_1",
    "issue_date": "2026-02-01",
    "due_date": "2026-03-03",
    "currency": "kwd",
    "total_amount": 123456,
}
PAYMENT = {
    "id": "pay_1",
    "paid_at": "2026-03-31T23:30:00-05:00",
    "customer_id": "cus_1",
    "currency": "kwd",
    "amount": 456,
}
ALLOCATION = {
    "id": "pal_1",
    "allocated_at": "2026-03-31T23:30:00-05:00",
    "payment_id": "pay_1",
    "invoice_id": "in_1",
    "amount": 456,
}


@pytest.fixture(autouse=True)
def lake(tables: None, buckets: None, queues: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:  # noqa: ARG001
    with lakes.served(monkeypatch):
        yield


def send(dataset: str, *rows: dict[str, Any]) -> None:
    body = json.dumps(rows).encode()
    records.create(TENANT, dataset, body, content_type="application/json", batch_id=None)


def report(report_type: str, **parameters: Any) -> list[dict[str, str]]:
    run = creation.create(TENANT, NewReportRun(report_type=report_type, parameters=parameters))
    execution.execute(RunRequested(organisation_id="org_a", mode="test", run_id=run.id))
    ended = service.retrieve(TENANT, run.id)
    assert (ended.status, ended.report_type) == ("succeeded", "ar_aging.summary.1")
    assert ended.file is not None
    content = files.contents(TENANT, ended.file.id, {}).body
    assert isinstance(content, bytes)
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_an_organisation_without_any_records_has_an_empty_aging() -> None:
    assert report("ar_aging_report", as_of="2026-03-31") == []


def test_an_organisation_without_credit_memos_has_its_aging_by_the_name_of_the_report_configs() -> None:
    send("invoices", INVOICE)
    send("payments", PAYMENT)
    send("payment_allocations", ALLOCATION)
    in_bogota = report("ar_aging_report", as_of="2026-03-31", timezone="America/Bogota")
    in_utc = report("ar_aging_report", as_of="2026-03-31")
    assert [(row["row_type"], row["currency"], row["days_1_30"]) for row in in_bogota] == [
        ("customer", "kwd", "123.000"),
        ("total", "kwd", "123.000"),
    ]
    assert [row["total"] for row in in_utc] == ["123.456", "123.456"]


def test_a_day_that_has_not_begun_is_refused_and_nothing_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with pytest.raises(InvalidRequest, match="only available through 2026-04-01 03:00:00 UTC") as refused:
        creation.create(
            TENANT, NewReportRun(report_type="ar_aging_report", parameters={"as_of": "2026-04-02"})
        )
    assert refused.value.param == "parameters.as_of"
    assert service.listed(TENANT, CreatedListQuery(), "https://x").data == []


def test_a_dataset_that_is_complete_up_to_a_day_holds_the_report_back() -> None:
    datasets.set_complete_through(TENANT, "payments", datetime(2026, 3, 31, tzinfo=UTC))
    run = NewReportRun(report_type="ar_aging.detail.1", parameters={"as_of": "2026-03-30"})
    assert creation.create(TENANT, run).status == "pending"
    with pytest.raises(InvalidRequest, match="only available through 2026-03-31 00:00:00 UTC"):
        creation.create(
            TENANT, NewReportRun(report_type="ar_aging.detail.1", parameters={"as_of": "2026-03-31"})
        )


def test_an_alias_is_shown_under_the_types_own_id_and_listed_once() -> None:
    assert report_types.retrieve(TENANT, "integration_sync_report").id == "integration_sync.detail.1"
    listed = [found.id for found in report_types.listed(TENANT).data]
    assert listed == sorted(set(listed))
    assert not {"ar_aging_report", "integration_sync_report"} & set(listed)
    with pytest.raises(NotFound):
        report_types.retrieve(TENANT, "ar_aging_reports")


def test_aging_is_available_from_the_first_of_its_datasets_on() -> None:
    send("invoices", INVOICE)
    send("payments", PAYMENT)
    shown = report_types.retrieve(TENANT, "ar_aging.summary.1")
    assert shown.data_available_start == int(datetime(2026, 1, 31, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("dataset", "changes", "param"),
    [
        ("invoices", {"due_date": "2026-03-03T00:00:00Z"}, "records[0].due_date"),
        ("invoices", {"due_date": "2026-02-30"}, "records[0].due_date"),
        ("invoices", {"total_amount": -1}, "records[0].total_amount"),
        ("invoices", {"total_amount": 10**15}, "records[0].total_amount"),
        ("invoices", {"total_amount": 12.5}, "records[0].total_amount"),
        ("invoices", {"currency": "USD"}, "records[0].currency"),
        ("invoices", {"amount_due": 1}, "records[0].amount_due"),
        ("invoices", {"issue_date": None}, "records[0].issue_date"),
        ("payments", {"paid_at": "yesterday"}, "records[0].paid_at"),
        ("payments", {"customer_id": ""}, "records[0].customer_id"),
        ("payment_allocations", {"approved": "maybe"}, "records[0].approved"),
    ],
)
def test_records_that_no_report_could_use_are_refused(
    dataset: str, changes: dict[str, Any], param: str
) -> None:
    good = {"invoices": INVOICE, "payments": PAYMENT, "payment_allocations": ALLOCATION}[dataset]
    with pytest.raises(InvalidRequest) as refused:
        send(dataset, good | changes)
    assert refused.value.param == param
    assert set(good) <= {column.name for column in schema.schema(dataset).columns}

"""Account usage from the records that a customer sends to the CSV, its columns and the totals of the forecast."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from runsheet.account_usage import totals
from runsheet.datasets import records
from runsheet.errors import InvalidRequest
from runsheet.files import service as files
from runsheet.organisations import service as organisations
from runsheet.organisations.model import NewOrganisation
from runsheet.report_runs import creation, execution, service
from runsheet.report_runs.model import NewReportRun, RunRequested
from runsheet.runtime import clock
from runsheet.tenancy import Tenant
from tests import lake as lakes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runsheet.report_runs.model import ReportRun

NOW = datetime(2026, 4, 1, 3, tzinfo=UTC)
RATE = {
    "id": "r1",
    "effective_from": "2026-01-01",
    "category": "Ingest",
    "unit": "GB",
    "credits_per_unit": 20.5,
}


@pytest.fixture(autouse=True)
def lake(tables: None, buckets: None, queues: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:  # noqa: ARG001
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with lakes.served(monkeypatch):
        yield


@pytest.fixture
def parent() -> Tenant:
    made = NewOrganisation("Parent", plan="credits", subscription_start=date(2026, 1, 1))
    return Tenant(organisations.create(made).id, "live")


def send(tenant: Tenant, dataset: str, *rows: dict[str, Any]) -> None:
    body = json.dumps(rows).encode()
    records.create(tenant, dataset, body, content_type="application/json", batch_id=None)


def usage(number: int, day: str, quantity: float, organisation_id: str | None = None) -> dict[str, Any]:
    return {
        "id": f"u{number}",
        "used_at": f"{day}T00:00:00Z",
        "organisation_id": organisation_id,
        "category": "Ingest",
        "unit": "GB",
        "quantity": quantity,
    }


def ended(tenant: Tenant, report_type: str, **parameters: Any) -> ReportRun:
    run = creation.create(tenant, NewReportRun(report_type=report_type, parameters=parameters))
    execution.execute(RunRequested(organisation_id=tenant.organisation_id, mode=tenant.mode, run_id=run.id))
    return service.retrieve(tenant, run.id)


def lines(tenant: Tenant, run: ReportRun) -> list[str]:
    assert run.file is not None, run.error
    return files.contents(tenant, run.file.id, {}).body.decode().splitlines()


def test_a_parents_run_names_its_children_as_they_are_called(parent: Tenant) -> None:
    child = organisations.create(NewOrganisation("Child, one", parent_id=parent.organisation_id))
    other = organisations.create(NewOrganisation("Somebody else"))
    send(parent, "credit_rates", RATE)
    send(
        parent,
        "usage_records",
        usage(1, "2026-03-30", 2),
        usage(2, "2026-03-31", 0.1, child.id),
        usage(3, "2026-03-31", 1, other.id),
    )
    run = ended(
        parent,
        "account_usage.child_detailed.1",
        start_date="2026-03-30",
        end_date="2026-03-31",
        group_by="month",
    )
    header, *rows = lines(parent, run)
    assert header == "Organization ID,Organization Name,Date,Total Credits,Ingest (GB),Ingest Credits"
    # They are in the order of ids that were made in one second.
    assert sorted(rows) == sorted(
        [
            f'"{parent.organisation_id}","Parent",2026-03-01,41.0,2.0,41.0',
            f'"{child.id}","Child, one",2026-03-01,2.05,0.1,2.05',
            f'"{other.id}",,2026-03-01,20.5,1.0,20.5',
        ]
    )


def test_a_child_sees_its_own_records_alone_and_its_deployments_charge(parent: Tenant) -> None:
    child = Tenant(
        organisations.create(
            NewOrganisation(
                "Child",
                parent_id=parent.organisation_id,
                plan="credits",
                subscription_start=date(2026, 1, 1),
            )
        ).id,
        "live",
    )
    charge = {"id": "d1", "effective_from": "2026-01-01", "surcharge": 0.1}
    for tenant, quantity in ((parent, 7), (child, 2)):
        send(tenant, "credit_rates", RATE)
        send(tenant, "usage_records", usage(1, "2026-03-31", quantity))
        send(tenant, "deployment_charges", charge)
    days = {"start_date": "2026-03-31", "end_date": "2026-03-31", "include_deployment_charge": "true"}
    of_child = ended(child, "account_usage.standard.1", **days)
    assert lines(child, of_child)[1:] == ["2026-03-31,45.1,41.0,4.1"]
    assert of_child.parameters["include_deployment_charge"] is True
    of_parent = ended(parent, "account_usage.standard.1", **days)
    assert lines(parent, of_parent) == ["Date,Total Credits,Ingest Credits", "2026-03-31,143.5,143.5"]


def test_totals_are_the_days_of_the_standard_export(parent: Tenant) -> None:
    send(parent, "credit_rates", RATE)
    send(parent, "usage_records", usage(1, "2026-03-29", 2), usage(2, "2026-03-31", 0.000000001))
    assert totals.credits_by_day(parent, date(2026, 3, 29), date(2026, 3, 31)) == {
        date(2026, 3, 29): Decimal(41),
        date(2026, 3, 30): Decimal(0),
        date(2026, 3, 31): Decimal("0.0000000205"),
    }


def test_totals_of_usage_without_a_rate_are_refused_in_words(parent: Tenant) -> None:
    send(parent, "usage_records", usage(1, "2026-03-29", 2))
    with pytest.raises(InvalidRequest, match="no credit rate for the category 'Ingest'") as refused:
        totals.credits_by_day(parent, date(2026, 3, 29), date(2026, 3, 31))
    assert refused.value.code == "usage:rate_missing"


def test_a_run_of_usage_without_a_rate_fails_and_says_why(parent: Tenant) -> None:
    send(parent, "usage_records", usage(1, "2026-03-29", 2))
    run = ended(parent, "account_usage.standard.1", start_date="2026-03-01", end_date="2026-03-31")
    assert (run.status, run.error_code) == ("failed", "rate_missing")
    assert run.error is not None
    assert "on 2026-03-29" in run.error


def test_a_day_that_has_not_begun_is_refused_and_one_that_has_is_not(parent: Tenant) -> None:
    send(parent, "credit_rates", RATE)
    send(parent, "usage_records", usage(1, "2026-03-29", 2))
    with pytest.raises(InvalidRequest, match="only available through 2026-04-01 03:00:00 UTC"):
        ended(parent, "account_usage.standard.1", start_date="2026-03-29", end_date="2026-04-02")
    run = ended(parent, "account_usage.standard.1", start_date="2026-03-31", end_date="2026-04-01")
    assert lines(parent, run)[1:] == ["2026-03-31,0.0,0.0", "2026-04-01,0.0,0.0"]


def test_days_in_the_wrong_order_and_unknown_groups_are_refused(parent: Tenant) -> None:
    with pytest.raises(InvalidRequest, match="`start_date` must not be after `end_date`"):
        ended(parent, "account_usage.standard.1", start_date="2026-03-02", end_date="2026-03-01")
    with pytest.raises(InvalidRequest, match="must be one of day, week, month"):
        ended(
            parent, "account_usage.standard.1", start_date="2026-03-01", end_date="2026-03-01", group_by="Day"
        )
    with pytest.raises(InvalidRequest, match="must be true or false"):
        ended(
            parent,
            "account_usage.standard.1",
            start_date="2026-03-01",
            end_date="2026-03-01",
            include_deployment_charge="yes",
        )

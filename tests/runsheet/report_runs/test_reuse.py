"""A result is given again while its inputs are the same, and only then."""

from __future__ import annotations

import dataclasses
import json
import threading
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from runsheet import catalog, leases
from runsheet.datasets import records
from runsheet.engine import fingerprint, report
from runsheet.files import service as files
from runsheet.organisations import service as organisations
from runsheet.organisations.model import NewOrganisation
from runsheet.report_runs import cancelling, creation, execution, reuse, service, table
from runsheet.report_runs.model import NewReportRun, ReportRun, RunRequested
from runsheet.runtime import clients, clock
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant
from tests import lake as lakes
from tests.beginnings import begin_with

if TYPE_CHECKING:
    from collections.abc import Iterator

TENANT = Tenant("org_a", "test")
MARCH: dict[str, Any] = {"interval": "2024-03"}
SUMMARY = "balance_change_from_activity.summary.1"


@pytest.fixture(autouse=True)
def lake(tables: None, buckets: None, queues: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:  # noqa: ARG001
    lakes.one_call_at_a_time(monkeypatch)
    with lakes.served(monkeypatch):
        begin_with("a record", lambda: send(lakes.record()))
        yield


def send(*rows: dict[str, Any], tenant: Tenant = TENANT, dataset: str = "balance_transactions") -> None:
    body = json.dumps(rows).encode()
    records.create(tenant, dataset, body, content_type="application/json", batch_id=None)


def created(report_type: str = SUMMARY, tenant: Tenant = TENANT, **parameters: Any) -> ReportRun:
    return creation.create(tenant, NewReportRun(report_type=report_type, parameters=parameters))


def carry_out(run: ReportRun) -> ReportRun:
    execution.execute(
        RunRequested(organisation_id=run.tenant.organisation_id, mode=run.tenant.mode, run_id=run.id)
    )
    ended = service.retrieve(run.tenant, run.id)
    assert ended.status == "succeeded"
    return ended


def ran(report_type: str = SUMMARY, tenant: Tenant = TENANT, **parameters: Any) -> ReportRun:
    return carry_out(created(report_type, tenant, **parameters))


def results() -> int:
    return len([key for key in lakes.objects(settings().results_bucket) if key.endswith(".csv")])


def test_the_same_request_again_has_a_run_of_its_own_and_the_file_of_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = ran(**MARCH)
    monkeypatch.setattr(report, "export", lambda *_, **__: pytest.fail("it was run again"))
    again = ran(**MARCH)
    assert again.id != first.id
    assert (again.file, again.manifest, again.progress) == (first.file, first.manifest, 1.0)
    assert (first.reused_from, again.reused_from) == (None, first.id)
    assert service.shown(again, "https://x").reused_from == first.id
    assert results() == 1
    third = ran(**MARCH)
    assert third.reused_from == first.id
    assert third.file is not None
    assert b'"charge","usd","1","10.00"' in files.contents(TENANT, third.file.id, {}).body


def test_other_ways_to_say_the_same_are_the_same() -> None:
    first = ran(interval="2024-03", timezone="Etc/UTC")
    bounds: dict[str, Any] = {"interval_start": "1709251200", "interval_end": "1711929600"}
    columns = ["reporting_category", "currency", "count", "gross", "fee", "net"]
    assert ran(**bounds).reused_from == first.id
    assert ran(**bounds, columns=columns).reused_from == first.id


@pytest.mark.parametrize(
    "changes",
    [
        {"interval": "2024-03-01"},
        {"currency": "usd"},
        {"timezone": "Europe/Berlin"},
        {"columns": ["net", "gross"]},
        {"columns": ["gross", "net"]},
        {"refresh": "true"},
    ],
)
def test_another_request_is_run(changes: dict[str, Any]) -> None:
    ran(**MARCH)
    ran(**MARCH, columns=["net"])
    before = results()
    assert ran(**(MARCH | changes)).reused_from is None
    assert results() == before + 1


def test_a_change_of_the_data_that_is_read_makes_a_report_be_run_again() -> None:
    first = ran(**MARCH)
    send(
        {"id": "s", "sync_run_id": "s", "scheduled_at": "2024-03-01T00:00:00Z", "integration_id": "i",
         "integration_name": "I",
         "entity": "e", "direction": "pull", "mode": "full", "status": "succeeded"},
        dataset="sync_runs",
    )  # fmt: skip
    assert ran(**MARCH).reused_from == first.id
    send(lakes.record(id="txn_2"))
    newer = ran(**MARCH)
    assert newer.reused_from is None
    assert newer.file is not None
    assert b'"charge","usd","2","20.00"' in files.contents(TENANT, newer.file.id, {}).body
    assert ran(**MARCH).reused_from == newer.id


def test_a_result_that_was_made_anew_takes_the_place_of_the_old_one() -> None:
    ran(**MARCH)
    fresh = ran(**MARCH, refresh="true")
    assert ran(**MARCH).reused_from == fresh.id
    assert ran(**MARCH, refresh="false").reused_from == fresh.id


def test_no_other_tenant_gets_it() -> None:
    first = ran(**MARCH)
    for other in (Tenant("org_a", "live"), Tenant("org_b", "test")):
        send(lakes.record(gross=7, fee=0, net=7), tenant=other)
        run = ran(tenant=other, **MARCH)
        assert run.reused_from is None
        assert run.file is not None
        assert first.file is not None
        assert run.file.id != first.file.id


def test_a_release_makes_results_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    ran(**MARCH)
    monkeypatch.setattr(fingerprint, "program", lambda: "another")
    assert ran(**MARCH).reused_from is None


def test_the_program_is_all_that_may_change_a_result() -> None:
    fingerprint.program.cache_clear()
    assert len(fingerprint.program()) == 64
    assert fingerprint.program() == fingerprint.program()


def test_a_result_with_less_than_half_of_its_time_left_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    first = ran(**MARCH)
    assert first.file is not None
    half = (first.file.created + first.file.expires_at) // 2
    monkeypatch.setattr(clock, "seconds", lambda: half)
    assert ran(**MARCH).reused_from == first.id
    monkeypatch.setattr(clock, "seconds", lambda: half + 1)
    assert ran(**MARCH).reused_from is None


def test_it_takes_one_read_to_find_it() -> None:
    ran(**MARCH)
    run = created(**MARCH)
    calls: list[tuple[str, str]] = []
    clients.dynamodb().meta.events.register(
        "before-call.dynamodb.*",
        lambda model, params, **_: calls.append(
            (model.name, json.loads(params["body"]).get("TableName", ""))
        ),
    )
    carry_out(run)
    asked = [name for name, of in calls if of == settings().reusable_results_table]
    assert asked == ["GetItem"]


def test_reports_that_name_organisations_follow_them(monkeypatch: pytest.MonkeyPatch) -> None:
    own = organisations.create(
        NewOrganisation("Acme", "Etc/UTC", plan="credits", subscription_start=date(2024, 1, 1))
    )
    organisations.create(NewOrganisation("Acme Inc", "Etc/UTC", parent_id=own.id))
    tenant = Tenant(own.id, "test")
    send({"id": "u", "used_at": "2024-03-01T00:00:00Z", "category": "Compute", "unit": "h", "quantity": "1"},
         tenant=tenant, dataset="usage_records")  # fmt: skip
    send({"id": "r", "category": "Compute", "unit": "h", "credits_per_unit": "2", "effective_from": "2024-01-01"},
         tenant=tenant, dataset="credit_rates")  # fmt: skip
    usage = "account_usage.child_detailed.1"
    first = ran(usage, tenant, **MARCH)
    assert ran(usage, tenant, **MARCH).reused_from == first.id
    organisations.create(NewOrganisation("Acme Ltd", "Etc/UTC", parent_id=own.id))
    with_child = ran(usage, tenant, **MARCH)
    assert with_child.reused_from is None
    assert with_child.file is not None
    assert b"Acme Ltd" in files.contents(tenant, with_child.file.id, {}).body
    related = organisations.family(own.id)
    renamed = [dataclasses.replace(related[0], name="Acme Corp"), *related[1:]]
    monkeypatch.setattr(organisations, "family", lambda _: renamed)
    assert ran(usage, tenant, **MARCH).reused_from is None


def test_a_report_that_looks_at_the_clock_is_always_run(monkeypatch: pytest.MonkeyPatch) -> None:
    own = catalog.report_type(SUMMARY)
    clock_report = dataclasses.replace(own, sql=f"select * from ({own.sql}) where now() is not null")
    monkeypatch.setattr(catalog, "report_type", lambda _: clock_report)
    assert [ran(**MARCH).reused_from for _ in range(2)] == [None, None]


@pytest.mark.parametrize(
    ("sql", "fickle"),
    [
        ("select now() as a", True),
        ("select CURRENT_DATE", True),
        ("select a - current_timestamp from b", True),
        ("select today (), 1", True),
        ("select random()", True),
        ("select gen_random_uuid()", True),
        ("select get_current_time()", True),
        ("select local_time(created) as today, now from b", False),
        ("select current, current_balance from b", False),
    ],
)
def test_sql_that_gives_something_else_each_time_is_told(sql: str, *, fickle: bool) -> None:
    own = catalog.report_type(SUMMARY)
    assert fingerprint.is_fickle(dataclasses.replace(own, sql=sql)) is fickle
    assert fingerprint.is_fickle(dataclasses.replace(own, tables={"made": sql})) is fickle
    assert fingerprint.is_fickle(dataclasses.replace(own, views={"made": sql})) is fickle


def test_two_workers_at_once_both_end_with_a_result() -> None:
    runs = [created(**MARCH) for _ in range(2)]
    workers = [threading.Thread(target=carry_out, args=(run,)) for run in runs]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    ended = [service.retrieve(TENANT, run.id) for run in runs]
    assert [run.status for run in ended] == ["succeeded", "succeeded"]
    assert ran(**MARCH).reused_from in [run.id for run in ended]


def test_a_run_that_was_cancelled_is_given_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    ran(**MARCH)
    run = created(**MARCH)
    real = reuse.find

    def find(*arguments: Any, **named: Any) -> Any:
        cancelling.cancel(TENANT, run.id)
        return real(*arguments, **named)

    monkeypatch.setattr(reuse, "find", find)
    execution.execute(RunRequested(organisation_id="org_a", mode="test", run_id=run.id))
    ended = service.retrieve(TENANT, run.id)
    assert (ended.status, ended.error_code, ended.file) == ("failed", "cancelled", None)
    assert [n for shard in leases.SHARDS for n in table.needing_attention(shard, now=run.deadline)] == []


def test_a_result_whose_run_lost_its_lease_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    run = created(**MARCH)
    real = report.export

    def export(*arguments: Any, **named: Any) -> Any:
        done = real(*arguments, **named)
        cancelling.cancel(TENANT, run.id)
        return done

    monkeypatch.setattr(report, "export", export)
    execution.execute(RunRequested(organisation_id="org_a", mode="test", run_id=run.id))
    monkeypatch.setattr(report, "export", real)
    assert ran(**MARCH).reused_from is None

"""What a client is told that asks too often, in each contract's words; and what the limit costs a request."""

from __future__ import annotations

from typing import Any

import pytest

from account import status as account_status
from report_configs import list as configs_list
from report_runs import retrieve as runs_retrieve
from runsheet.api_keys import service as api_keys
from runsheet.organisations import service as organisations
from runsheet.organisations.model import NewOrganisation
from runsheet.report_runs import creation
from runsheet.report_runs.model import NewReportRun
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant
from tests.concurrency import atomic_calls
from tests.gateway import Answer, event, send

pytestmark = pytest.mark.usefixtures("tables", "queues", "buckets")


@pytest.fixture
def tenant(monkeypatch: pytest.MonkeyPatch) -> Tenant:
    for name, value in (("LIVE", "3"), ("TEST", "2"), ("USAGE", "1")):
        monkeypatch.setenv(f"{name}_REQUESTS_PER_SECOND", value)
    settings.cache_clear()
    return Tenant(organisations.create(NewOrganisation("Acme")).id, "live")


def refused(module: Any, url: str, tenant: Tenant, permissions: list[str] | None = None) -> Answer:
    """Ask until the answer is 429, within as many requests as are answered in a second."""
    kind = "secret" if permissions is None else "restricted"
    key = api_keys.create(tenant, kind, "k", permissions)[1]  # type: ignore[arg-type]
    answers = [
        send(module.handler, event("GET", url, headers={"authorization": f"Bearer {key}"}, path={"id": "x"}))
        for _ in range(10)
    ]
    (answer, *_) = [answer for answer in answers if answer.status == 429]
    assert 1 <= int(answer.headers["retry-after"]) <= 2
    assert answers[0].status != 429
    return answer


def test_the_v1_contract_has_a_code_a_reason_and_tells_its_sdks_to_try_again(tenant: Tenant) -> None:
    answer = refused(runs_retrieve, "/v1/reporting/report_runs/x", tenant)
    assert answer.json == {
        "error": {
            "code": "rate_limit",
            "doc_url": "https://stripe.com/docs/error-codes/rate-limit",
            "message": "Request rate limit exceeded: at most 3 requests a second are answered for this key.",
            "type": "invalid_request_error",
        }
    }
    assert answer.headers["stripe-should-retry"] == "true"
    assert answer.headers["stripe-rate-limited-reason"] == "global-rate"
    assert answer.headers["request-id"].startswith("req_")


def test_the_configs_contract_has_a_detail(tenant: Tenant) -> None:
    answer = refused(configs_list, "/v2/report-configs", Tenant(tenant.organisation_id, "test"))
    assert answer.json == {
        "detail": "Request rate limit exceeded: at most 2 requests a second are answered for this key."
    }


def test_the_usage_contract_has_its_envelope(tenant: Tenant) -> None:
    answer = refused(account_status, "/api/v1/account/status", tenant)
    assert answer.json["errors"] == [
        {
            "code": "rate.limit.exceeded",
            "message": "Request rate limit exceeded: at most 1 requests a second are answered for this key.",
        }
    ]


def test_a_request_that_the_key_may_not_make_counts_as_well(tenant: Tenant) -> None:
    assert refused(account_status, "/v1/account/status", tenant, ["files_read"]).status == 429


def test_the_limit_costs_a_warm_request_one_call(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    parameters = {"interval_start": "1680000000", "interval_end": "1680100000"}
    run = creation.create(tenant, NewReportRun(report_type="balance.summary.1", parameters=parameters))
    key = api_keys.create(tenant, "secret", "k")[1]
    request = event(
        "GET",
        f"/v1/reporting/report_runs/{run.id}",
        headers={"authorization": f"Bearer {key}"},
        path={"id": run.id},
    )
    assert send(runs_retrieve.handler, request).status == 200
    with atomic_calls(pause=0) as calls:
        assert send(runs_retrieve.handler, request).status == 200
    assert calls == ["UpdateItem", "GetItem"]
    monkeypatch.setenv("LIVE_REQUESTS_PER_SECOND", "0")
    settings.cache_clear()
    with atomic_calls(pause=0) as calls:
        assert send(runs_retrieve.handler, request).status == 200
    assert calls == ["GetItem"]

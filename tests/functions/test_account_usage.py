"""The routes of account usage as a client sees them: the contract's fields, codes, permissions, tenants."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import boto3
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

from account import status as account_status
from account_usage import create as usage_create
from account_usage import forecast as usage_forecast
from account_usage import status as usage_status
from report_runs import create as runs_create
from report_runs import list as runs_list
from runsheet.account_usage import totals
from runsheet.api_keys import service as api_keys
from runsheet.organisations import service as organisations
from runsheet.organisations.model import Changes, NewOrganisation
from runsheet.report_runs import creation, execution
from runsheet.report_runs import table as report_runs
from runsheet.report_runs.model import NewReportRun, RunRequested
from runsheet.runtime import clock
from runsheet.runtime.http import unknown_route
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant
from tests.gateway import Answer, event, send

if TYPE_CHECKING:
    from runsheet.tenancy import Mode

NOW = datetime(2026, 7, 15, 22, 30, tzinfo=UTC)
START, END = date(2026, 1, 1), date(2027, 12, 31)
ERROR_ID = re.compile(r"[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}")
ROUTES: dict[str, tuple[Any, str, str]] = {
    "create": (usage_create, "POST", "/v1/account/usage/report"),
    "status": (usage_status, "GET", "/v1/account/usage/report/{jobId}/status"),
    "account": (account_status, "GET", "/v1/account/status"),
    "forecast": (usage_forecast, "GET", "/v1/account/usageForecast"),
}


@pytest.fixture(autouse=True)
def _now(
    tables: None,  # noqa: ARG001
    buckets: None,  # noqa: ARG001
    queues: None,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def credits_by_day(monkeypatch: pytest.MonkeyPatch) -> dict[date, Decimal]:
    """What `account_usage.totals` finds, for a test to fill; the engine is asked in its own tests."""
    used: dict[date, Decimal] = {}

    def found(tenant: Tenant, first_day: date, last_day: date) -> dict[date, Decimal]:
        assert isinstance(tenant, Tenant)
        return {day: amount for day, amount in used.items() if first_day <= day <= last_day}

    monkeypatch.setattr(totals, "credits_by_day", found)
    return used


def make(plan: str | None = "credits", **fields: Any) -> str:
    given = {"subscription_start": START, "subscription_end": END} | fields
    return organisations.create(NewOrganisation("Acme", plan=plan, **given)).id


def key_of(organisation_id: str, mode: Mode = "live", permissions: list[str] | None = None) -> str:
    kind = "secret" if permissions is None else "restricted"
    return api_keys.create(Tenant(organisation_id, mode), kind, "k", permissions)[1]  # type: ignore[arg-type]


@pytest.fixture
def organisation_id() -> str:
    return make()


@pytest.fixture
def key(organisation_id: str) -> str:
    return key_of(organisation_id)


def call(
    operation: str,
    key: str,
    body: Any = None,
    *,
    job: str = "",
    query: str = "",
    media_type: str | None = "application/json",
) -> Answer:
    module, method, path = ROUTES[operation]
    content: dict[str, Any] = {}
    if operation == "create":
        content["body"] = body if isinstance(body, bytes) else json.dumps(body)
    headers = {"authorization": f"Bearer {key}"}
    made = event(
        method, path.replace("{jobId}", quote(job)) + query, headers=headers, path={"jobId": job}, **content
    )
    made["headers"].pop("content-type", None)
    if media_type is not None:
        made["headers"]["content-type"] = media_type
    return send(module.handler, made)


def codes(answer: Answer) -> list[str]:
    """The codes of an error, whose envelope is the contract's."""
    body = answer.json
    assert body.keys() == {"id", "errors"}
    assert ERROR_ID.fullmatch(body["id"])
    for error in body["errors"]:
        assert error.keys() <= {"code", "message", "detail"}
        assert all(isinstance(text, str) and text for text in error.values())
        assert {"code", "message"} <= error.keys()
    return [error["code"] for error in body["errors"]]


def refusal(answer: Answer, status: int, *expected: str) -> list[dict[str, str]]:
    assert (answer.status, codes(answer)) == (status, list(expected)), answer.body
    errors: list[dict[str, str]] = answer.json["errors"]
    return errors


def run_of(organisation_id: str, answer: Answer, mode: Mode = "live") -> Any:
    assert answer.status == 200, answer.body
    assert answer.json.keys() == {"jobId"}
    run = report_runs.get(Tenant(organisation_id, mode), answer.json["jobId"])
    assert run is not None
    return run


# ---------------------------------------------------------------- create


def test_without_a_field_the_whole_subscription_up_to_today_is_exported_by_day(
    organisation_id: str, key: str
) -> None:
    run = run_of(organisation_id, call("create", key, {}))
    assert (run.report_type, run.status) == ("account_usage.standard.1", "pending")
    assert run.parameters == {
        "start_date": "2026-01-01",
        "end_date": "2026-07-15",
        "group_by": "day",
        "include_deployment_charge": False,
    }
    queue = boto3.client("sqs").receive_message(QueueUrl=settings().report_runs_queue_url)
    assert json.loads(queue["Messages"][0]["Body"])["run_id"] == run.id


def test_null_is_absent(organisation_id: str, key: str) -> None:
    nulls = dict.fromkeys(("startDate", "endDate", "groupBy", "reportType", "includeDeploymentCharge"))
    made = run_of(organisation_id, call("create", key, nulls))
    assert made.parameters == run_of(organisation_id, call("create", key, {})).parameters
    assert made.report_type == "account_usage.standard.1"


def test_what_was_asked_for_stands_on_the_run_which_the_v1_contract_lists(
    organisation_id: str, key: str
) -> None:
    body = {
        "startDate": "2026-02-02",
        "endDate": "2026-02-02",
        "groupBy": "week",
        "reportType": "detailed",
        "includeDeploymentCharge": False,
    }
    run = run_of(organisation_id, call("create", key, body))
    assert run.report_type == "account_usage.detailed.1"
    assert run.parameters == {
        "start_date": "2026-02-02",
        "end_date": "2026-02-02",
        "group_by": "week",
        "include_deployment_charge": False,
    }
    request = event("GET", "/v1/reporting/report_runs", headers={"authorization": f"Bearer {key}"})
    (listed,) = send(runs_list.handler, request).json["data"]
    assert (listed["id"], listed["report_type"]) == (run.id, "account_usage.detailed.1")
    assert listed["parameters"] == run.parameters


@pytest.mark.parametrize(
    ("given_day", "day"),
    [
        ("2026-02-03", "2026-02-03"),
        ("2026-02-03T00:00:00.000Z", "2026-02-03"),
        ("2026-02-03T23:59:59.999999999Z", "2026-02-03"),
        ("2026-02-03T23:30:00-05:00", "2026-02-04"),
        ("2026-02-03T00:30:00+01:00", "2026-02-02"),
    ],
)
def test_a_day_may_be_a_timestamp_whose_utc_day_counts(
    organisation_id: str, key: str, given_day: str, day: str
) -> None:
    run = run_of(organisation_id, call("create", key, {"startDate": given_day, "endDate": given_day}))
    assert (run.parameters["start_date"], run.parameters["end_date"]) == (day, day)


WRONG_DAYS = [
    *("", "2026", "2026-13-01", "2026-02-30", "2026-2-3", "20260203", "2026-W05-1", "today", "03/02/2026"),
    *("2026-02-03T00:00:00", "2026-02-03 00:00:00Z", "2026-02-03T24:00:00Z", "2026-02-03T00:00:60Z"),
    *("2026-02-03T00:00Z", "2026-02-03T00:00:00+25:00", "2026-02-03\n", "٢٠٢٦-٠٢-٠٣", "2026-02-03T00:00:00z"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0000-01-01", "9999-12-31", "1899-12-31"),
    *(20260203, 1.5, True, [], {}, ["2026-02-03"]),
]


def test_what_is_no_day_is_refused_and_not_repeated(key: str) -> None:
    for value in WRONG_DAYS:
        errors = refusal(
            call("create", key, {"startDate": value, "endDate": value}),
            400,
            "request:invalid_start_date",
            "request:invalid_end_date",
        )
        for field, error in zip(("startDate", "endDate"), errors, strict=True):
            assert error["detail"].startswith(f"{field} must be a day as YYYY-MM-DD")
            assert str(value) not in error["detail"] or str(value) in {"", "2026"}


NOT_ALLOWED: dict[str, tuple[str, str, list[Any]]] = {
    "groupBy": (
        "request:invalid_group_by",
        "groupBy must be 'day', 'week' or 'month'.",
        ["year", "Day", "day ", "day\n", "", 1, True, ["day"], {}],
    ),
    "reportType": (
        "request:invalid_report_type",
        "reportType must be 'standard', 'detailed' or 'childDetailed'.",
        ["child_detailed", "STANDARD", "", 0, []],
    ),
    "includeDeploymentCharge": (
        "request:invalid_include_deployment_charge",
        "includeDeploymentCharge must be true or false.",
        ["yes", "1", "", "true ", 0, 1, 1.0, [], {}],
    ),
}


@pytest.mark.parametrize("field", NOT_ALLOWED)
def test_what_is_none_of_the_allowed_values_is_refused(key: str, field: str) -> None:
    code, detail, values = NOT_ALLOWED[field]
    for value in values:
        (error,) = refusal(call("create", key, {field: value}), 400, code)
        assert error["detail"] == detail


def test_a_misspelt_field_does_not_export_the_whole_contract(key: str) -> None:
    known = "startDate, endDate, groupBy, reportType, includeDeploymentCharge"
    for field in ("startdate", "start_date", "endDate ", "group_by", "format", ""):
        for value in ("2026-02-03", None):
            (error,) = refusal(call("create", key, {field: value}), 400, "request:unknown_field")
            assert error["detail"] == f"'{field}' is none of {known}."


def test_everything_that_is_wrong_is_told_at_once(key: str) -> None:
    body = {"startDate": "x", "groupBy": "y", "colour": "z", "includeDeploymentCharge": "maybe"}
    refusal(
        call("create", key, body),
        400,
        "request:invalid_start_date",
        "request:invalid_group_by",
        "request:invalid_include_deployment_charge",
        "request:unknown_field",
    )
    outside = {"startDate": "2025-12-31", "endDate": "2028-01-01"}
    refusal(
        call("create", key, outside), 400, "usage:start_before_subscription", "usage:end_after_subscription"
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"startDate": "2025-12-31"}, ["usage:start_before_subscription"]),
        ({"startDate": "2026-01-01T00:30:00+01:00"}, ["usage:start_before_subscription"]),
        ({"endDate": "2028-01-01"}, ["usage:end_after_subscription"]),
        ({"startDate": "2026-03-02", "endDate": "2026-03-01"}, ["usage:end_before_start"]),
        ({"endDate": "2025-06-01"}, ["usage:end_before_start"]),
        ({"startDate": "2026-07-16"}, ["usage:start_in_future"]),
        ({"startDate": "2028-01-01"}, ["usage:end_before_start", "usage:start_in_future"]),
    ],
)
def test_days_outside_of_the_subscription_have_codes_of_their_own(
    key: str, body: dict[str, str], expected: list[str]
) -> None:
    for error in refusal(call("create", key, body), 400, *expected):
        assert re.search(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}", error["detail"])


def test_the_first_and_the_last_day_and_today_may_be_asked_for(organisation_id: str, key: str) -> None:
    run = run_of(organisation_id, call("create", key, {"startDate": "2026-01-01", "endDate": "2027-12-31"}))
    assert (run.parameters["start_date"], run.parameters["end_date"]) == ("2026-01-01", "2026-07-15")
    run = run_of(organisation_id, call("create", key, {"startDate": "2026-07-15"}))
    assert (run.parameters["start_date"], run.parameters["end_date"]) == ("2026-07-15", "2026-07-15")


def test_a_subscription_that_has_ended_is_exported_to_its_end() -> None:
    organisation_id = make(subscription_start=date(2025, 1, 1), subscription_end=date(2025, 12, 31))
    run = run_of(organisation_id, call("create", key_of(organisation_id), {}))
    assert (run.parameters["start_date"], run.parameters["end_date"]) == ("2025-01-01", "2025-12-31")


def test_a_subscription_without_a_day_is_a_clear_refusal() -> None:
    nothing = key_of(make(subscription_start=None, subscription_end=None))
    for body in ({}, {"startDate": "2026-01-01", "endDate": "2026-01-02"}):
        refusal(call("create", nothing, body), 400, "usage:no_subscription")
    endless_id = make(subscription_end=None)
    endless = key_of(endless_id)
    assert run_of(endless_id, call("create", endless, {})).parameters["end_date"] == "2026-07-15"
    assert call("create", endless, {"endDate": "2030-01-01"}).status == 200
    endless_id = make(subscription_start=None)
    endless = key_of(endless_id)
    (error,) = refusal(call("create", endless, {}), 400, "usage:no_subscription")
    assert "startDate" in error["detail"]
    run = run_of(endless_id, call("create", endless, {"startDate": "2020-01-01"}))
    assert (run.parameters["start_date"], run.parameters["end_date"]) == ("2020-01-01", "2026-07-15")


def test_a_subscription_that_begins_tomorrow_has_nothing_to_export() -> None:
    tomorrow = key_of(make(subscription_start=date(2026, 7, 16)))
    refusal(call("create", tomorrow, {}), 400, "usage:start_in_future")


@pytest.mark.parametrize("plan", [None, "free", "enterprise"])
@pytest.mark.parametrize("operation", ["create", "forecast"])
def test_a_plan_without_credits_is_403_in_the_contracts_words(plan: str | None, operation: str) -> None:
    (error,) = refusal(call(operation, key_of(make(plan)), {}), 403, "forbidden")
    assert error["message"] == "This operation is not allowed for your account type."


def test_the_older_name_of_the_plan_is_one_with_credits() -> None:
    organisation_id = make("cloudflex")
    run_of(organisation_id, call("create", key_of(organisation_id), {}))


def test_the_children_are_reported_on_to_their_parent_only(organisation_id: str, key: str) -> None:
    body = {"reportType": "childDetailed", "includeDeploymentCharge": True}
    (error,) = refusal(call("create", key, body), 403, "forbidden")
    assert error["message"] == "This operation is not allowed for your account type."

    child_id = make(parent_id=organisation_id)

    run = run_of(organisation_id, call("create", key, body))
    assert run.report_type == "account_usage.child_detailed.1"
    assert run.parameters.keys() == {"start_date", "end_date", "group_by"}
    refusal(call("create", key_of(child_id), body), 403, "forbidden")


@pytest.mark.parametrize("report_type", ["standard", "detailed"])
@pytest.mark.parametrize(
    ("value", "of_child"),
    [
        (True, True),
        ("true", True),
        ("TRUE", True),
        ("false", False),
        ("False", False),
        (None, False),
    ],
)
def test_the_deployment_charge_is_a_childs_alone_and_decided_at_once(
    organisation_id: str, key: str, report_type: str, value: Any, of_child: bool
) -> None:
    body = {"reportType": report_type, "includeDeploymentCharge": value}
    run = run_of(organisation_id, call("create", key, body))
    assert run.parameters["include_deployment_charge"] is False
    child_id = make(parent_id=organisation_id)
    run = run_of(child_id, call("create", key_of(child_id), body))
    assert run.parameters["include_deployment_charge"] is of_child


def test_the_run_belongs_to_the_mode_of_the_key(organisation_id: str) -> None:
    answer = call("create", key_of(organisation_id, "test"), {})
    run_of(organisation_id, answer, "test")
    assert report_runs.get(Tenant(organisation_id, "live"), answer.json["jobId"]) is None


# ---------------------------------------------------------------- status


def finished(organisation_id: str, key: str) -> str:
    job = call("create", key, {}).json["jobId"]
    execution.execute(RunRequested(organisation_id=organisation_id, mode="live", run_id=job))
    return str(job)


def test_an_export_is_in_progress_then_has_a_url_for_ten_minutes_made_anew_at_each_poll(
    organisation_id: str, key: str
) -> None:
    job = call("create", key, {}).json["jobId"]
    answer = call("status", key, job=job)
    assert (answer.status, answer.json) == (
        200,
        {
            "status": "InProgress",
            "code": "usage:in_progress",
            "message": "The report is being made.",
            "statusMessage": "The report is being made.",
        },
    )

    execution.execute(RunRequested(organisation_id=organisation_id, mode="live", run_id=job))

    first = call("status", key, job=job).json
    url = first.pop("reportDownloadURL")
    assert first == {
        "status": "Success",
        "code": "usage:success",
        "message": "Successful request",
        "statusMessage": "Successful request",
    }
    query = parse_qs(urlsplit(url).query)
    assert query["X-Amz-Expires"] == ["600"]
    run = report_runs.get(Tenant(organisation_id, "live"), job)
    assert run is not None
    assert run.file is not None
    assert urlsplit(url).path.endswith(run.file.key)
    stored = boto3.client("s3").get_object(Bucket=settings().results_bucket, Key=run.file.key)
    assert len(stored["Body"].read()) == run.file.size

    time.sleep(1.1)  # a signature counts whole seconds, by a clock of the library's own
    again = call("status", key, job=job).json["reportDownloadURL"]
    assert parse_qs(urlsplit(again).query)["X-Amz-Date"] > query["X-Amz-Date"]


def test_a_failed_export_says_why(organisation_id: str, key: str) -> None:
    job = call("create", key, {}).json["jobId"]
    run = report_runs.get(Tenant(organisation_id, "live"), job)
    assert run is not None
    report_runs.fail(run, error="The report could not be run within 6 hours.", code="deadline_exceeded")
    answer = call("status", key, job=job)
    assert (answer.status, answer.json) == (
        200,
        {
            "status": "Failed",
            "code": "usage:deadline_exceeded",
            "message": "The report could not be run within 6 hours.",
            "statusMessage": "The report could not be run within 6 hours.",
            "detail": f"The export {job} has ended; begin a new one.",
        },
    )


def test_what_is_no_export_of_the_tenants_own_is_one_and_the_same_404(
    organisation_id: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = finished(organisation_id, key)
    parameters = {"interval_start": "1680000000", "interval_end": "1680100000"}
    other_report = creation.create(
        Tenant(organisation_id, "live"), NewReportRun(report_type="balance.summary.1", parameters=parameters)
    ).id
    stranger, other_mode = key_of(make()), key_of(organisation_id, "test")
    asked = [(stranger, job), (other_mode, job), (key, other_report)]
    asked += [
        (key, x)
        for x in ("frr_none", "1", "-2107214432225550922", "x" * 3000, "frr_\x00", "ü", "../status", "")
    ]
    for as_key, unknown in asked:
        answer = call("status", as_key, job=unknown)
        assert refusal(answer, 404, "notfound") == [{"code": "notfound", "message": "There is no such job."}]

    assert call("status", key, job=job).status == 200
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=366))
    refusal(call("status", key, job=job), 404, "notfound")


# ---------------------------------------------------------------- the account's status


def shown_account(organisation_id: str) -> Any:
    answer = call("account", key_of(organisation_id))
    assert answer.status == 200
    return answer.json


def test_the_account_is_shown_with_every_field_of_the_contract() -> None:
    organisation_id = make(subscription_credits=21900, plan_type="Trial", log_model="Flex")
    assert shown_account(organisation_id) == {
        "pricingModel": "credits",
        "canUpdatePlan": False,
        "planType": "Trial",
        "planExpirationDays": (END - NOW.date()).days,
        "applicationUse": "ALLOWED",
        "accountActivated": True,
        "totalCredits": 21900,
        "logModel": "Flex",
    }


def test_what_an_account_does_not_have_is_left_out() -> None:
    bare = make(None, subscription_start=None, subscription_end=None)
    assert shown_account(bare) == {
        "canUpdatePlan": False,
        "applicationUse": "ALLOWED",
        "accountActivated": True,
        "logModel": "Tiered",
    }
    paid = shown_account(make("enterprise", subscription_end=None))
    assert (paid["pricingModel"], paid["planType"]) == ("enterprise", "Paid")
    assert "planExpirationDays" not in paid


@pytest.mark.parametrize(
    ("start", "end", "use", "days"),
    [
        (date(2026, 7, 15), date(2026, 7, 15), "ALLOWED", 0),
        (date(2026, 7, 1), date(2026, 7, 16), "ALLOWED", 1),
        (date(2026, 7, 1), date(2026, 7, 14), "RESTRICTED", 0),
        (date(2026, 7, 16), date(2026, 7, 18), "RESTRICTED", 3),
        (None, date(2026, 7, 14), "RESTRICTED", 0),
        (date(2026, 7, 16), None, "RESTRICTED", None),
    ],
)
def test_outside_of_its_subscription_an_account_is_restricted(
    start: date | None, end: date | None, use: str, days: int | None
) -> None:
    shown = shown_account(make(subscription_start=start, subscription_end=end))
    assert (shown["applicationUse"], shown.get("planExpirationDays")) == (use, days)


def test_a_renewed_subscription_shows_at_once(organisation_id: str) -> None:
    organisations.update(
        organisation_id, Changes(subscription_credits=500, subscription_end=date(2028, 1, 1))
    )
    assert shown_account(organisation_id)["totalCredits"] == 500


# ---------------------------------------------------------------- the forecast


def test_the_forecast_counts_the_last_days_or_all_of_them(credits_by_day: dict[date, Decimal]) -> None:
    # 195 days are over: 10 credits on each, 20 on the last seven; 4 today.
    for number in range(195):
        credits_by_day[START + timedelta(days=number)] = Decimal(20 if number >= 188 else 10)
    credits_by_day[NOW.date()] = Decimal(4)
    key = key_of(make(subscription_credits=21900))
    used, left = 195 * 10 + 70 + 4, (END - NOW.date()).days

    answer = call("forecast", key, query="?numberOfDays=7")
    assert answer.status == 200, answer.body
    assert answer.json == pytest.approx(
        {
            "averageUsage": 20,
            "usagePercentage": used / 21900,
            "forecastedUsage": used + 20 * left,
            "forecastedUsagePercentage": (used + 20 * left) / 21900,
            "remainingDays": left,
        }
    )
    whole = call("forecast", key).json
    assert whole["averageUsage"] == pytest.approx((195 * 10 + 70) / 195)
    assert call("forecast", key, query="?numberOfDays=365").json == whole


def test_credits_that_run_out_first_end_the_remaining_days(credits_by_day: dict[date, Decimal]) -> None:
    credits_by_day[date(2026, 7, 14)] = Decimal("9.5")
    answer = call("forecast", key_of(make(subscription_credits=100)), query="?numberOfDays=1")
    assert answer.json["remainingDays"] == 9  # 90.5 credits at 9.5 a day
    assert answer.json["usagePercentage"] == pytest.approx(0.095)


def test_without_credits_to_compare_with_the_percentages_are_zero(
    credits_by_day: dict[date, Decimal],
) -> None:
    credits_by_day[date(2026, 7, 14)] = Decimal(195)
    answer = call("forecast", key_of(make()))
    assert (answer.json["usagePercentage"], answer.json["forecastedUsagePercentage"]) == (0, 0)
    assert answer.json["averageUsage"] == 1


@pytest.mark.usefixtures("credits_by_day")
@pytest.mark.parametrize(
    "query", ["0", "366", "-1", "", "7.0", "1e1", " 7", "\u0667", "x" * 5000, "%00", "999999999999"]
)
def test_a_wrong_number_of_days_is_refused(key: str, query: str) -> None:
    answer = call("forecast", key, query=f"?numberOfDays={query}")
    (error,) = refusal(answer, 400, "request:invalid_number_of_days")
    assert error["detail"] == "numberOfDays must be a whole number from 1 to 365."


def test_a_misspelt_parameter_is_refused(key: str) -> None:
    (error,) = refusal(call("forecast", key, query="?numberofdays=7"), 400, "request:unknown_field")
    assert error["detail"] == "'numberofdays' is none of numberOfDays."


@pytest.mark.parametrize("missing", ["subscription_start", "subscription_end"])
def test_a_forecast_needs_both_ends_of_a_subscription(missing: str) -> None:
    refusal(call("forecast", key_of(make(**{missing: None}))), 400, "usage:no_subscription")


@pytest.mark.usefixtures("credits_by_day")
def test_before_a_subscription_nothing_is_asked_of_the_engine() -> None:
    answer = call(
        "forecast", key_of(make(subscription_start=date(2026, 7, 16), subscription_end=date(2026, 7, 18)))
    )
    assert answer.json == {
        "averageUsage": 0,
        "usagePercentage": 0,
        "forecastedUsage": 0,
        "forecastedUsagePercentage": 0,
        "remainingDays": 3,
    }


# ---------------------------------------------------------------- all routes


@pytest.mark.usefixtures("credits_by_day")
@pytest.mark.parametrize("operation", ROUTES)
def test_a_restricted_key_needs_the_permission_and_no_other(
    organisation_id: str, key: str, operation: str
) -> None:
    job = call("create", key, {}).json["jobId"]
    allowed = key_of(organisation_id, "live", ["account_usage_read"])
    assert call(operation, allowed, {}, job=job).status == 200
    other = key_of(organisation_id, "live", ["report_runs_and_report_types_read", "datasets_read"])
    (error,) = refusal(call(operation, other, {}, job=job), 403, "forbidden")
    assert "account_usage_read" in error["message"]


@pytest.mark.parametrize("operation", ROUTES)
def test_without_a_key_the_answer_is_the_contracts_401(operation: str) -> None:
    answer = call(operation, "sk_live_" + "0" * 43, {})
    (error,) = refusal(answer, 401, "unauthorized")
    assert error["message"] == "Credential could not be verified."
    assert "stripe" not in answer.body.decode().lower()
    assert answer.headers["www-authenticate"].startswith("Basic ")


@pytest.mark.parametrize("prefix", ["", "/api"])
def test_a_wrong_verb_is_405_with_the_right_one_and_an_unknown_path_404(prefix: str) -> None:
    for _, allowed, path in ROUTES.values():
        for verb in {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"} - {allowed}:
            answer = send(unknown_route, event(verb, prefix + path.replace("{jobId}", "frr_x")))
            refusal(answer, 405, "method.unsupported")
            assert answer.headers["allow"] == allowed
    for path in ("", "/", "/usage", "/usage/report/", "/usage/report/x", "/usage/report//status", "/Status"):
        refusal(
            send(unknown_route, event("GET", f"{prefix}/v1/account{path}")), 404, "notfound"
        ) if path else None
    refusal(send(unknown_route, event("GET", "/api/v1/things")), 404, "notfound")


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.dates().map(str)
    | st.datetimes().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
FIELDS = st.sampled_from(
    ["startDate", "endDate", "groupBy", "reportType", "includeDeploymentCharge", "colour", "__proto__"]
)
SLOW = settings_of_hypothesis(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@SLOW
@given(
    body=st.dictionaries(FIELDS, JSON_VALUES, max_size=5).map(json.dumps).map(str.encode)
    | JSON_VALUES.map(json.dumps).map(str.encode)
    | st.binary(max_size=200),
    media_type=st.none() | st.just("application/json") | st.text(max_size=20),
)
def test_no_body_is_more_than_the_callers_mistake(key: str, body: bytes, media_type: str | None) -> None:
    answer = call("create", key, body, media_type=media_type)
    if answer.status != 200:
        assert answer.status in {400, 415, 429}, answer.body
        codes(answer)
        assert len(answer.body) < 10_000


@pytest.mark.usefixtures("credits_by_day")
@SLOW
@given(query=st.text(st.characters(codec="utf-8"), max_size=100), job=st.text(max_size=100))
def test_no_query_and_no_id_is_more_than_the_callers_mistake(key: str, query: str, job: str) -> None:
    assert call("forecast", key, query=f"?{quote(query, safe='=&%')}").status in {200, 400}
    assert call("forecast", key, query=f"?numberOfDays={quote(query)}").status in {200, 400}
    request = event(
        "GET",
        "/v1/account/usage/report/x/status",
        headers={"authorization": f"Bearer {key}"},
        path={"jobId": job},
    )
    assert codes(send(usage_status.handler, request)) == ["notfound"]


DAYS = {"start_date": "2026-07-01", "end_date": "2026-07-14"}


def create_run(key: str, report_type: str = "standard", **days: str) -> Answer:
    """Ask for an export as a report run, in the v1 contract's form."""
    fields = {f"parameters[{name}]": value for name, value in (days or DAYS).items()}
    body = urlencode({"report_type": f"account_usage.{report_type}.1", **fields})
    headers = {
        "authorization": f"Bearer {key}",
        "content-type": "application/x-www-form-urlencoded",
    }
    return send(
        runs_create.handler, event("POST", "/v1/reporting/report_runs", headers=headers, body=body.encode())
    )


def run_refused(answer: Answer, param: str, text: str) -> None:
    assert answer.status == 400, answer.body
    error = answer.json["error"]
    assert error.keys() == {"message", "param", "type"}
    assert (error["param"], error["type"]) == (param, "invalid_request_error")
    assert text in error["message"]
    assert boto3.client("dynamodb").scan(TableName=settings().report_runs_table)["Count"] == 0


def test_a_report_run_of_usage_is_one_of_an_organisation_with_a_plan_of_credits(key: str) -> None:
    answer = create_run(key)
    assert (answer.status, answer.json["report_type"]) == (200, "account_usage.standard.1")
    assert call("status", key, job=answer.json["id"]).json["status"] == "InProgress"


@pytest.mark.parametrize("plan", [None, "enterprise"])
def test_a_report_run_of_usage_needs_a_plan_of_credits(plan: str | None) -> None:
    run_refused(create_run(key_of(make(plan))), "report_type", "whose plan has credits")


def test_a_report_run_of_child_usage_needs_children(organisation_id: str, key: str) -> None:
    run_refused(create_run(key, "child_detailed"), "report_type", "with child organisations")
    make(parent_id=organisation_id)
    assert create_run(key, "child_detailed").status == 200


@pytest.mark.parametrize(
    ("fields", "days", "param", "text"),
    [
        (
            {},
            DAYS | {"start_date": "2025-12-31"},
            "start_date",
            "starting at 2026-01-01, the first day of the subscription; you requested `start_date` = 2025-12-31.",
        ),
        (
            {"subscription_end": date(2026, 7, 10)},
            DAYS,
            "end_date",
            "through 2026-07-10, the last day of the subscription; you requested `end_date` = 2026-07-14.",
        ),
        (
            {"subscription_start": date(2026, 7, 2), "subscription_end": None},
            DAYS,
            "start_date",
            "starting at 2026-07-02",
        ),
        ({}, {"interval": "2025"}, "interval", "starting at 2026-01-01"),
    ],
)
def test_a_report_run_of_usage_is_within_the_subscription(
    fields: dict[str, Any], days: dict[str, str], param: str, text: str
) -> None:
    run_refused(create_run(key_of(make(**fields)), **days), f"parameters.{param}", text)


def test_a_report_run_of_usage_needs_a_subscription() -> None:
    none = {"subscription_start": None, "subscription_end": None}
    run_refused(
        create_run(key_of(make(**none))), "report_type", "whose subscription has a first or a last day"
    )


def test_the_days_of_a_subscription_are_all_there_for_a_report_run() -> None:
    key = key_of(make(subscription_start=date(2026, 7, 1), subscription_end=date(2026, 7, 14)))
    assert create_run(key).status == 200

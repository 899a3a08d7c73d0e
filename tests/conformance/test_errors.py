"""What is wrong is raised as the class that the contract gives it, with code, param and request id (v1, section 5)."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.conformance.buckets import empty_bucket
from tests.conformance.records import DAY, END, INTERVAL, START
from tests.conformance.sdk import Client, Raised

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.place import Place
    from tests.conformance.conftest import Customer
    from tests.conformance.sdk import Sdk

pytestmark = pytest.mark.stack

ITEMIZED = "balance_change_from_activity.itemized.3"


def refusal(call: Callable[[], Any]) -> Raised:
    with pytest.raises(Raised) as refused:
        call()
    assert str(refused.value.request_id).startswith("req_")
    return refused.value


@pytest.mark.parametrize(
    ("parameters", "param", "code"),
    [
        ({"limit": 101}, "limit", "parameter_invalid_integer"),
        ({"starting_after": "frr_none"}, "starting_after", "resource_missing"),
        ({"colour": "red"}, "colour", "parameter_unknown"),
    ],
)
def test_a_wrong_list_is_an_invalid_request(
    live: Client, parameters: dict[str, Any], param: str, code: str
) -> None:
    error = refusal(lambda: live.listed("report_runs", **parameters))

    assert (error.type, error.status, error.param, error.code) == ("InvalidRequestError", 400, param, code)


@pytest.mark.parametrize(
    ("new", "param", "code"),
    [
        ({"report_type": "sales.1", "parameters": INTERVAL}, "report_type", "resource_missing"),
        (
            {"report_type": ITEMIZED, "parameters": {"interval_start": START}},
            "parameters[interval_end]",
            "parameter_missing",
        ),
        (
            {"report_type": ITEMIZED, "parameters": {**INTERVAL, "colour": "red"}},
            "parameters[colour]",
            "parameter_unknown",
        ),
        (
            {"report_type": ITEMIZED, "parameters": {**INTERVAL, "columns": ["net", "colour"]}},
            "parameters[columns][1]",
            None,
        ),
    ],
    ids=["unknown type", "no end", "unknown parameter", "unknown column"],
)
def test_a_wrong_run_is_an_invalid_request(
    live: Client, new: dict[str, Any], param: str | None, code: str | None
) -> None:
    error = refusal(lambda: live.create("report_runs", **new))

    assert (error.type, error.status) == ("InvalidRequestError", 400)
    assert (error.param, error.code) == (param, code)


def test_an_interval_before_the_data_is_refused_in_the_contract_s_words(live: Client) -> None:
    early = {"interval_start": START - 32 * DAY - 5, "interval_end": END}
    error = refusal(lambda: live.create("report_runs", report_type="balance.summary.1", parameters=early))

    assert error.message == (
        "Data for the report type balance.summary.1 is only available starting at 2025-11-30 00:00:00 UTC; you requested "
        "`interval_start` = 2025-11-29 23:59:55 UTC."
    )
    assert (error.type, error.status) == ("InvalidRequestError", 400)
    assert (error.param, error.code) == ("parameters.interval_start", None)


@pytest.mark.parametrize(
    ("resource", "noun"),
    [
        ("report_runs", "report_run"),
        ("files", "file"),
        ("webhook_endpoints", "webhook endpoint"),
    ],
)
def test_what_is_not_there_is_an_invalid_request_of_404(live: Client, resource: str, noun: str) -> None:
    error = refusal(lambda: live.retrieve(resource, "none_1"))

    assert (error.type, error.status, error.code) == ("InvalidRequestError", 404, "resource_missing")
    assert str(error.message).startswith(f"No such {noun}")


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("sk_test_" + "0" * 39 + "abcd", "Invalid API Key provided: sk_test_****************abcd"),
        ("pk_test_" + "0" * 24, "publishable"),
    ],
    ids=["unknown", "publishable"],
)
def test_a_wrong_key_is_an_authentication_error(sdk: Sdk, place: Place, key: str, message: str) -> None:
    error = refusal(lambda: Client(sdk, place.base_url, key).listed("report_runs"))

    assert (error.type, error.status) == ("AuthenticationError", 401)
    assert message in str(error.message)


def test_a_key_without_the_permission_is_a_permission_error(
    sdk: Sdk, place: Place, customer: Customer
) -> None:
    restricted = Client(sdk, place.base_url, customer.files_key)
    assert restricted.listed("files")["object"] == "list"

    for call in (
        lambda: restricted.listed("report_runs"),
        lambda: restricted.create("report_runs", report_type="balance.summary.1", parameters=INTERVAL),
    ):
        error = refusal(call)
        assert (error.type, error.status) == ("PermissionError", 403)
        assert "does not have the required permissions" in str(error.message)


def test_another_request_with_a_used_key_is_an_idempotency_error(own: Client) -> None:
    key = str(uuid4())
    with_key = own.with_options(idempotency_key=key)
    with_key.create("report_runs", report_type="balance.summary.1", parameters=INTERVAL)
    other = {**INTERVAL, "currency": "eur"}

    error = refusal(lambda: with_key.create("report_runs", report_type="balance.summary.1", parameters=other))

    assert (error.type, error.status) == ("IdempotencyError", 400)
    assert error.message == (
        "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key "
        f"other than '{key}' if you meant to execute a different request."
    )
    assert len(own.listed("report_runs")["data"]) == 1


def test_too_many_requests_are_a_rate_limit_error(own: Client, place: Place) -> None:
    own.listed("report_types")
    empty_bucket(place, own.key, for_seconds=30)

    error = refusal(lambda: own.listed("report_types"))

    assert (error.type, error.status, error.code) == ("RateLimitError", 429, "rate_limit")


def test_an_address_where_nobody_listens_is_a_connection_error(sdk: Sdk) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but not listening
        nowhere = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(Raised) as refused:
            Client(sdk, nowhere, "sk_test_x").listed("report_runs")

    assert (refused.value.type, refused.value.status) == ("APIConnectionError", None)

"""What the SDKs do when a call fails, counted at the server: a retry never makes a second run (v1, section 5)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.conformance.buckets import empty_bucket
from tests.conformance.proxy import Fault, Proxy, proxy
from tests.conformance.records import INTERVAL
from tests.conformance.sdk import Raised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.place import Place
    from tests.conformance.sdk import Answer, Client, Sdk

pytestmark = pytest.mark.stack

RETRIES = 2
TRY_AGAIN = {"stripe-should-retry": "true"}
LEAVE_IT = {"stripe-should-retry": "false"}


@pytest.fixture
def network(place: Place) -> Iterator[Proxy]:
    with proxy(place.base_url) as running:
        yield running


@pytest.fixture
def patient(own: Client, network: Proxy) -> Client:
    """The SDK behind the network, with the number of retries that is its own default today."""
    return replace(own, base_url=network.url, retries=RETRIES)


def create(client: Client, **parameters: Any) -> Answer:
    return client.create("report_runs", report_type="balance.summary.1", parameters=INTERVAL | parameters)


def ids_of_runs(client: Client) -> list[str]:
    """What there is, asked past the network."""
    return [run["id"] for run in client.listed("report_runs", limit=100)["data"]]


def test_a_call_that_passes_is_made_once_and_by_the_sdk_itself(
    patient: Client, own: Client, network: Proxy, sdk: Sdk
) -> None:
    made = create(patient)

    (seen,) = network.requests
    assert (seen.method, seen.path, seen.status) == ("POST", "/v1/reporting/report_runs", 200)
    bindings = "PythonBindings" if sdk.is_python else "NodeBindings"
    assert seen.headers["user-agent"].startswith(f"Stripe/v1 {bindings}/{sdk.version()}")
    assert seen.headers["authorization"] == f"Bearer {own.key}"
    assert seen.headers["content-type"] == "application/x-www-form-urlencoded"
    assert made.headers["idempotency-key"] == seen.headers["idempotency-key"]
    assert ids_of_runs(own) == [made["id"]]


@pytest.mark.parametrize(
    "faults",
    [
        [Fault(500), Fault(503)],
        [Fault(None)],
        [Fault(409, code="idempotency_key_in_use")],
        [Fault(429, headers=TRY_AGAIN, code="rate_limit")],
    ],
    ids=["500 and 503", "no answer", "409", "429 to be retried"],
)
def test_a_call_that_never_arrived_is_made_again(
    faults: list[Fault], patient: Client, own: Client, network: Proxy
) -> None:
    network.faults = list(faults)

    made = create(patient)

    tries = network.posts()
    assert [seen.status for seen in tries] == [*(fault.status for fault in faults), 200]
    assert len({seen.headers["idempotency-key"] for seen in tries}) == 1
    assert ids_of_runs(own) == [made["id"]]


@pytest.mark.parametrize(
    "fault", [Fault(None, carried_out=True), Fault(500, carried_out=True)], ids=["no answer", "500"]
)
def test_a_call_whose_answer_was_lost_makes_no_second_run(
    fault: Fault, patient: Client, own: Client, network: Proxy
) -> None:
    network.faults = [fault]

    made = create(patient)

    assert [seen.status for seen in network.posts()] == [fault.status, 200]
    assert made.headers["idempotent-replayed"] == "true"
    assert ids_of_runs(own) == [made["id"]]


def test_a_call_is_given_up_after_the_last_retry(patient: Client, own: Client, network: Proxy) -> None:
    network.faults = [Fault(503)] * 9

    with pytest.raises(Raised) as gave_up:
        create(patient)

    assert (gave_up.value.type, gave_up.value.status) == ("APIError", 503)
    assert len(network.requests) == 1 + RETRIES
    assert ids_of_runs(own) == []


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(500, headers=LEAVE_IT), "APIError"),
        (Fault(429, code="rate_limit"), "RateLimitError"),
        (Fault(409, headers=LEAVE_IT), "APIError"),
    ],
    ids=["500", "429", "409"],
)
def test_a_call_that_would_fail_again_is_made_once(
    fault: Fault, error: str, patient: Client, network: Proxy
) -> None:
    network.faults = [fault] * 9

    with pytest.raises(Raised) as refused:
        create(patient)

    assert (refused.value.type, refused.value.status) == (error, fault.status)
    assert len(network.requests) == 1


def test_what_the_stack_refuses_for_good_is_asked_once(patient: Client, network: Proxy) -> None:
    with pytest.raises(Raised) as refused:
        create(patient, colour="red")

    assert (refused.value.type, refused.value.status) == ("InvalidRequestError", 400)
    assert [seen.status for seen in network.requests] == [400]


def test_the_stack_s_own_limit_is_waited_out(
    patient: Client, own: Client, network: Proxy, place: Place
) -> None:
    first = create(own)
    empty_bucket(place, own.key, for_seconds=2)

    made = create(replace(patient, retries=6))

    statuses = [seen.status for seen in network.posts()]
    assert statuses[-1] == 200
    assert set(statuses[:-1]) == {429}
    assert ids_of_runs(own) == [made["id"], first["id"]]


def test_the_same_key_gets_the_same_answer(own: Client) -> None:
    key = str(uuid4())
    first, again = (create(own.with_options(idempotency_key=key)) for _ in range(2))

    assert again == first
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["original-request"] == first.headers["request-id"]
    assert again.headers["request-id"] != first.headers["request-id"]
    assert again.headers["idempotency-key"] == first.headers["idempotency-key"] == key
    assert "idempotent-replayed" not in first.headers
    assert ids_of_runs(own) == [first["id"]]
    assert create(own)["id"] != create(own)["id"]


def test_at_the_same_time_one_is_carried_out_and_the_others_wait_for_it(
    patient: Client, own: Client, network: Proxy
) -> None:
    stubborn = replace(patient.with_options(idempotency_key=str(uuid4())), retries=5)

    made = stubborn.create_at_once(4, "report_runs", report_type="balance.summary.1", parameters=INTERVAL)

    assert ids_of_runs(own) == [made[0]["id"]]
    assert {run["id"] for run in made} == {made[0]["id"]}
    assert sorted("idempotent-replayed" in run.headers for run in made) == [False] + [True] * 3
    statuses = [seen.status for seen in network.posts()]
    assert statuses.count(200) == 4
    assert set(statuses) <= {200, 409}


def test_a_refused_request_leaves_its_key_free(live: Client) -> None:
    with_key = live.with_options(idempotency_key=str(uuid4()))
    with pytest.raises(Raised) as refused:
        create(with_key, interval_start=1)

    assert "only available starting at" in str(refused.value.message)
    assert create(with_key)["status"] == "pending"

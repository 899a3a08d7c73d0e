"""Webhook endpoints, deliveries as each SDK verifies them, and events (contracts: v1, section 4)."""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import TYPE_CHECKING, TypeVar

import pytest

from tests.conformance.records import INTERVAL
from tests.conformance.sdk import Raised
from tests.receiver import receiver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conformance.sdk import Client, Sdk
    from tests.receiver import Received, Receiver

pytestmark = pytest.mark.stack

Found = TypeVar("Found")
SUMMARY = "balance.summary.1"


@pytest.fixture
def running() -> Iterator[Receiver]:
    """A customer's own server."""
    with receiver() as started:
        yield started


def eventually(look: Callable[[], Found], seconds: float = 60) -> Found:
    end = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < end:
        time.sleep(0.1)
    return found


def delivered(running: Receiver, run_id: str) -> Received:
    """What has arrived about a run."""

    def about_it() -> list[Received]:
        return [one for one in running.requests if one.event["data"]["object"]["id"] == run_id]

    (request,) = eventually(about_it)
    return request


def test_an_endpoint_s_secret_is_shown_once_and_its_fields_are_changed(
    own: Client, running: Receiver
) -> None:
    endpoint = own.create(
        "webhook_endpoints",
        url=running.url,
        enabled_events=["reporting.report_run.failed"],
        metadata={"a": "1", "b": "2"},
    )
    assert endpoint["secret"].startswith("whsec_")
    assert (endpoint["object"], endpoint["status"], endpoint["livemode"]) == (
        "webhook_endpoint",
        "enabled",
        False,
    )

    changes = {"disabled": True, "description": "x", "metadata": {"a": "", "c": "3"}}
    changed = own.update("webhook_endpoints", endpoint["id"], **changes)
    assert (changed["status"], changed["description"]) == ("disabled", "x")
    assert changed["metadata"] == {"b": "2", "c": "3"}
    retrieved = own.retrieve("webhook_endpoints", endpoint["id"])
    assert "secret" not in retrieved
    assert own.iterate("webhook_endpoints") == [endpoint["id"]]

    deleted = own.delete("webhook_endpoints", endpoint["id"])
    assert deleted == {"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True}
    with pytest.raises(Raised) as gone:
        own.retrieve("webhook_endpoints", endpoint["id"])
    assert (gone.value.type, gone.value.status) == ("InvalidRequestError", 404)
    with pytest.raises(Raised) as refused:
        own.create("webhook_endpoints", url=running.url, enabled_events=["charge.succeeded"])
    assert (refused.value.type, refused.value.param) == ("InvalidRequestError", "enabled_events[0]")


def test_deliveries_are_verified_and_their_events_found(own: Client, running: Receiver, sdk: Sdk) -> None:
    endpoint = own.create("webhook_endpoints", url=running.url, enabled_events=["*"])
    secret = endpoint["secret"]
    run = own.create("report_runs", report_type=SUMMARY, parameters=INTERVAL)
    failing = own.create(
        "report_runs", report_type=SUMMARY, parameters={**INTERVAL, "fail": "internal_error"}
    )

    request = delivered(running, run["id"])
    signature = request.headers["stripe-signature"]
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    event = sdk.construct_event(request.body, signature, secret)
    told = event["data"]["object"]
    assert (event["object"], event["type"]) == ("event", "reporting.report_run.succeeded")
    assert (told["id"], told["status"], told["livemode"]) == (run["id"], "succeeded", False)
    assert told["result"]["url"].endswith("/contents")
    if event.classes:
        assert event.classes["data.object"] == "ReportRun"
        assert event.classes["data.object.result"] == "File"

    # Node, whose `retrieve` of a failed run throws, gets to know of it so.
    failure = delivered(running, failing["id"])
    failed = sdk.construct_event(failure.body, failure.headers["stripe-signature"], secret)
    assert failed["type"] == "reporting.report_run.failed"
    assert "could not be run" in failed["data"]["object"]["error"]

    for body, header, key, message in _forged(request.body, signature, secret):
        with pytest.raises(Raised) as refused:
            sdk.construct_event(body, header, key)
        assert refused.value.type == "SignatureVerificationError"
        assert message in str(refused.value.message)

    found = own.retrieve("events", event["id"])
    assert (found["type"], found["data"]["object"]["id"]) == (event["type"], run["id"])
    both = {event["id"], failed["id"]}
    assert set(own.iterate("events", type="reporting.report_run.*", limit=1)) == both
    assert own.iterate("events", types=["reporting.report_run.failed"]) == [failed["id"]]
    assert eventually(lambda: set(own.iterate("events", delivery_success=True)) == both)
    assert own.iterate("events", delivery_success=False) == []
    own.delete("webhook_endpoints", endpoint["id"])


def _forged(body: bytes, signature: str, secret: str) -> Iterator[tuple[bytes, str, str, str]]:
    """What a receiver must not take, and what the SDKs say of it."""
    unknown = "No signatures found matching the expected signature for payload"
    yield body, signature, "whsec_other", unknown
    yield body.replace(b"succeeded", b"succeedeD", 1), signature, secret, unknown
    old = int(time.time()) - 600
    signed = hmac.new(secret.encode(), f"{old}.".encode() + body, hashlib.sha256).hexdigest()
    yield body, f"t={old},v1={signed}", secret, "outside the tolerance zone"


def test_events_and_endpoints_are_of_one_mode(live: Client, test: Client, running: Receiver) -> None:
    endpoint = live.create(
        "webhook_endpoints", url=running.url, enabled_events=["reporting.report_run.failed"]
    )

    with pytest.raises(Raised) as missing:
        test.retrieve("webhook_endpoints", endpoint["id"])
    assert (missing.value.type, missing.value.status) == ("InvalidRequestError", 404)
    assert endpoint["id"] not in test.iterate("webhook_endpoints")
    for livemode, client in ((True, live), (False, test)):
        assert all(event["livemode"] is livemode for event in client.listed("events", limit=100)["data"])
    live.delete("webhook_endpoints", endpoint["id"])

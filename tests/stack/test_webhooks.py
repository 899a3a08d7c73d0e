"""Webhooks on the stack: from a run over HTTP to a signed delivery at a server of the test's own, and onto the bus."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
import pytest
import stripe
from samcli.yamlhelper import yaml_parse

from local.deployment import physical_ids
from runsheet import catalog
from tests.receiver import receiver
from tests.stack.customer import END, START, new_customer, runsheet
from tests.template.template import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local.place import Place
    from tests.receiver import Received, Receiver
    from tests.stack.customer import Customer

pytestmark = pytest.mark.stack

Found = TypeVar("Found")


@pytest.fixture(scope="module")
def customer(place: Place) -> Customer:
    return new_customer(place)


@pytest.fixture(scope="module")
def live(customer: Customer) -> stripe.StripeClient:
    return client_of(customer, customer.live_key)


@pytest.fixture
def running() -> Iterator[Receiver]:
    """A customer's own server."""
    with receiver() as started:
        yield started


def client_of(customer: Customer, key: str) -> stripe.StripeClient:
    bases: Any = {"api": customer.base_url, "files": customer.base_url}
    return stripe.StripeClient(key, base_addresses=bases, max_network_retries=0)


def create(client: stripe.StripeClient, running: Receiver, *names: str, **fields: Any) -> Any:
    given = {"url": running.url, "enabled_events": list(names or ("*",)), **fields}
    return client.v1.webhook_endpoints.create(given)  # type: ignore[arg-type]


def run(client: stripe.StripeClient) -> str:
    parameters = {"interval_start": START, "interval_end": END}
    made = client.v1.reporting.report_runs.create(
        {"report_type": "balance.summary.1", "parameters": parameters}  # type: ignore[typeddict-item]
    )
    return made.id


def eventually(look: Callable[[], Found], seconds: float = 90) -> Found:
    end = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < end:
        time.sleep(0.2)
    return found


def about(running: Receiver, run_id: str) -> list[Received]:
    """What has arrived about a run."""
    return [one for one in running.requests if one.event["data"]["object"]["id"] == run_id]


def deliveries(client: stripe.StripeClient, endpoint: Any) -> list[Any]:
    """What was sent to an endpoint; the customer's run that fails may be among it."""
    answer = client.raw_request("get", f"/v1/webhook_endpoints/{endpoint.id}/deliveries")
    found: list[Any] = answer.data["data"]
    return found


def test_a_delivery_is_on_record(live: stripe.StripeClient, running: Receiver) -> None:
    endpoint = create(live, running, description="Finance", metadata={"team": "a"})
    run_id = run(live)
    (request,) = eventually(lambda: about(running, run_id))
    event = stripe.Webhook.construct_event(request.body, request.headers["stripe-signature"], endpoint.secret)
    retrieved = live.v1.events.retrieve(event.id)
    assert retrieved.data.object == event.data.object
    assert eventually(lambda: live.v1.events.retrieve(event.id).pending_webhooks == 0)
    (delivery,) = [one for one in deliveries(live, endpoint) if one["event"] == event.id]
    assert delivery["delivered_at"] >= event.created
    assert [attempt["status_code"] for attempt in delivery["attempts"]] == [200]
    live.v1.webhook_endpoints.delete(endpoint.id)


def test_what_failed_is_on_record_and_is_sent_again_by_hand_as_the_same_event(
    live: stripe.StripeClient, running: Receiver
) -> None:
    running.answers = [500, 200]
    endpoint = create(live, running, "reporting.report_run.succeeded")
    run_id = run(live)
    eventually(lambda: about(running, run_id))
    event_id = about(running, run_id)[0].event["id"]

    def delivery() -> Any:
        return next(one for one in deliveries(live, endpoint) if one["event"] == event_id)

    assert eventually(lambda: delivery()["attempts"])
    failed = delivery()
    assert (failed["status"], failed["attempts"][0]["error"]) == ("pending", "It answered 500.")
    assert failed["next_attempt_at"] > failed["created"]
    live.raw_request("post", f"/v1/webhook_endpoints/{endpoint.id}/deliveries/{failed['id']}/resend")
    first, second = eventually(lambda: len(about(running, run_id)) == 2 and about(running, run_id)) or []
    assert first.event["id"] == second.event["id"]
    for request in (first, second):
        stripe.Webhook.construct_event(request.body, request.headers["stripe-signature"], endpoint.secret)
    assert eventually(lambda: delivery()["status"] == "delivered")
    live.v1.webhook_endpoints.delete(endpoint.id)


def test_a_failed_delivery_is_tried_again_by_itself(live: stripe.StripeClient, running: Receiver) -> None:
    """The first retry is a minute later, the sweeper comes each minute."""
    running.answers = [503, 200]
    endpoint = create(live, running, "reporting.report_run.succeeded")
    run_id = run(live)
    assert eventually(lambda: len(about(running, run_id)) == 2, 200)
    live.v1.webhook_endpoints.delete(endpoint.id)


def test_a_rotated_secret_signs_at_once_and_the_previous_one_beside_it(
    live: stripe.StripeClient, running: Receiver
) -> None:
    endpoint = create(live, running)
    path = f"/v1/webhook_endpoints/{endpoint.id}/rotate_secret"
    fresh = live.raw_request("post", path).data["secret"]
    run_id = run(live)
    (request,) = eventually(lambda: about(running, run_id))
    for secret in (fresh, endpoint.secret):
        stripe.Webhook.construct_event(request.body, request.headers["stripe-signature"], secret)
    live.raw_request("post", path, previous_secret_expires_at="now")
    live.v1.webhook_endpoints.delete(endpoint.id)


def test_new_data_is_told_to_who_asked_for_it_by_name(
    live: stripe.StripeClient, running: Receiver, customer: Customer
) -> None:
    named = create(live, running, "reporting.report_type.updated")
    with receiver() as other:
        everything = create(live, other)
        answer = httpx.post(
            f"{customer.base_url}/v1/datasets/balance_transactions",
            data={"complete_through": str(END)},
            auth=(customer.live_key, ""),
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
        about_them = [one for one in catalog.report_types().values() if "balance_transactions" in one.timed]
        assert eventually(lambda: len(running.requests) == len(about_them))
        types = {request.event["data"]["object"]["id"] for request in running.requests}
        assert "balance.summary.1" in types
        assert {request.event["data"]["object"]["data_available_end"] for request in running.requests} == {
            END
        }
        # The customer's run that fails may be among what it gets.
        assert not any("report_type" in request.event["type"] for request in other.requests)
    for endpoint in (named, everything):
        live.v1.webhook_endpoints.delete(endpoint.id)


def test_modes_and_restricted_keys_keep_events_and_endpoints_apart(
    place: Place, customer: Customer, live: stripe.StripeClient, running: Receiver
) -> None:
    endpoint = create(live, running)
    test = client_of(customer, customer.test_key)
    with pytest.raises(stripe.InvalidRequestError, match="No such webhook endpoint"):
        test.v1.webhook_endpoints.retrieve(endpoint.id)
    assert all(not event.livemode for event in test.v1.events.list())
    keys = ("keys", "create", customer.organisation_id, "--mode", "live", "--kind", "restricted")
    reader = client_of(customer, runsheet(place, *keys, "--permission", "webhook_endpoints_read")["secret"])
    assert reader.v1.webhook_endpoints.retrieve(endpoint.id).id == endpoint.id
    for refused in (
        lambda: reader.v1.webhook_endpoints.delete(endpoint.id),
        reader.v1.events.list,
        lambda: reader.raw_request("post", f"/v1/webhook_endpoints/{endpoint.id}/rotate_secret"),
    ):
        with pytest.raises(stripe.PermissionError):
            refused()
    live.v1.webhook_endpoints.delete(endpoint.id)


def test_the_documented_rule_hands_events_of_the_bus_to_a_queue(place: Place, customer: Customer) -> None:
    (example,) = re.findall(
        r"```yaml\n(FailedRuns:.*?)```", (ROOT / "docs" / "webhooks.md").read_text(), re.DOTALL
    )
    properties = yaml_parse(example)["FailedRuns"]["Properties"]
    bus = physical_ids(place)["EventBus"]
    assert properties["EventBusName"] == bus
    events = place.session().client("events", endpoint_url=place.aws_endpoint_url)
    sqs = place.session().client("sqs", endpoint_url=place.aws_endpoint_url)
    url = sqs.create_queue(QueueName="failed-runs")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = json.dumps(properties["EventPattern"])
    events.put_rule(Name="failed-runs", EventBusName=bus, EventPattern=pattern)
    events.put_targets(Rule="failed-runs", EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])
    again = new_customer(place)  # one of its runs is about to fail

    def envelopes() -> list[Any]:
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        read = [json.loads(message["Body"]) for message in messages]
        return [one for one in read if one["resources"] == [again.organisation_id]]

    envelope = eventually(envelopes)[0]
    assert envelope["source"] == "runsheet"
    event = stripe.Webhook.construct_event_without_verification(json.dumps(envelope))
    told: Any = event.data.object
    assert (event.type, told.id) == ("reporting.report_run.failed", again.failed_run)
    assert "could not be run" in told.error
    assert customer.organisation_id not in json.dumps(envelope)

"""What SES tells of a mail later."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runsheet.deliveries import execution, mail_events, service, suppression, table
from runsheet.deliveries.model import DeliveryRequested
from tests.mails import TENANT, put_config, put_file, put_run, sample_config, sample_sending
from tests.template.template import ROOT

CONFIG = sample_config(recipient_emails=["ann@example.com"], cc_emails=None)


@pytest.fixture
def message() -> DeliveryRequested:
    """A delivery that is queued."""
    put_config(CONFIG)
    service.announce(put_run(sample_sending(CONFIG), file=put_file(b"a\n1\n")), CONFIG)
    (delivery,) = service.of_config(TENANT, CONFIG.id, 10)
    return DeliveryRequested.of(delivery)


def told(message: DeliveryRequested, event_type: str, **changes: Any) -> None:
    """Carry out SES's event about a delivery, as the sample has it."""
    sample = json.loads((ROOT / "events/workers/note_mail_event.json").read_text())
    event = json.loads(sample["Records"][0]["body"])
    detail = event["detail"]
    detail["eventType"] = event_type
    detail["mail"]["tags"] |= {name: [value] for name, value in message.model_dump().items()}
    for name, value in changes.items():
        detail[name] = detail.get(name, {}) | value
    mail_events.note(mail_events.MailEvent.model_validate(event))


def stored(message: DeliveryRequested) -> Any:
    found = table.get(message)
    assert found is not None
    return found[0]


def test_a_bounce_for_good_shows_and_suppresses_the_address(message: DeliveryRequested) -> None:
    execution.send(message)
    told(message, "Bounce")
    assert stored(message).status == "bounced"
    assert "user unknown" in stored(message).reason
    assert suppression.is_suppressed(TENANT, "Ann@example.com")


def test_a_complaint_shows_and_suppresses_the_address(message: DeliveryRequested) -> None:
    execution.send(message)
    told(message, "Complaint", complaint={"complaintFeedbackType": "abuse"})
    assert stored(message).status == "complained"
    assert suppression.is_suppressed(TENANT, "ann@example.com")


def test_a_bounce_for_now_is_noted_only(message: DeliveryRequested) -> None:
    execution.send(message)
    told(message, "Bounce", bounce={"bounceType": "Transient"})
    assert (stored(message).status, stored(message).reason[:19]) == ("sent", "It bounced for now.")
    assert not suppression.is_suppressed(TENANT, "ann@example.com")


def test_a_delivered_mail_says_when(message: DeliveryRequested) -> None:
    execution.send(message)
    told(message, "Delivery")
    assert stored(message).status == "sent"
    assert stored(message).delivered_at is not None


@pytest.mark.parametrize("event_type", ["Send", "Delivery"])
def test_ses_settles_what_nobody_knew(message: DeliveryRequested, event_type: str) -> None:
    table.take(message, "lease", now=0)
    table.hand_over(message, "lease", unsubscribe_hash="h", now=0)
    execution.send(message)
    assert stored(message).reason == execution.UNKNOWN
    told(message, event_type)
    assert (stored(message).status, stored(message).reason) == ("sent", None)
    assert stored(message).message_id == "0102018f-EXAMPLE-000000"


def test_a_bounce_that_is_faster_than_the_worker_stands(message: DeliveryRequested) -> None:
    table.take(message, "lease", now=0)
    table.hand_over(message, "lease", unsubscribe_hash="h", now=0)
    told(message, "Bounce")
    assert not table.end(message, "lease", "sent", message_id="m", sent_at=1)
    assert stored(message).status == "bounced"


def test_a_mail_of_somebody_else_is_left_alone(message: DeliveryRequested) -> None:
    told(message.model_copy(update={"run_id": "frr_other"}), "Bounce")
    told(message.model_copy(update={"kind": "newsletter"}), "Bounce")
    assert service.of_config(TENANT, CONFIG.id, 10) == [stored(message)]
    assert not suppression.is_suppressed(TENANT, "ann@example.com")


@pytest.mark.parametrize("event_type", ["Open", "Click", "Subscription", "Bounce"])
def test_an_event_that_says_nothing_of_use_changes_nothing(
    message: DeliveryRequested, event_type: str
) -> None:
    before = stored(message)
    sample = json.loads((ROOT / "events/workers/note_mail_event.json").read_text())
    event = json.loads(sample["Records"][0]["body"])
    event["detail"] = {"eventType": event_type, "mail": {"messageId": "m"}}
    mail_events.note(mail_events.MailEvent.model_validate(event))
    assert stored(message) == before

"""The mail that tells an organisation that its endpoint was disabled: once, to its contact, if it has one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from runsheet.deliveries import sending
from runsheet.organisations import service as organisations
from runsheet.organisations.model import Changes
from runsheet.runtime import clients
from runsheet.runtime.settings import settings
from runsheet.webhook_deliveries import execution, queueing
from runsheet.webhook_deliveries.model import RETRY_OFFSETS
from runsheet.webhook_endpoints import service as webhook_endpoints
from runsheet.webhook_endpoints import table as webhook_endpoints_table
from runsheet.webhook_endpoints.objects import WebhookEndpointChanges
from tests.mails import part, sent
from tests.runsheet.webhook_deliveries.conftest import NOW, received, work

if TYPE_CHECKING:
    from runsheet.webhook_endpoints.objects import NewWebhookEndpointObject
    from tests.receiver import Receiver
    from tests.runsheet.webhook_deliveries.conftest import Acme, Clock


@pytest.fixture
def endpoint(acme: Acme, running: Receiver) -> NewWebhookEndpointObject:
    """An endpoint that fails, and SES with the sender's identity."""
    boto3.client("ses").verify_email_identity(EmailAddress=settings().mail_from)
    running.answers = [500]
    return acme.endpoint(f"{running.url}?%3Cb%3E&from=<b>x</b>")


def fail_for_three_days(time: Clock, *, to: int = len(RETRY_OFFSETS)) -> None:
    work()
    for offset in RETRY_OFFSETS[:to]:
        time.now = NOW + offset + 601
        queueing.sweep()
        work()


def test_the_contact_is_told_once(acme: Acme, endpoint: NewWebhookEndpointObject, time: Clock) -> None:
    for _ in range(3):
        acme.happens()
    fail_for_three_days(time)
    (mail,) = sent()
    assert mail["To"] == "ops@acme.example"
    assert "disabled" in mail["Subject"]
    assert mail["List-Unsubscribe"] is None
    text, html = part(mail, "plain"), part(mail, "html")
    for wanted in (
        endpoint.id,
        "It accepted no event for three days",
        "It answered 500.",
        "disabled=false",
        "test",
    ):
        assert wanted in text
        assert wanted in html
    assert "<b>x</b>" not in html
    statuses = {delivery.status for delivery in acme.deliveries(endpoint)}
    assert statuses <= {"failed", "cancelled"}
    assert "failed" in statuses


def test_nobody_is_told_where_there_is_no_contact(
    acme: Acme, endpoint: NewWebhookEndpointObject, time: Clock
) -> None:
    organisations.update(acme.tenant.organisation_id, Changes(contact_email=""))
    acme.happens()
    fail_for_three_days(time)
    assert sent() == []
    assert webhook_endpoints.retrieve(acme.tenant, endpoint.id).status == "disabled"


def test_nobody_is_told_of_what_the_customer_did(
    acme: Acme, endpoint: NewWebhookEndpointObject, time: Clock
) -> None:
    acme.happens()
    webhook_endpoints.update(acme.tenant, endpoint.id, WebhookEndpointChanges(disabled=True))
    fail_for_three_days(time)
    assert sent() == []


def test_an_endpoint_that_fails_again_is_told_of_again(
    acme: Acme, endpoint: NewWebhookEndpointObject, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme.happens()
    fail_for_three_days(time)
    webhook_endpoints.update(acme.tenant, endpoint.id, WebhookEndpointChanges(disabled=False))
    monkeypatch.setattr("tests.runsheet.webhook_deliveries.test_disabling.NOW", time.now)
    acme.happens()
    fail_for_three_days(time)
    assert len(sent()) == 2


def test_a_worker_that_dies_before_the_mail_leaves_it_to_the_next(
    acme: Acme, endpoint: NewWebhookEndpointObject, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme.happens()
    fail_for_three_days(time, to=len(RETRY_OFFSETS) - 1)
    time.now = NOW + RETRY_OFFSETS[-1] + 601
    queueing.sweep()
    (message,) = received()
    with monkeypatch.context() as dying:
        dying.setattr(sending, "send", _die)
        with pytest.raises(_Killed):
            execution.send(message)
    assert webhook_endpoints.retrieve(acme.tenant, endpoint.id).status == "disabled"
    assert sent() == []
    time.pass_(60)
    queueing.sweep()
    assert work() == 1
    assert len(sent()) == 1


def test_a_mail_that_the_service_does_not_take_for_now_is_tried_again(
    acme: Acme, endpoint: NewWebhookEndpointObject, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme.happens()
    fail_for_three_days(time, to=len(RETRY_OFFSETS) - 1)
    time.now = NOW + RETRY_OFFSETS[-1] + 601
    queueing.sweep()
    (message,) = received()
    with monkeypatch.context() as busy:
        busy.setattr(clients.sesv2(), "send_email", _ses_says("TooManyRequestsException"))
        with pytest.raises(sending.NotTaken):
            execution.send(message)
    execution.send(message)
    assert len(sent()) == 1
    assert acme.delivery(endpoint).status == "cancelled"


def test_a_mail_that_can_never_be_sent_stops_nothing(
    acme: Acme, endpoint: NewWebhookEndpointObject, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients.sesv2(), "send_email", _ses_says("MessageRejected"))
    acme.happens()
    fail_for_three_days(time)
    assert sent() == []
    disabled = webhook_endpoints_table.get(acme.tenant, endpoint.id)
    assert disabled is not None
    assert (disabled.status, disabled.told_at) == ("disabled", time.now)
    assert acme.delivery(endpoint).status == "failed"


class _Killed(BaseException):
    pass


def _die(*_: Any, **__: Any) -> None:
    raise _Killed


def _ses_says(code: str) -> Any:
    def send_email(**_: Any) -> None:
        error: Any = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
        raise ClientError(error, "SendEmail")

    return send_email

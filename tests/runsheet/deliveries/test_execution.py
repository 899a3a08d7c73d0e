"""Sending one delivery: at most once, whatever dies, and never against what holds right before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from runsheet.deliveries import composing, execution, service, suppression, table
from runsheet.deliveries.model import DeliveryRequested
from runsheet.report_configs import mailing
from runsheet.runtime import clients, clock
from runsheet.runtime.settings import settings
from tests.mails import (
    NOW,
    TENANT,
    delete_config,
    part,
    put_config,
    put_file,
    put_run,
    recipients,
    sample_config,
    sample_sending,
    sent,
    stored_config,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from runsheet.deliveries.model import Delivery
    from runsheet.report_configs.model import ReportConfig


@pytest.fixture(autouse=True)
def time(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The present, which a test may move."""
    now = [datetime.fromtimestamp(NOW, UTC)]
    monkeypatch.setattr(clock, "now", lambda: now[0])
    return now


@pytest.fixture
def config() -> ReportConfig:
    made = sample_config(recipient_emails=["ann@example.com"], cc_emails=None)
    put_config(made)
    return made


@pytest.fixture
def message(config: ReportConfig) -> DeliveryRequested:
    return announced(config)


def announced(config: ReportConfig, *, error: str | None = None, **sending: Any) -> DeliveryRequested:
    """The message of the first delivery of a run of the config."""
    file = None if error else put_file(b'"currency","net"\n"eur","1.00"\n')
    run = put_run(sample_sending(config, **sending), file=file, error=error)
    service.announce(run, config)
    pending = [one for one in service.of_config(TENANT, config.id, 10) if one.status == "pending"]
    return DeliveryRequested.of(pending[0])


def stored(message: DeliveryRequested) -> Delivery:
    found = table.get(message)
    assert found is not None
    return found[0]


def ses_fails(monkeypatch: pytest.MonkeyPatch, failure: Callable[[], Exception]) -> list[dict[str, Any]]:
    """SES's client fails in place of sending; what it was called with is noted."""
    calls: list[dict[str, Any]] = []

    def send_email(**given: Any) -> None:
        calls.append(given)
        raise failure()

    monkeypatch.setattr(clients.sesv2(), "send_email", send_email)
    return calls


def ses_error(code: str, status: int) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        "SendEmail",
    )


def test_a_delivery_is_sent_and_its_config_says_when(
    config: ReportConfig, message: DeliveryRequested, time: list[datetime]
) -> None:
    time[0] += timedelta(seconds=5)
    execution.send(message)
    delivery = stored(message)
    assert (delivery.status, delivery.sent_at, delivery.attempts) == ("sent", NOW + 5, 1)
    assert delivery.message_id
    assert recipients() == ["ann@example.com"]
    assert stored_config(config)["last_sent_at"] == {"N": str(NOW + 5)}
    assert stored_config(config)["revision"] == {"N": "2"}


def test_a_message_that_comes_again_sends_nothing_again(message: DeliveryRequested) -> None:
    for _ in range(3):
        execution.send(message)
    assert len(sent()) == 1


def test_a_delivery_that_nobody_stored_is_left_alone(message: DeliveryRequested) -> None:
    execution.send(message.model_copy(update={"recipient": "0" * 16}))
    assert sent() == []


def test_a_delivery_that_another_worker_holds_is_looked_at_again_later(message: DeliveryRequested) -> None:
    table.take(message, "lease_other", now=NOW)
    with pytest.raises(execution.StillHeld):
        execution.send(message)
    assert sent() == []


def test_what_a_worker_left_before_the_hand_over_is_sent_when_its_lease_ends(
    message: DeliveryRequested, time: list[datetime]
) -> None:
    table.take(message, "lease_dead", now=NOW)
    time[0] += timedelta(seconds=table.LEASE_SECONDS)
    execution.send(message)
    assert stored(message).status == "sent"
    assert len(sent()) == 1


def test_what_a_worker_left_after_the_hand_over_is_never_sent_again(
    message: DeliveryRequested, time: list[datetime]
) -> None:
    table.take(message, "lease_dead", now=NOW)
    table.hand_over(message, "lease_dead", unsubscribe_hash="h", now=NOW)
    with pytest.raises(execution.StillHeld):
        execution.send(message)
    time[0] += timedelta(seconds=table.LEASE_SECONDS)
    execution.send(message)
    execution.send(message)
    assert (stored(message).status, stored(message).reason) == ("failed", execution.UNKNOWN)
    assert sent() == []


def test_a_worker_that_lost_its_lease_sends_nothing(
    message: DeliveryRequested, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = composing.compose

    def slow(*arguments: Any) -> Any:
        assert table.take(message, "lease_other", now=NOW + table.LEASE_SECONDS) is not None
        return real(*arguments)

    monkeypatch.setattr(composing, "compose", slow)
    execution.send(message)
    assert sent() == []
    assert stored(message).status == "sending"


def test_who_dies_between_the_mark_and_the_config_moves_it_with_the_next_message(
    config: ReportConfig, message: DeliveryRequested, monkeypatch: pytest.MonkeyPatch, time: list[datetime]
) -> None:
    def dies(*_: object, **__: object) -> None:
        raise RuntimeError

    time[0] += timedelta(seconds=5)
    with monkeypatch.context() as patched:
        patched.setattr(mailing, "note_sent", dies)
        with pytest.raises(RuntimeError):
            execution.send(message)
    assert "last_sent_at" not in stored_config(config)
    execution.send(message)
    assert stored_config(config)["last_sent_at"] == {"N": str(NOW + 5)}
    assert len(sent()) == 1


def test_last_sent_at_moves_once_per_run_and_never_back(config: ReportConfig) -> None:
    def moved(announced_at: int, now: int) -> str:
        mailing.note_sent(TENANT, config.id, announced_at=announced_at, now=now)
        return str(stored_config(config)["last_sent_at"]["N"])

    assert moved(NOW, NOW + 5) == str(NOW + 5)
    assert moved(NOW, NOW + 9) == str(NOW + 5)
    assert moved(NOW - 100, NOW - 90) == str(NOW + 5)
    assert moved(NOW + 100, NOW + 105) == str(NOW + 105)
    assert stored_config(config)["revision"] == {"N": "3"}


@pytest.mark.parametrize(("kind", "moves"), [("scheduled", True), ("now", True), ("test", False)])
def test_a_test_does_not_count_as_the_last_send(config: ReportConfig, kind: str, *, moves: bool) -> None:
    emails = ["me@example.com"] if kind == "test" else None
    execution.send(announced(config, kind=kind, recipient_emails=emails))
    assert len(sent()) == 1
    assert ("last_sent_at" in stored_config(config)) is moves


def test_a_failures_mail_does_not_count_as_the_last_send() -> None:
    config = sample_config()
    put_config(config)
    execution.send(announced(config, error="The result is too large."))
    (mail,) = sent()
    assert mail["To"] == "fde@example.com"
    assert "The result is too large." in part(mail, "plain")
    assert "last_sent_at" not in stored_config(config)


def test_a_deleted_config_never_sends(config: ReportConfig, message: DeliveryRequested) -> None:
    delete_config(config)
    execution.send(message)
    assert stored(message).status == "cancelled"
    assert sent() == []


@pytest.mark.parametrize(
    ("kind", "status"), [("scheduled", "cancelled"), ("now", "cancelled"), ("test", "sent")]
)
def test_a_disabled_config_sends_nothing_but_a_test(config: ReportConfig, kind: str, status: str) -> None:
    message = announced(config, kind=kind)
    put_config(replace(config, is_enabled=False, next_run_at=None))
    execution.send(message)
    assert stored(message).status == status


def test_who_unsubscribed_meanwhile_gets_nothing(config: ReportConfig, message: DeliveryRequested) -> None:
    mailing.unsubscribe(TENANT, config.id, "Ann@example.com")
    execution.send(message)
    assert stored(message).status == "unsubscribed"


def test_who_was_suppressed_meanwhile_gets_nothing(message: DeliveryRequested) -> None:
    suppression.suppress(TENANT, "ann@example.com", reason="bounced", now=NOW)
    execution.send(message)
    assert (stored(message).status, sent()) == ("suppressed", [])


def test_an_address_that_no_mail_can_be_sent_to_fails_alone() -> None:
    config = sample_config(recipient_emails=["a b@example.com", "ann@example.com"], cc_emails=None)
    put_config(config)
    announced(config)
    for delivery in service.of_config(TENANT, config.id, 10):
        execution.send(DeliveryRequested.of(delivery))
    found = {one.email: one.status for one in service.of_config(TENANT, config.id, 10)}
    assert found == {"a b@example.com": "failed", "ann@example.com": "sent"}


def test_a_file_that_is_gone_fails_for_good(message: DeliveryRequested) -> None:
    boto3.client("s3").delete_object(
        Bucket=settings().results_bucket, Key="results/org_a/test/frr_00000001/lease.csv"
    )
    execution.send(message)
    assert (stored(message).status, stored(message).reason) == ("failed", "The report's file is gone.")


@pytest.mark.parametrize(
    "code", ["MessageRejected", "BadRequestException", "MailFromDomainNotVerifiedException"]
)
def test_a_refusal_for_good_ends_that_delivery(
    code: str, message: DeliveryRequested, monkeypatch: pytest.MonkeyPatch
) -> None:
    ses_fails(monkeypatch, lambda: ses_error(code, 400))
    execution.send(message)
    assert stored(message).status == "failed"
    assert code in str(stored(message).reason)


def test_a_sender_that_ses_does_not_know_is_a_refusal(message: DeliveryRequested) -> None:
    boto3.client("ses", region_name="eu-west-1").delete_identity(Identity=settings().mail_from)
    execution.send(message)
    assert "MessageRejected" in str(stored(message).reason)


@pytest.mark.parametrize(
    "failure",
    [
        ses_error("TooManyRequestsException", 429),
        ses_error("SendingPausedException", 400),
        ses_error("AccessDeniedException", 403),
        ses_error("ServiceUnavailable", 503),
        ConnectTimeoutError(endpoint_url="https://email"),
    ],
)
def test_what_passes_gives_the_claim_back_and_is_tried_again(
    failure: Exception, message: DeliveryRequested, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        ses_fails(patched, lambda: failure)
        with pytest.raises(Exception):  # noqa: B017, PT011 - that it raises at all is what the queue needs
            execution.send(message)
    assert stored(message).status == "pending"
    execution.send(message)
    assert stored(message).status == "sent"
    assert len(sent()) == 1


@pytest.mark.parametrize(
    "failure", [ReadTimeoutError(endpoint_url="https://email"), ses_error("InternalFailure", 500)]
)
def test_a_call_without_an_answer_is_never_made_again(
    failure: Exception, message: DeliveryRequested, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        calls = ses_fails(patched, lambda: failure)
        execution.send(message)
        execution.send(message)
    assert len(calls) == 1
    assert (stored(message).status, stored(message).reason) == ("failed", execution.UNKNOWN)


def test_the_client_never_repeats_a_call_by_itself() -> None:
    assert clients.sesv2().meta.config.retries["total_max_attempts"] == 1


def test_after_the_last_attempt_it_fails_and_says_so(
    message: DeliveryRequested, monkeypatch: pytest.MonkeyPatch
) -> None:
    ses_fails(monkeypatch, lambda: ses_error("TooManyRequestsException", 429))
    for _ in range(execution.MAX_ATTEMPTS - 1):
        with pytest.raises(Exception):  # noqa: B017, PT011 - see above
            execution.send(message)
    execution.send(message)
    assert (stored(message).status, stored(message).attempts) == ("failed", execution.MAX_ATTEMPTS)
    assert "11 times" in str(stored(message).reason)


def test_a_fault_before_the_hand_over_is_tried_again(
    message: DeliveryRequested, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(composing, "compose", fails)
        with pytest.raises(RuntimeError):
            execution.send(message)
    execution.send(message)
    assert stored(message).status == "sent"


def test_the_tags_name_the_delivery(message: DeliveryRequested, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = ses_fails(monkeypatch, lambda: ses_error("MessageRejected", 400))
    execution.send(message)
    tags = {tag["Name"]: tag["Value"] for tag in calls[0]["EmailTags"]}
    assert DeliveryRequested.model_validate(tags) == message
    assert all(value.replace("_", "").replace("-", "").isalnum() for value in tags.values())
    assert calls[0]["ConfigurationSetName"] == "mails"

"""Who gets a mail of a run that ended."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from runsheet.deliveries import service, suppression, table
from runsheet.deliveries.model import DeliveryRequested
from runsheet.report_runs import table as report_runs
from runsheet.runtime import clients
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant
from tests.mails import NOW, TENANT, put_config, put_file, put_run, sample_config, sample_sending

if TYPE_CHECKING:
    from runsheet.deliveries.model import Delivery
    from runsheet.report_configs.model import ReportConfig
    from runsheet.report_runs.model import ReportRun


def queued() -> list[DeliveryRequested]:
    """Every message of the queue, taken out."""
    found: list[DeliveryRequested] = []
    while True:
        answer = boto3.client("sqs").receive_message(
            QueueUrl=settings().emails_queue_url, MaxNumberOfMessages=10
        )
        if "Messages" not in answer:
            return found
        found += [DeliveryRequested.model_validate_json(message["Body"]) for message in answer["Messages"]]


def announced(
    config: ReportConfig, *, rows: int = 1, error: str | None = None, **sending: Any
) -> dict[str, Delivery]:
    """What is stored after a run of the config has ended, by address."""
    put_config(config)
    file = None if error else put_file(b"a\n1\n", row_count=rows)
    run = put_run(sample_sending(config, **sending), file=file, error=error)
    service.announce(run, config)
    return {delivery.email: delivery for delivery in service.of_config(TENANT, config.id, 100)}


def test_each_recipient_and_each_in_copy_has_a_delivery_and_a_message() -> None:
    found = announced(sample_config(), missed=2)
    assert {email: (one.role, one.kind, one.status) for email, one in found.items()} == {
        "ann@example.com": ("to", "report", "pending"),
        "bob@example.com": ("to", "report", "pending"),
        "fde@example.com": ("cc", "report", "pending"),
    }
    assert {one.missed for one in found.values()} == {2}
    assert {one.scheduled_for for one in found.values()} == {NOW}
    assert {message.recipient for message in queued()} == {one.recipient for one in found.values()}


def test_a_message_names_no_address() -> None:
    announced(sample_config())
    assert all("@" not in json.dumps(message.model_dump()) for message in queued())


def test_announcing_twice_stores_nothing_twice_and_queues_what_is_pending_again() -> None:
    config = sample_config()
    found = announced(config)
    first = found["ann@example.com"]
    table.take(DeliveryRequested.of(first), "lease_1", now=NOW)
    queued()
    run = stored_run(config)
    service.announce(run, config)
    assert len(service.of_config(TENANT, config.id, 100)) == 3
    assert sorted(message.recipient for message in queued()) == sorted(
        one.recipient for one in found.values() if one != first
    )


def stored_run(config: ReportConfig) -> ReportRun:
    run = report_runs.get(TENANT, "frr_00000001")
    assert run is not None
    assert run.sending == sample_sending(config)
    return run


def test_who_dies_between_the_table_and_the_queue_announces_again(monkeypatch: pytest.MonkeyPatch) -> None:
    config = sample_config()

    def dies(**_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(clients.sqs(), "send_message_batch", dies)
        with pytest.raises(RuntimeError):
            announced(config)
    assert queued() == []
    service.announce(stored_run(config), config)
    assert len(queued()) == 3


def test_a_message_that_sqs_did_not_take_is_not_taken_for_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients.sqs(), "send_message_batch", lambda **_: {"Failed": [{"Id": "0"}]})
    with pytest.raises(service.NotQueuedError):
        announced(sample_config())


def test_the_same_address_in_another_case_or_in_copy_gets_one_mail() -> None:
    config = sample_config(recipient_emails=["Ann@example.com"], cc_emails=["ann@EXAMPLE.com"])
    found = announced(config)
    assert {email: one.role for email, one in found.items()} == {"Ann@example.com": "to"}


def test_the_same_address_in_two_spellings_of_its_domain_gets_one_mail() -> None:
    unicode, ascii_only = "ann@exämple.com", "ann@xn--exmple-cua.com"
    assert list(announced(sample_config(recipient_emails=[unicode], cc_emails=[ascii_only]))) == [unicode]


def test_who_unsubscribed_in_one_spelling_gets_nothing_in_another() -> None:
    config = sample_config(
        recipient_emails=["ann@exämple.com"], cc_emails=None, unsubscribed_emails=["ann@xn--exmple-cua.com"]
    )
    assert [one.status for one in announced(config).values()] == ["unsubscribed"]


def test_more_recipients_than_a_call_of_sqs_takes_are_all_queued() -> None:
    config = sample_config(recipient_emails=[f"a{number}@example.com" for number in range(50)])
    announced(config)
    assert len({message.recipient for message in queued()}) == 51


def test_who_unsubscribed_or_bounced_gets_nothing_and_is_listed() -> None:
    suppression.suppress(TENANT, "BOB@example.com", reason="bounced", now=NOW)
    found = announced(sample_config(unsubscribed_emails=["ann@example.com"]))
    assert {email: one.status for email, one in found.items()} == {
        "ann@example.com": "unsubscribed",
        "bob@example.com": "suppressed",
        "fde@example.com": "pending",
    }
    assert len(queued()) == 1


def test_another_tenants_suppression_is_its_own() -> None:
    suppression.suppress(Tenant("org_a", "live"), "bob@example.com", reason="bounced", now=NOW)
    assert announced(sample_config())["bob@example.com"].status == "pending"


@pytest.mark.parametrize(("rows", "status"), [(0, "empty"), (1, "pending")])
def test_an_empty_report_is_skipped_if_that_was_asked_for(rows: int, status: str) -> None:
    found = announced(sample_config(skip_if_empty=True), rows=rows)
    assert {one.status for one in found.values()} == {status}
    assert len(queued()) == (0 if status == "empty" else 3)


def test_an_empty_report_is_sent_otherwise() -> None:
    assert {one.status for one in announced(sample_config(), rows=0).values()} == {"pending"}


def test_a_failure_goes_to_those_in_copy_and_is_listed_for_the_others() -> None:
    found = announced(sample_config(), error="The result is too large.")
    assert (found["fde@example.com"].kind, found["fde@example.com"].status) == ("failure", "pending")
    assert (found["ann@example.com"].kind, found["ann@example.com"].status) == ("report", "failed")
    assert "The result is too large." in str(found["ann@example.com"].reason)
    (message,) = queued()
    assert message.kind == "failure"


def test_a_failure_with_nobody_in_copy_is_still_listed() -> None:
    found = announced(sample_config(cc_emails=None), error="It failed.")
    assert {one.status for one in found.values()} == {"failed"}
    assert queued() == []


def test_a_test_goes_to_its_own_recipients_alone() -> None:
    found = announced(sample_config(), kind="test", recipient_emails=["me@example.com"])
    assert list(found) == ["me@example.com"]
    assert found["me@example.com"].test


def test_a_run_that_nobody_scheduled_or_that_has_not_ended_is_not_mailed() -> None:
    config = sample_config()
    put_config(config)
    run = put_run(sample_sending(config), file=put_file(b"a\n1\n"))
    service.announce(replace(run, sending=None), config)
    service.announce(replace(run, status="pending"), config)
    assert service.of_config(TENANT, config.id, 10) == []


def test_another_tenant_sees_none_of_them() -> None:
    config = sample_config()
    announced(config)
    assert service.of_config(Tenant("org_a", "live"), config.id, 10) == []
    assert service.of_config(Tenant("org_b", "test"), config.id, 10) == []


def test_the_newest_run_comes_first_and_no_more_than_asked_for() -> None:
    config = sample_config(cc_emails=None, recipient_emails=["ann@example.com"])
    put_config(config)
    run = put_run(sample_sending(config), file=put_file(b"a\n1\n"))
    for number in range(1, 4):
        service.announce(replace(run, id=f"frr_0000000{number}"), config)
    listed = [one.run_id for one in service.of_config(TENANT, config.id, 2)]
    assert listed == ["frr_00000003", "frr_00000002"]

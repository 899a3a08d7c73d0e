"""Unsubscribing: the link of a mail, for its recipient and its config only."""

from __future__ import annotations

import importlib
import re
from dataclasses import replace

import pytest

from runsheet.deliveries import execution, service
from runsheet.deliveries.model import DeliveryRequested
from runsheet.report_runs import table as report_runs
from tests.gateway import Answer, event, send
from tests.mails import (
    TENANT,
    delete_config,
    part,
    put_config,
    put_file,
    put_run,
    sample_config,
    sample_sending,
    sent,
    stored_config,
)

CONFIG = sample_config(cc_emails=None)


@pytest.fixture
def link() -> str:
    """The link in Ann's mail."""
    put_config(CONFIG)
    put_config(replace(CONFIG, id="rc_other"))
    service.announce(put_run(sample_sending(CONFIG), file=put_file(b"a\n1\n")), CONFIG)
    for delivery in service.of_config(TENANT, CONFIG.id, 10):
        execution.send(DeliveryRequested.of(delivery))
    (mail,) = [one for one in sent() if one["To"] == "ann@example.com"]
    match = re.fullmatch(
        r"<(https://reports\.example\.com/unsubscribe/[0-9A-Za-z]{43})>", mail["List-Unsubscribe"]
    )
    assert match
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert match[1] in part(mail, "plain")
    assert match[1] in part(mail, "html")
    return match[1]


def visit(method: str, link: str) -> Answer:
    operation = "retrieve" if method == "GET" else "update"
    handler = importlib.import_module(f"unsubscribe.{operation}").handler
    body = "List-Unsubscribe=One-Click" if method == "POST" else None
    return send(handler, event(method, link, path={"token": link.rpartition("/")[2]}, body=body))


def unsubscribed(config_id: str = CONFIG.id) -> list[str]:
    item = stored_config(replace(CONFIG, id=config_id))
    return [email["S"] for email in item["unsubscribed_emails"]["L"]]


def test_opening_the_link_asks_and_changes_nothing(link: str) -> None:
    answer = visit("GET", link)
    assert answer.status == 200
    assert b'<form method="post">' in answer.body
    assert answer.headers["cache-control"] == "no-store"
    assert unsubscribed() == []


def test_one_click_unsubscribes_that_recipient_of_that_config_once(link: str) -> None:
    for _ in range(2):
        assert visit("POST", link).status == 200
    assert unsubscribed() == ["ann@example.com"]
    assert unsubscribed("rc_other") == []
    assert stored_config(CONFIG)["revision"] == {"N": "3"}  # one send, one change


def test_the_next_run_does_not_reach_who_unsubscribed(link: str) -> None:
    visit("POST", link)
    config = replace(CONFIG, unsubscribed_emails=unsubscribed())
    run = report_runs.get(TENANT, "frr_00000001")
    assert run is not None
    service.announce(replace(run, id="frr_00000002"), config)
    newest = {one.email: one.status for one in service.of_config(TENANT, CONFIG.id, 2)}
    assert newest == {"ann@example.com": "unsubscribed", "bob@example.com": "pending"}


def test_a_deleted_config_takes_it_without_an_error(link: str) -> None:
    delete_config(CONFIG)
    assert visit("POST", link).status == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("token", ["0" * 43, "short", "%00", "ä" * 43, "a" * 5000])
def test_an_unknown_link_is_a_page_that_says_so(method: str, token: str) -> None:
    answer = visit(method, f"https://reports.example.com/unsubscribe/{token}")
    assert answer.status == 404
    assert answer.headers["content-type"].startswith("text/html")

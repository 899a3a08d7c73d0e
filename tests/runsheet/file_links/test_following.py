"""File links as whoever has one sees them: they work for weeks, sign afresh, and can be ended."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import boto3
import pytest

from links import check, retrieve
from runsheet.file_links import addresses, service, table
from runsheet.file_links.objects import FileLinkChanges
from runsheet.runtime import clock
from runsheet.runtime.settings import settings
from tests.gateway import Answer, event, send
from tests.links import DAY, YEAR, delete_file, put_file, put_old_link, stored_links
from tests.mails import NOW, TENANT

if TYPE_CHECKING:
    from runsheet.file_links.model import FileLink
    from runsheet.files.model import File

pytestmark = pytest.mark.usefixtures("tables", "buckets", "secrets")
BASE = "https://reports.example.com"


@pytest.fixture(autouse=True)
def time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The present: the day on which the file was made."""
    monkeypatch.setattr(clock, "now", lambda: datetime.fromtimestamp(NOW, UTC))


@pytest.fixture
def file() -> File:
    file = put_file()
    boto3.client("s3").put_object(Bucket=settings().results_bucket, Key=file.key, Body=b"a\n1\n")
    return file


def at(monkeypatch: pytest.MonkeyPatch, moment: int) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime.fromtimestamp(moment, UTC))


def follow(token: str, method: str = "GET") -> Answer:
    handler = {"GET": retrieve.handler, "HEAD": check.handler}[method]
    return send(handler, event(method, f"{BASE}/links/{token}", path={"token": token}))


def made(file: File, *, days: int = 100) -> tuple[FileLink, str]:
    """A link, and the token in its address."""
    link = service.link_to(TENANT, file, expires_at=NOW + days * DAY)
    url = addresses.url_of(link, BASE)
    assert url is not None
    assert url.startswith(f"{BASE}/links/")
    return link, url.rpartition("/")[2]


def clicks(link: FileLink) -> tuple[int, int | None]:
    stored = table.by_token(link.token_hash)
    assert stored is not None
    return stored.opens, stored.last_opened_at


def test_a_link_redirects_to_the_file_signed_afresh(file: File) -> None:
    answer = follow(made(file)[1])
    assert answer.status == 302
    assert file.key in answer.headers["location"]
    assert "X-Amz-Expires=60&" in answer.headers["location"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_clicks_are_counted(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    link, token = made(file)
    assert clicks(link) == (0, None)
    for moment in (NOW + 1, NOW + 5, NOW + 9):
        at(monkeypatch, moment)
        follow(token)
    assert clicks(link) == (3, NOW + 9)


def test_a_head_answers_as_a_get_does_for_a_head_of_s3_and_counts_nothing(file: File) -> None:
    link, token = made(file)
    head = follow(token, "HEAD")
    assert (head.status, head.body) == (302, b"")
    assert clicks(link) == (0, None)
    get = follow(token)
    assert head.headers.keys() == get.headers.keys()
    path, _, query = head.headers["location"].partition("?")
    assert path == get.headers["location"].partition("?")[0]
    assert "X-Amz-Expires=60&" in query
    # S3 signs the verb with the rest.
    signatures = [re.findall("Signature=[0-9a-f]{64}", answer.headers["location"]) for answer in (head, get)]
    assert signatures[0] != signatures[1]


def test_a_head_of_what_does_not_work_has_the_status_and_no_text(
    file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, token = made(file)
    unknown = follow("0" * 43, "HEAD")
    assert (unknown.status, unknown.body) == (404, b"")
    assert unknown.headers["content-type"].startswith("text/html")
    at(monkeypatch, NOW + 101 * DAY)
    gone = follow(token, "HEAD")
    assert (gone.status, gone.body) == (410, b"")


def test_the_table_holds_nothing_that_opens_a_link(file: File) -> None:
    link, token = made(file)
    assert token not in str(list(stored_links()))
    assert token not in repr(link)
    assert follow(link.token_hash).status == 404
    assert follow(link.id).status == 404


def test_neither_token_nor_location_is_logged(file: File, capsys: pytest.CaptureFixture[str]) -> None:
    _, token = made(file)
    answer = follow(token)
    follow(f"{token}x")
    logged = capsys.readouterr()
    assert logged.out
    assert token not in logged.out + logged.err
    assert answer.headers["location"] not in logged.out + logged.err
    assert "X-Amz-Signature" not in logged.out + logged.err


@pytest.mark.parametrize("token", ["0" * 43, "short", "%00", "ä" * 43, "a" * 5000])
def test_an_unknown_link_is_a_page_that_repeats_nothing(token: str) -> None:
    answer = follow(token)
    assert answer.status == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert token not in answer.body.decode()


def test_no_answer_names_the_organisation(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    _, token = made(file)
    answers = [follow(token), follow(token, "HEAD")]
    at(monkeypatch, NOW + 101 * DAY)
    answers += [follow(token), follow(token, "HEAD")]
    assert [answer.status for answer in answers] == [302, 302, 410, 410]
    for answer in answers:
        assert TENANT.organisation_id not in answer.body.decode() + str(answer.headers)


def test_what_no_longer_works_says_why(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    expiring, withdrawn, open_ended = made(file, days=1), made(file), made(file, days=1000)
    service.update(TENANT, withdrawn[0].id, FileLinkChanges(expires_at="now"))
    assert follow(withdrawn[1]).status == 410
    assert "was withdrawn" in follow(withdrawn[1]).body.decode()
    assert follow(expiring[1]).status == 302
    at(monkeypatch, NOW + DAY)
    assert follow(expiring[1]).status == 410
    assert "has expired" in follow(expiring[1]).body.decode()
    assert "was withdrawn" in follow(withdrawn[1]).body.decode()
    assert follow(open_ended[1]).status == 302
    at(monkeypatch, NOW + YEAR)
    assert follow(open_ended[1]).status == 410
    assert "no longer kept" in follow(open_ended[1]).body.decode()


def test_a_link_to_a_file_that_is_gone_is_gone_and_not_counted(file: File) -> None:
    link, token = made(file)
    delete_file(file)
    assert follow(token).status == 410
    assert "no longer kept" in follow(token).body.decode()
    assert clicks(link) == (0, None)


def test_a_link_is_forgotten_ninety_days_after_it_ended(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    _, token = made(file, days=1)
    at(monkeypatch, NOW + 91 * DAY - 1)
    assert follow(token).status == 410
    at(monkeypatch, NOW + 91 * DAY)
    assert follow(token).status == 404


def test_a_link_in_a_mail_of_an_earlier_release_works_counts_and_can_be_withdrawn(file: File) -> None:
    link_id, token = put_old_link(file)
    assert follow(token).status == 302
    link = service.retrieve(TENANT, link_id)
    assert (link.opens, link.metadata) == (3, {})
    # Nobody knows its token any more, so its address is not told; a wrong one would be worse than none.
    assert service.shown(link, BASE, []).url is None
    service.update(TENANT, link_id, FileLinkChanges(metadata={"to": "auditor"}))
    service.update(TENANT, link_id, FileLinkChanges(expires_at="now"))
    assert follow(token).status == 410
    assert service.retrieve(TENANT, link_id).metadata == {"to": "auditor"}


def test_a_click_on_a_link_that_was_just_removed_does_not_bring_it_back() -> None:
    table.note_opened("ab" * 32, now=NOW)
    assert list(stored_links()) == []


def test_a_fault_of_aws_is_a_page_too(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    _, token = made(file)

    def fails(_: str) -> None:
        raise RuntimeError

    monkeypatch.setattr(table, "by_token", fails)
    answer = follow(token)
    assert answer.status == 500
    assert answer.headers["content-type"].startswith("text/html")

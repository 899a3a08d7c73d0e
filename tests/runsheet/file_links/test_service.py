"""File links: they work for weeks, sign afresh, and can be ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
import pytest

from links.retrieve import handler
from runsheet.errors import NotFound
from runsheet.file_links import service, table
from runsheet.runtime import clock
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant
from runsheet.tokens import hash_of
from tests.gateway import Answer, event, send
from tests.mails import NOW, TENANT, put_file

if TYPE_CHECKING:
    from runsheet.files.model import File

pytestmark = pytest.mark.usefixtures("tables", "buckets")


@pytest.fixture(autouse=True)
def time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The present: the day on which the file was made."""
    monkeypatch.setattr(clock, "now", lambda: datetime.fromtimestamp(NOW, UTC))


@pytest.fixture
def file() -> File:
    return put_file(b"a\n1\n")


def follow(url: str | None) -> Answer:
    assert url is not None
    return send(handler, event("GET", url, path={"token": url.rpartition("/")[2]}))


def made(file: File, *, days: int = 100) -> str:
    link = service.create(TENANT, file, expires_at=NOW + days * 86_400)
    assert link.url is not None
    return link.url


def test_a_link_redirects_to_the_file_signed_afresh(file: File) -> None:
    answer = follow(made(file))
    assert answer.status == 302
    assert file.key in answer.headers["location"]
    assert "X-Amz-Expires=60&" in answer.headers["location"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_clicks_are_counted(file: File) -> None:
    url = made(file)
    for _ in range(3):
        follow(url)
    link = table.get(hash_of(url.rpartition("/")[2]))
    assert link is not None
    assert link.opens == 3
    assert link.last_opened_at is not None


def test_the_token_is_not_stored_nor_shown(file: File) -> None:
    url = made(file)
    token = url.rpartition("/")[2]
    items = boto3.client("dynamodb").scan(TableName=settings().file_links_table)["Items"]
    assert token not in str(items)
    link = service.create(TENANT, file, expires_at=NOW)
    assert str(link.url) not in repr(link)


def test_neither_token_nor_location_is_logged(file: File, capsys: pytest.CaptureFixture[str]) -> None:
    url = made(file)
    answer = follow(url)
    follow(f"{url}x")
    logged = capsys.readouterr()
    assert logged.out
    assert url.rpartition("/")[2] not in logged.out + logged.err
    assert answer.headers["location"] not in logged.out + logged.err
    assert "X-Amz-Signature" not in logged.out + logged.err


@pytest.mark.parametrize("token", ["0" * 43, "short", "%00", "ä" * 43, "a" * 5000])
def test_an_unknown_link_is_a_page_that_names_nobody(token: str) -> None:
    answer = follow(f"https://reports.example.com/links/{token}")
    assert answer.status == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert token not in answer.body.decode()
    assert "org_a" not in answer.body.decode()


def test_an_expired_link_is_gone(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    url = made(file, days=1)
    later = clock.now() + timedelta(days=400)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert follow(url).status == 410


def test_a_link_does_not_outlive_its_file(file: File) -> None:
    link = service.create(TENANT, replace(file, expires_at=NOW + 5), expires_at=NOW + 1000)
    assert link.expires_at == NOW + 5


def test_a_revoked_link_is_gone_and_others_stay(file: File) -> None:
    link = service.create(TENANT, file, expires_at=file.expires_at)
    other = made(file)
    service.revoke(TENANT, link.id)
    assert follow(link.url).status == 410
    assert follow(other).status == 302


def test_another_tenant_cannot_revoke_it(file: File) -> None:
    link = service.create(TENANT, file, expires_at=file.expires_at)
    for tenant in (Tenant("org_a", "live"), Tenant("org_b", "test")):
        with pytest.raises(NotFound):
            service.revoke(tenant, link.id)
    with pytest.raises(NotFound):
        service.revoke(TENANT, "link_nope")
    assert follow(link.url).status == 302


def test_a_link_to_a_file_that_is_gone_is_gone(file: File) -> None:
    url = made(file)
    key = {"tenant": {"S": TENANT.partition}, "id": {"S": file.id}}
    boto3.client("dynamodb").delete_item(TableName=settings().files_table, Key=key)
    assert follow(url).status == 410


def test_a_fault_of_aws_is_a_page_too(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    url = made(file)

    def fails(_: str) -> None:
        raise RuntimeError

    monkeypatch.setattr(table, "get", fails)
    answer = follow(url)
    assert answer.status == 500
    assert answer.headers["content-type"].startswith("text/html")

"""Files are listed and given away by links that end (contracts: v1, section 3)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.conformance.records import DAY, INTERVAL
from tests.conformance.sdk import Client, Raised

if TYPE_CHECKING:
    from tests.conformance.sdk import Sdk

pytestmark = pytest.mark.stack

HEADER = '"category","description","net_amount","currency"\n'


def new_file(client: Client) -> dict[str, Any]:
    """Run a report of an organisation without records, and return its file."""
    made = client.create(
        "report_runs", report_type="balance.summary.1", parameters={**INTERVAL, "refresh": "true"}
    )
    file: dict[str, Any] = client.finished(made["id"])["result"]
    return file


def opened(link: dict[str, Any]) -> httpx.Response:
    """Open a link as somebody who has no key."""
    return httpx.get(link["url"], follow_redirects=True, timeout=60)


def test_a_link_is_made_opened_changed_and_ended(own: Client, sdk: Sdk) -> None:
    file = new_file(own)
    end = int(time.time()) + DAY
    given = {"expires_at": end, "metadata": {"to": "auditor", "7": "x"}, "expand": ["file"]}
    link = own.create("file_links", file=file["id"], **given)
    assert (link["object"], link["expired"], link["expires_at"], link["livemode"]) == (
        "file_link",
        False,
        end,
        False,
    )
    assert link["metadata"] == {"to": "auditor", "7": "x"}
    assert link["file"]["id"] == file["id"]
    if link.classes:
        assert (link.classes[""], link.classes["file"]) == ("FileLink", "File")
    assert opened(link).text == HEADER

    assert own.retrieve("file_links", link["id"])["file"] == file["id"]
    changed = own.update("file_links", link["id"], metadata={"to": "", "by": "mail"})
    assert changed["metadata"] == {"7": "x", "by": "mail"}
    # An empty text unsets; Node sends null as one.
    unset = "" if sdk.is_python else None
    changed = own.update("file_links", link["id"], expires_at=unset, metadata=unset)
    assert (changed["expires_at"], changed["metadata"]) == (file["expires_at"], {})

    ended = own.update("file_links", link["id"], expires_at="now")
    assert ended["expired"]
    assert opened(link).status_code == 410
    assert own.iterate("file_links", file=file["id"], expired=True) == [link["id"]]
    assert own.iterate("file_links", expired=False) == []
    with pytest.raises(Raised) as refused:
        own.update("file_links", link["id"], expires_at=end)
    assert (refused.value.type, refused.value.status) == ("InvalidRequestError", 400)


def test_files_are_listed_paged_and_filtered(own: Client) -> None:
    files = [new_file(own) for _ in range(2)][::-1]
    ids = [file["id"] for file in files]

    page = own.listed("files", limit=1, purpose="finance_report_run")
    assert ([file["id"] for file in page["data"]], page["has_more"], page["url"]) == (
        ids[:1],
        True,
        "/v1/files",
    )
    assert page["data"][0] == own.retrieve("files", ids[0])
    assert own.iterate("files", limit=1) == ids
    assert own.iterate("files", created={"gte": files[1]["created"]}) == ids
    assert own.iterate("files", purpose="dispute_evidence") == []

"""Files in lists: newest first, and never one that has expired."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from runsheet.errors import InvalidRequest
from runsheet.files import service
from runsheet.files.model import FileListQuery
from runsheet.runtime import clock
from runsheet.tenancy import Tenant
from tests.links import YEAR, calls, put_file
from tests.mails import NOW, TENANT

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("tables")
BASE = "https://reports.example.com"


@pytest.fixture(autouse=True)
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Set the clock; at first it shows NOW + 12."""

    def move(moment: int) -> None:
        monkeypatch.setattr(clock, "now", lambda: datetime.fromtimestamp(moment, UTC))

    move(NOW + 12)
    return move


@pytest.fixture
def twelve() -> list[str]:
    """The ids of twelve files, newest first; one every second from NOW on."""
    return [put_file(created=NOW + second).id for second in range(12)][::-1]


def page(tenant: Tenant = TENANT, **query: Any) -> tuple[list[str], bool]:
    answer = service.listed(tenant, FileListQuery.model_validate(query), BASE)
    return [file.id for file in answer.data], answer.has_more


def test_a_list_is_newest_first_and_pages_both_ways(twelve: list[str]) -> None:
    assert page() == (twelve[:10], True)
    assert page(limit=12) == (twelve, False)
    assert page(limit=5, starting_after=twelve[4]) == (twelve[5:10], True)
    assert page(limit=5, starting_after=twelve[6]) == (twelve[7:], False)
    assert page(limit=5, starting_after=twelve[-1]) == ([], False)
    assert page(limit=5, ending_before=twelve[7]) == (twelve[2:7], True)
    assert page(limit=5, ending_before=twelve[5]) == (twelve[:5], False)
    assert page(ending_before=twelve[0]) == ([], False)


def test_a_list_is_filtered_by_creation(twelve: list[str]) -> None:
    assert page(created={"gte": NOW + 10}) == (twelve[:2], False)
    assert page(created=str(NOW + 3)) == ([twelve[8]], False)
    assert page(created={"lt": NOW + 4}, starting_after=twelve[9]) == (twelve[10:], False)
    assert page(created={"gt": NOW + 4, "lt": NOW + 5}) == ([], False)


def test_a_list_is_filtered_by_purpose(twelve: list[str]) -> None:
    assert page(limit=12, purpose="finance_report_run") == (twelve, False)
    assert page(purpose="dispute_evidence") == ([], False)
    with pytest.raises(ValidationError):
        page(purpose="homework")
    with pytest.raises(InvalidRequest, match="No such file"):
        page(purpose="dispute_evidence", starting_after="file_nope")


def test_a_file_is_listed_as_it_is_retrieved() -> None:
    file = put_file()
    (listed,) = service.listed(TENANT, FileListQuery(), BASE).data
    assert listed.model_dump() == {
        "id": file.id,
        "object": "file",
        "created": NOW,
        "expires_at": NOW + YEAR,
        "filename": "frr_1.csv",
        "links": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": f"/v1/file_links?file={file.id}",
        },
        "purpose": "finance_report_run",
        "size": 4,
        "title": "FinanceReportRun frr_1",
        "type": "csv",
        "url": f"{BASE}/v1/files/{file.id}/contents",
    }


def test_expired_files_are_hidden_though_they_are_still_there(
    twelve: list[str], at: Callable[[int], None]
) -> None:
    at(NOW + YEAR + 7)  # eight of them have expired
    assert page() == (twelve[:4], False)
    assert page(limit=3) == (twelve[:3], True)
    assert page(limit=4) == (twelve[:4], False)
    assert page(limit=2, ending_before=twelve[3]) == (twelve[1:3], True)
    # Who pages to the end while files expire goes on behind the last one of the page before.
    assert page(starting_after=twelve[6]) == ([], False)
    assert page(limit=3, ending_before=twelve[6]) == (twelve[1:4], True)


def test_files_that_did_not_expire_in_the_order_of_their_creation_are_hidden_too(
    at: Callable[[int], None],
) -> None:
    """The retention was changed twice, so those in the middle ended first."""
    old = [put_file(created=NOW + number).id for number in range(3)][::-1]
    for number in range(30):
        put_file(created=NOW + 100 + number, expires_at=NOW + 200)
    at(NOW + 1100)
    new = [put_file(created=NOW + 1000 + number).id for number in range(3)][::-1]
    assert page(limit=2, created={"lte": NOW + 1000}) == ([new[-1], *old][:2], True)
    assert page(limit=100) == ([*new, *old], False)


@pytest.mark.parametrize("param", ["starting_after", "ending_before"])
def test_others_files_are_neither_listed_nor_cursors(twelve: list[str], param: str) -> None:
    for tenant in (Tenant("org_a", "live"), Tenant("org_b", "test")):
        assert page(tenant) == ([], False)
        with pytest.raises(InvalidRequest, match="No such file") as refused:
            page(tenant, **{param: twelve[0]})
        assert (refused.value.param, refused.value.code) == (param, "resource_missing")
    for cursor in ("file_nope", "frr_1", "file_" + "x" * 5000):
        with pytest.raises(InvalidRequest, match="No such file"):
            page(TENANT, **{param: cursor})


def test_two_cursors_are_refused(twelve: list[str]) -> None:
    with pytest.raises(InvalidRequest, match="both starting_after and ending_before"):
        page(starting_after=twelve[0], ending_before=twelve[1])


def test_a_list_is_one_query(twelve: list[str]) -> None:
    made = calls()
    page(limit=3)
    assert made == ["Query"]
    made.clear()
    page(limit=3, starting_after=twelve[2], created={"gte": NOW})
    assert made == ["GetItem", "Query"]

"""Automatic paging over 250 runs, both ways: none is missed, none comes twice (contracts: v1, section 5)."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from local.alone import alone
from runsheet.organisations.model import NewOrganisation
from tests.conformance.records import INTERVAL
from tests.conformance.sdk import Client, Raised

if TYPE_CHECKING:
    from local.accounts import Accounts
    from local.place import Place
    from tests.conformance.sdk import Sdk

pytestmark = pytest.mark.stack

RUNS = 250


@pytest.fixture(scope="session")
def many(place: Place, accounts: Accounts) -> dict[str, Any]:
    """A live key and the ids of its 250 runs, made once for all processes of a test run.

    They are made over HTTP by four hands, so many of one second, some perhaps of one millisecond. The organisation has no
    records: each run ends at once.
    """
    folder = place.folder / "paging"
    with alone(folder):
        file = folder / "runs.json"
        if not file.exists():
            key = accounts.create(NewOrganisation("Tailspin")).live_key
            file.write_text(json.dumps({"key": key, "ids": _created(place, key)}))
        found: dict[str, Any] = json.loads(file.read_text())
        return found


def _created(place: Place, key: str) -> list[str]:
    form = {"report_type": "balance.summary.1"}
    form |= {f"parameters[{name}]": str(value) for name, value in INTERVAL.items()}
    with httpx.Client(base_url=place.base_url, auth=(key, ""), timeout=60) as api:

        def create(_: int) -> str:
            answer = api.post("/v1/reporting/report_runs", data=form)
            assert answer.status_code == 200, answer.text
            return str(answer.json()["id"])

        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(create, range(RUNS)))


@pytest.fixture(scope="module")
def newest_first(many: dict[str, Any]) -> list[str]:
    """The ids in the order of lists: that of creation is that of the ids."""
    ordered = sorted(many["ids"], reverse=True)
    assert len(set(ordered)) == RUNS
    return ordered


@pytest.fixture
def pager(sdk: Sdk, place: Place, many: dict[str, Any]) -> Client:
    return Client(sdk, place.base_url, many["key"])


def test_every_run_comes_once_from_the_newest_on(pager: Client, newest_first: list[str]) -> None:
    found = pager.iterate("report_runs", limit=100)

    assert len(found) == RUNS
    assert found == newest_first


def test_every_run_comes_once_back_to_the_newest(pager: Client, newest_first: list[str]) -> None:
    found = pager.iterate("report_runs", limit=100, ending_before=newest_first[-1])

    # With `ending_before` the SDKs walk from the oldest to the newest.
    assert found == newest_first[-2::-1]


def test_a_walk_begins_at_any_run_with_any_size_of_page(pager: Client, newest_first: list[str]) -> None:
    assert pager.iterate("report_runs", limit=7, starting_after=newest_first[229]) == newest_first[230:]
    assert pager.iterate("report_runs", limit=7, ending_before=newest_first[20]) == newest_first[19::-1]


def test_a_page_says_whether_there_is_more_in_its_own_direction(
    pager: Client, newest_first: list[str]
) -> None:
    def page(**cursor: str) -> tuple[list[str], bool, str]:
        listed = pager.listed("report_runs", limit=2, **cursor)
        return [run["id"] for run in listed["data"]], listed["has_more"], listed["url"]

    url = "/v1/reporting/report_runs"
    assert page() == (newest_first[:2], True, url)
    assert page(starting_after=newest_first[1]) == (newest_first[2:4], True, url)
    assert page(starting_after=newest_first[247]) == (newest_first[248:], False, url)
    assert page(ending_before=newest_first[4]) == (newest_first[2:4], True, url)
    assert page(ending_before=newest_first[2]) == (newest_first[:2], False, url)
    assert len(pager.listed("report_runs")["data"]) == 10


def test_an_empty_list_is_walked_at_once(pager: Client, own: Client, newest_first: list[str]) -> None:
    assert own.iterate("report_runs") == []
    assert pager.iterate("report_runs", ending_before=newest_first[0]) == []


def test_both_cursors_at_once_are_refused(pager: Client, many: dict[str, Any]) -> None:
    run_id = many["ids"][0]
    with pytest.raises(Raised) as refused:
        pager.listed("report_runs", starting_after=run_id, ending_before=run_id)

    assert (refused.value.type, refused.value.status) == ("InvalidRequestError", 400)

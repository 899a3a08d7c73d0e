"""Runs are created, polled and listed, and their results downloaded (contracts: v1, sections 1 and 3)."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.conformance.records import INTERVAL
from tests.conformance.sdk import Raised

if TYPE_CHECKING:
    from local.place import Place
    from tests.conformance.conftest import Customer
    from tests.conformance.sdk import Client, Sdk

pytestmark = pytest.mark.stack

ITEMIZED = "balance_change_from_activity.itemized.3"
COLUMNS = ["net", "balance_transaction_id", "payment_metadata[order]", "created_utc", "created"]
ROWS = [
    COLUMNS,
    ["9.70", "txn_1", "o-txn_1", "2026-01-01 00:00:00", "2026-01-01 09:00:00"],
    ["24.46", "txn_2", "o-txn_2", "2026-01-10 00:00:00", "2026-01-10 09:00:00"],
    ["-10.00", "txn_4", "o-txn_4", "2026-01-21 00:00:00", "2026-01-21 09:00:00"],
]


def rows(content: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content)))


def download(url: str, key: str) -> str:
    answer = httpx.get(url, auth=(key, ""), timeout=60, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_run_is_pending_then_succeeds_with_its_file_inline(
    live: Client, customer: Customer, place: Place
) -> None:
    parameters = {**INTERVAL, "columns": COLUMNS, "currency": "usd", "timezone": "Asia/Tokyo"}
    made = live.create("report_runs", report_type=ITEMIZED, parameters=parameters)

    assert made["id"].startswith("frr_")
    assert (made["object"], made["status"], made["livemode"]) == ("reporting.report_run", "pending", True)
    assert made["parameters"] == parameters
    assert list(made["parameters"]) == sorted(parameters)
    assert (made["result"], made["error"], made["succeeded_at"]) == (None, None, None)
    assert abs(made["created"] - time.time()) < 60
    assert made.headers["request-id"].startswith("req_")

    live.finished(made["id"])
    run = live.retrieve("report_runs", made["id"], expand=["result"])
    assert (run["status"], run["error"]) == ("succeeded", None)
    assert run["succeeded_at"] >= run["created"]
    file = run["result"]
    assert (file["object"], file["purpose"], file["type"]) == ("file", "finance_report_run", "csv")
    assert file["expires_at"] == file["created"] + 365 * 24 * 60 * 60
    assert file["filename"].startswith("frr_")
    assert file["title"] == f"FinanceReportRun {file['filename'].removesuffix('.csv')}"
    assert file["url"] == f"{place.base_url}/v1/files/{file['id']}/contents"
    if run.classes:
        assert (run.classes[""], run.classes["result"]) == ("ReportRun", "File")

    retrieved = live.retrieve("files", file["id"])
    assert {name: retrieved[name] for name in ("id", "size", "url")} == {
        name: file[name] for name in ("id", "size", "url")
    }
    content = download(file["url"], customer.live_key)
    assert rows(content) == ROWS
    assert file["size"] == len(content.encode())
    if not live.sdk.is_python:
        assert live.stream(urlsplit(file["url"]).path) == content


@pytest.fixture(scope="module")
def result(place: Place, customer: Customer) -> dict[str, Any]:
    """The File of a run, made without an SDK."""
    form = {"report_type": ITEMIZED, "wait": 20, "parameters[currency]": "usd"}
    form |= {f"parameters[{name}]": value for name, value in INTERVAL.items()}
    form |= {f"parameters[columns][{number}]": name for number, name in enumerate(COLUMNS)}
    form["parameters[timezone]"] = "Asia/Tokyo"
    runs, auth = f"{place.base_url}/v1/reporting/report_runs", (customer.live_key, "")
    run = httpx.post(runs, data=form, auth=auth, timeout=60).json()
    while run["status"] == "pending":
        run = httpx.get(f"{runs}/{run['id']}", params={"wait": 20}, auth=auth, timeout=60).json()
    file: dict[str, Any] = run["result"]
    return file


@pytest.mark.parametrize("how", ["basic", "bearer", "curl"])
def test_a_result_is_downloaded_without_an_sdk(how: str, result: dict[str, Any], customer: Customer) -> None:
    key = customer.live_key
    if how == "curl":
        curl = shutil.which("curl")
        if curl is None:
            pytest.skip("there is no curl on this machine")
        # As the contract's own documentation has it: it follows no redirect.
        command = [curl, "--silent", "--fail", "--user", f"{key}:", result["url"]]
        content = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    else:
        headers = {"Authorization": f"Bearer {key}"} if how == "bearer" else {}
        auth = httpx.BasicAuth(key, "") if how == "basic" else None
        answer = httpx.get(result["url"], headers=headers, auth=auth, timeout=60)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/csv")
        content = answer.text

    assert rows(content) == ROWS


@pytest.mark.parametrize(("key", "status"), [(None, 401), ("test_key", 404), ("files_key", 200)])
def test_a_result_is_downloaded_by_who_may(
    key: str | None, status: int, result: dict[str, Any], customer: Customer
) -> None:
    auth = httpx.BasicAuth(getattr(customer, key), "") if key else None

    assert httpx.get(result["url"], auth=auth, timeout=60).status_code == status


def test_the_time_zone_moves_what_is_local_and_never_the_rows(live: Client, customer: Customer) -> None:
    columns = ["balance_transaction_id", "created_utc", "created"]
    found = {}
    for zone in ("Etc/UTC", "America/Los_Angeles"):
        parameters = {**INTERVAL, "columns": columns, "timezone": zone}
        made = live.create("report_runs", report_type=ITEMIZED, parameters=parameters)
        file = live.finished(made["id"])["result"]
        found[zone] = rows(download(file["url"], customer.live_key))[1:]

    utc, west = found["Etc/UTC"], found["America/Los_Angeles"]
    assert [row[0] for row in utc] == ["txn_1", "txn_2", "txn_3", "txn_4", "txn_6"]
    assert [row[:2] for row in west] == [row[:2] for row in utc]
    assert [row[2] for row in utc] == [row[1] for row in utc]
    assert west[0] == ["txn_1", "2026-01-01 00:00:00", "2025-12-31 16:00:00"]


def test_a_failed_run_says_why(test: Client) -> None:
    made = test.create("report_runs", report_type=ITEMIZED, parameters={**INTERVAL, "fail": "internal_error"})
    failed = test.finished(made["id"])

    assert (failed["status"], failed["result"]) == ("failed", None)
    assert "could not be run" in failed["error"]
    if test.sdk.is_python:
        return
    # Node's SDK takes any `error` at the top for one of its own, whatever the status. That is so in the contract too.
    with pytest.raises(Raised) as trap:
        test.retrieve("report_runs", made["id"])
    assert (trap.value.type, trap.value.raw_type, trap.value.message, trap.value.status) == (
        "OAuthError",
        failed["error"],
        "",
        200,
    )


def test_what_the_contract_does_not_know_is_sent_as_it_is(live: Client) -> None:
    """The SDKs check nothing: additions of ours can be used with them (docs/report_runs.md)."""
    parameters = {"interval": "2026-01", "timezone": "Europe/Vienna", "refresh": True}
    run = live.create("report_runs", report_type=ITEMIZED, parameters=parameters, wait=20)
    while run["status"] == "pending":
        run = live.retrieve("report_runs", run["id"], wait=20)

    assert run["status"] == "succeeded"
    assert run["parameters"] == parameters
    assert run["reused_from"] is None


def test_runs_are_filtered_by_creation(own: Client) -> None:
    made: list[str] = []
    for _ in range(3):
        made.insert(0, own.create("report_runs", report_type="balance.summary.1", parameters=INTERVAL)["id"])
        time.sleep(0.55)  # `created` is in whole seconds: so that some differ
    runs = {run["id"]: run["created"] for run in own.listed("report_runs", limit=100)["data"]}
    assert list(runs) == made
    middle = runs[made[1]]

    def found(created: int | dict[str, int]) -> list[str]:
        return [run["id"] for run in own.listed("report_runs", created=created)["data"]]

    assert found(middle) == [run_id for run_id, created in runs.items() if created == middle]
    assert found({"gte": middle}) == [run_id for run_id, created in runs.items() if created >= middle]
    assert found({"lt": middle}) == [run_id for run_id, created in runs.items() if created < middle]
    assert found({"gt": middle, "lte": middle}) == []


def test_the_clients_of_2023_and_today_send_their_version_and_get_it_back(live: Client, sdk: Sdk) -> None:
    """Which versions these are is the SDK's own affair; the API echoes the effective one."""
    version = live.listed("report_types").headers["stripe-version"]

    assert version == ("2023-08-16" if sdk.name == "python_2023" else "2026-10-28.endive")

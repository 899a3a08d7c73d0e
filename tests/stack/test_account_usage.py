"""The export of account usage as its clients do it: post, poll, download; and what is refused to who asks too much."""

from __future__ import annotations

import csv
import io
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from local.deployment import physical_ids
from runsheet import ids
from runsheet.organisations.model import NewOrganisation
from runsheet.runtime.items import to_item
from tests.stack.customer import runsheet

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient

    from local.accounts import Accounts
    from local.place import Organisation, Place

pytestmark = pytest.mark.stack

TODAY = datetime.now(UTC).date()
START = TODAY - timedelta(days=3)
REPORT = "/api/v1/account/usage/report"


@pytest.fixture
def customer(accounts: Accounts) -> Organisation:
    """An organisation with a subscription that began three days ago."""
    days = (START, TODAY + timedelta(days=361))
    return accounts.create(NewOrganisation("Proseware", "Etc/UTC", None, "credits", *days))


@pytest.fixture
def ask(place: Place, customer: Organisation) -> Callable[..., httpx.Response]:
    """Ask with the access id and the access key, and again when it was too much, as clients do."""

    def asked(method: str, path: str, *, patiently: bool = True, **request: Any) -> httpx.Response:
        auth = (customer.access_id, customer.access_key)
        for _ in range(10):
            answer = httpx.request(method, place.base_url + path, auth=auth, timeout=60, **request)
            if answer.status_code != 429 or not patiently:
                break
            time.sleep(int(answer.headers["retry-after"]))
        return answer

    return asked


def tables(place: Place) -> DynamoDBClient:
    client: DynamoDBClient = place.session().client("dynamodb", endpoint_url=place.aws_endpoint_url)
    return client


def key_id(place: Place, customer: Organisation) -> str:
    """The id of the access key that `ask` has."""
    keys = runsheet(place, "keys", "list", customer.id)
    (found,) = [str(key["id"]) for key in keys if key["kind"] == "access"]
    return found


def test_an_export_is_posted_polled_and_downloaded(
    place: Place, ask: Callable[..., httpx.Response], customer: Organisation
) -> None:
    made = ask("POST", REPORT, json={"startDate": None, "endDate": None, "reportType": "detailed"})
    assert made.status_code == 200, made.text
    job = made.json()["jobId"]
    for _ in range(60):
        status = ask("GET", f"{REPORT}/{job}/status").json()
        assert {"status", "code", "message"} <= status.keys()
        if status["status"] != "InProgress":
            break
        time.sleep(0.5)
    assert status["status"] == "Success", status
    downloaded = httpx.get(status["reportDownloadURL"], timeout=60)
    assert downloaded.status_code == 200
    assert downloaded.headers["content-type"].startswith("text/csv")
    assert list(csv.reader(io.StringIO(downloaded.text)))

    runs = httpx.get(
        f"{place.base_url}/v1/reporting/report_runs", auth=(customer.live_key, ""), timeout=60
    ).json()
    (run,) = runs["data"]
    assert (run["id"], run["report_type"]) == (job, "account_usage.detailed.1")
    assert (run["parameters"]["start_date"], run["parameters"]["end_date"]) == (str(START), str(TODAY))


def test_the_account_tells_its_subscription_also_when_it_was_renewed(
    place: Place, ask: Callable[..., httpx.Response], customer: Organisation
) -> None:
    for prefix in ("", "/api"):
        shown = ask("GET", f"{prefix}/v1/account/status").json()
        assert (shown["pricingModel"], shown["planExpirationDays"]) == ("credits", 361)
        assert "totalCredits" not in shown
    end = str(TODAY + timedelta(days=400))
    renewal = ("--subscription-end", end, "--subscription-credits", "500", "--timezone", "Asia/Tokyo")
    runsheet(place, "organisations", "update", customer.id, *renewal)
    shown = ask("GET", "/v1/account/status").json()
    assert (shown["totalCredits"], shown["planExpirationDays"]) == (500, 400)


def test_a_parent_may_ask_for_its_children_as_soon_as_it_has_one(
    place: Place, ask: Callable[..., httpx.Response], customer: Organisation
) -> None:
    refused = ask("POST", REPORT, json={"reportType": "childDetailed"})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (403, "forbidden")
    runsheet(place, "organisations", "create", "Proseware Süd", "--parent", customer.id)
    made = ask("POST", REPORT, json={"reportType": "childDetailed"})
    assert made.status_code == 200, made.text


def test_who_polls_without_a_pause_is_told_to_wait(
    place: Place, ask: Callable[..., httpx.Response], customer: Organisation
) -> None:
    """As if other containers had just answered what they may for some seconds to come: a slow machine asks too seldom."""
    full_at = int((time.time() + 5) * 1_000_000)
    bucket: Any = {"id": {"S": f"rate#usage#{key_id(place, customer)}"}, "full_at": {"N": str(full_at)}}
    tables(place).put_item(TableName=physical_ids(place)["RateLimitsTable"], Item=bucket)
    path = f"{REPORT}/frr_none/status"

    refused = ask("GET", path, patiently=False)

    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (429, "rate.limit.exceeded")
    assert 1 <= int(refused.headers["retry-after"]) <= 5
    assert ask("GET", path).status_code == 404


def test_an_eleventh_export_waits_until_one_has_ended(
    place: Place, ask: Callable[..., httpx.Response], customer: Organisation
) -> None:
    stack, table = physical_ids(place), tables(place)
    now = datetime.now(UTC)
    running = [ids.new_id("frr", now) for _ in range(10)]
    for run_id in running:
        item = {
            "tenant": f"{customer.id}#live",
            "id": run_id,
            "report_type": "account_usage.standard.1",
            "parameters": {},
            "created": int(now.timestamp()),
            "deadline": int(now.timestamp()) + 3600,
            "expires_at": int(now.timestamp()) + 86400,
            "status": "pending",
            "attempts": 0,
            "progress": 0,
        }
        table.put_item(TableName=stack["ReportRunsTable"], Item=to_item(item))
    held: Any = {"id": {"S": f"exports#{key_id(place, customer)}"}, "runs": {"SS": running}}
    table.put_item(TableName=stack["RateLimitsTable"], Item=held)

    refused = ask("POST", REPORT, json={}, patiently=False)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (429, "rate.limit.exceeded")
    assert "At most 10 exports" in refused.json()["errors"][0]["message"]

    ended = {"tenant": {"S": f"{customer.id}#live"}, "id": {"S": running[0]}}
    table.delete_item(TableName=stack["ReportRunsTable"], Key=ended)
    assert ask("POST", REPORT, json={}).status_code == 200

"""The account usage contract with a client that nobody here wrote, over the sample data of `make up`."""

from __future__ import annotations

import csv
import io
import json
import time
import urllib.request
from base64 import b64encode
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import httpx
import pytest
from requests import HTTPError
from sumologic import SumoLogic

if TYPE_CHECKING:
    from requests import Response

    from local.place import Details, Organisation

pytestmark = pytest.mark.stack

TODAY = datetime.now(UTC).date()
Row = dict[str, str]


@pytest.fixture(scope="module")
def parent(details: Details) -> Organisation:
    """The first organisation of stack.json: two years of usage, two children."""
    return details.organisations[0]


@pytest.fixture(scope="module")
def child(details: Details) -> Organisation:
    """The second one: a child of the first."""
    return details.organisations[1]


def client(details: Details, organisation: Organisation) -> SumoLogic:
    return SumoLogic(organisation.access_id, organisation.access_key, endpoint=f"{details.base_url}/api")


def export(sumo: SumoLogic, **asked: Any) -> list[Row]:
    """Post, poll without any pause until it has ended, and download without a key, as a client in the field does."""
    job = sumo.post("/account/usage/report", asked).json()["jobId"]
    while True:
        status = sumo.get(f"/account/usage/report/{job}/status").json()
        assert {"code", "message", "status"} <= status.keys()
        if status["status"] != "InProgress":
            break
    assert status["status"] == "Success", status
    text = httpx.get(status["reportDownloadURL"], timeout=60).raise_for_status().text
    assert text.startswith(("Date,", "Organization ID,"))
    return list(csv.DictReader(io.StringIO(text)))


def refusal(refused: pytest.ExceptionInfo[HTTPError]) -> Response:
    """Return the answer that the client raised."""
    response: Response | None = refused.value.response
    assert response is not None
    return response


def totals(rows: list[Row], begin: Any = lambda day: day) -> dict[date, Decimal]:
    added: dict[date, Decimal] = defaultdict(Decimal)
    for row in rows:
        added[begin(date.fromisoformat(row["Date"]))] += Decimal(row["Total Credits"])
    return dict(added)


def test_two_years_by_day_week_and_month_add_up(details: Details, parent: Organisation) -> None:
    sumo = client(details, parent)
    days = export(sumo, startDate=None, endDate=None, reportType="detailed")
    first, last = date.fromisoformat(days[0]["Date"]), date.fromisoformat(days[-1]["Date"])
    assert last == TODAY
    assert len(days) == (last - first).days + 1 > 700
    for category in ("Continuous Ingest (GB)", "Metrics Ingest (DPM)", "Storage (GB)", "Tracing Ingest (GB)"):
        assert sum(Decimal(row[category]) for row in days) > 0
    for row in days:
        amounts = [Decimal(row[name]) for name in row if name.endswith(" Credits")]
        assert amounts[0] == sum(amounts[1:])
    assert sum(Decimal(row["Promotional Credits"]) for row in days) > 0
    weeks = export(sumo, groupBy="week", reportType="standard")
    assert totals(weeks) == totals(days, lambda day: day - timedelta(days=day.weekday()))
    months = export(sumo, groupBy="month", includeDeploymentCharge="false")
    assert totals(months) == totals(days, lambda day: day.replace(day=1))
    assert list(months[0]) == [name for name in days[0] if not name.endswith(")")]


def test_the_children_add_up_to_the_parent(
    details: Details, parent: Organisation, child: Organisation
) -> None:
    sumo = client(details, parent)
    since = str(TODAY - timedelta(days=60))
    rows = export(sumo, startDate=since, reportType="childDetailed", groupBy="month")
    assert totals(rows) == totals(export(sumo, startDate=f"{since}T00:00:00.000Z", groupBy="month"))
    names = {row["Organization ID"]: row["Organization Name"] for row in rows}
    assert len(names) == 3
    assert (names[parent.id], names[child.id]) == (parent.name, child.name)


def test_a_child_is_charged_for_its_deployment_if_it_asks(details: Details, child: Organisation) -> None:
    sumo = client(details, child)
    asked = {"startDate": str(TODAY - timedelta(days=40)), "endDate": str(TODAY - timedelta(days=1))}
    plain = totals(export(sumo, **asked, groupBy="month"))
    charged = export(sumo, **asked, groupBy="month", includeDeploymentCharge=True)
    assert sum(Decimal(row["Deployment Charge Credits"]) for row in charged) > 0
    for month, total in totals(charged).items():
        [row] = [row for row in charged if row["Date"] == str(month)]
        assert total - Decimal(row["Deployment Charge Credits"]) == plain[month]
    with pytest.raises(HTTPError, match="not allowed for your account type") as refused:
        sumo.post("/account/usage/report", {"reportType": "childDetailed"})
    assert refusal(refused).status_code == 403


def test_one_days_export_by_a_script_of_the_standard_library(details: Details, parent: Organisation) -> None:
    """It joins the whole path to the host, sends a plain day, and takes equal days for a day."""
    day = str(TODAY - timedelta(days=1))
    basic = b64encode(f"{parent.access_id}:{parent.access_key}".encode()).decode()

    def ask(path: str, body: dict[str, Any] | None = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the local stack's own address
            urljoin(details.base_url, path),
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Basic {basic}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.load(answer)

    asked = {"startDate": day, "endDate": day, "groupBy": "week", "reportType": "detailed"}
    job = ask("/api/v1/account/usage/report", asked)["jobId"]
    for _ in range(30):
        status = ask(f"/api/v1/account/usage/report/{job}/status")
        if status["status"] != "InProgress":
            break
        time.sleep(0.5)
    [row] = csv.DictReader(io.StringIO(httpx.get(status["reportDownloadURL"], timeout=60).text))
    monday = date.fromisoformat(day) - timedelta(days=date.fromisoformat(day).weekday())
    assert row["Date"] == str(monday)


def test_status_and_forecast_of_the_account(details: Details, parent: Organisation) -> None:
    sumo = client(details, parent)
    status = sumo.get("/account/status").json()
    assert (status["pricingModel"], status["applicationUse"]) == ("credits", "ALLOWED")
    forecast = sumo.get("/account/usageForecast", {"numberOfDays": 30}).json()
    assert forecast["averageUsage"] > 0
    assert forecast["forecastedUsage"] > 0
    assert 0 < forecast["remainingDays"] <= status["planExpirationDays"]
    last = str(TODAY - timedelta(days=1))
    days = totals(export(sumo, startDate=str(TODAY - timedelta(days=30)), endDate=last))
    assert forecast["averageUsage"] == pytest.approx(float(sum(days.values()) / 30))


def test_another_organisations_job_is_an_unknown_job(
    details: Details, parent: Organisation, child: Organisation
) -> None:
    job = client(details, parent).post("/account/usage/report", {"endDate": str(TODAY)}).json()["jobId"]
    bodies = []
    for unknown in (job, "12345678", "frr_unknown"):
        with pytest.raises(HTTPError) as refused:
            client(details, child).get(f"/account/usage/report/{unknown}/status")
        assert refusal(refused).status_code == 404
        bodies.append(refusal(refused).json()["errors"])
    assert bodies[0] == bodies[1] == bodies[2]

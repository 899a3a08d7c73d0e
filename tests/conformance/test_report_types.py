"""The SDKs are those that are meant, and find report types (contracts: v1, section 1.4)."""

from __future__ import annotations

import importlib.metadata
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runsheet import catalog
from tests.conformance.records import DAY, INTERVAL, START
from tests.conformance.sdk import Client, Raised, Sdk

if TYPE_CHECKING:
    from local.place import Place
    from tests.conformance.conftest import Customer

pytestmark = pytest.mark.stack

ITEMIZED = "balance_change_from_activity.itemized.3"


def test_the_sdks_are_those_that_are_meant(sdk: Sdk) -> None:
    package = json.loads((Path(__file__).parent / "node" / "package.json").read_text())
    meant = {
        "python_2023": "6.7.0",
        "node": package["dependencies"]["stripe"],
    }  # the others are of the environment

    assert sdk.version() == meant.get(sdk.name, importlib.metadata.version("stripe"))


def test_the_module_s_own_interface_of_today_s_works_too(place: Place, customer: Customer) -> None:
    """The program is that of 2023, so all else that it does is tried with that one."""
    sdk = Sdk("python_module")
    live = Client(sdk, place.base_url, customer.live_key)

    assert sdk.version() == importlib.metadata.version("stripe")
    assert live.retrieve("report_types", ITEMIZED)["version"] == 3
    made = live.create("report_runs", report_type=ITEMIZED, parameters=INTERVAL)
    run = live.finished(made["id"])
    link = live.create("file_links", file=run["result"]["id"])
    assert live.update("file_links", link["id"], metadata={"a": "b"})["metadata"] == {"a": "b"}
    assert made["id"] in live.iterate("report_runs", limit=100)
    with pytest.raises(Raised) as refused:
        live.retrieve("files", "file_none")
    assert refused.value.type == "InvalidRequestError"
    sdk.close()


def test_types_are_listed_iterated_and_retrieved(live: Client) -> None:
    listed = live.listed("report_types")
    retrieved = live.retrieve("report_types", ITEMIZED)

    assert (listed["object"], listed["url"], listed["has_more"]) == (
        "list",
        "/v1/reporting/report_types",
        False,
    )
    ids = [found["id"] for found in listed["data"]]
    assert sorted(ids) == sorted(catalog.report_types())
    assert live.iterate("report_types") == ids
    (in_list,) = (found for found in listed["data"] if found["id"] == ITEMIZED)
    assert in_list["default_columns"] == retrieved["default_columns"]
    assert (retrieved["object"], retrieved["version"], retrieved["livemode"]) == (
        "reporting.report_type",
        3,
        True,
    )
    # The first record is of December.
    assert retrieved["data_available_start"] == START - 32 * DAY
    assert retrieved["data_available_end"] >= in_list["data_available_end"] > START
    assert "balance_transaction_id" in retrieved["default_columns"]
    if retrieved.classes:
        assert retrieved.classes[""] == "ReportType"


def test_types_are_of_the_key_s_mode(test: Client) -> None:
    assert {found["livemode"] for found in test.listed("report_types")["data"]} == {False}


def test_an_unknown_type_is_an_invalid_request(live: Client) -> None:
    with pytest.raises(Raised) as refused:
        live.retrieve("report_types", "balance.summary.99")

    error = refused.value
    assert (error.type, error.status, error.code) == ("InvalidRequestError", 404, "resource_missing")
    assert str(error.request_id).startswith("req_")

"""Report types as the API shows them: the contract's fields, and what a program needs to ask for a report."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from runsheet import catalog
from runsheet.catalog.parameters_schema import parameters_schema
from runsheet.datasets import table
from runsheet.datasets.model import Batch, DataFile, Summary
from runsheet.report_types import service
from runsheet.runtime import clock
from runsheet.tenancy import Tenant

TENANT = Tenant("org_a", "test")
NOW = datetime(2026, 4, 1, 3, tzinfo=UTC)
FIRST, LAST = datetime(2026, 2, 20, 10, tzinfo=UTC), datetime(2026, 3, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def records(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    """A file of balance transactions, as far as the files table knows."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    file = DataFile(
        "dsf_1", "lake/balance_transactions/org_a/test/dsf_1.parquet", 3, 1, FIRST, LAST, "base", 1
    )
    receipt = Batch("b", "hash", 3, 0, LAST)
    summary = Summary(1, 1, FIRST, LAST, LAST)
    table.register(TENANT, "balance_transactions", receipt, [file], (Summary(), summary))


def test_a_report_type_has_its_columns_and_its_parameters() -> None:
    shown = service.retrieve(TENANT, "connected_account_payouts.itemized.3").model_dump(mode="json")
    assert shown["name"] == "Connected account itemized payouts"
    assert shown["columns"][:3] == [
        {
            "name": "connected_account",
            "type": "text",
            "meaning": "Connected account that the line belongs to",
        },
        {"name": "payout_id", "type": "text", "meaning": "Id of the payout"},
        {
            "name": "effective_at_utc",
            "type": "timestamp",
            "meaning": "When it leaves the balance, or came back to it, in UTC",
        },
    ]
    assert shown["parameters_schema"] == parameters_schema(
        catalog.report_type("connected_account_payouts.itemized.3")
    )


def test_what_makes_a_report_type_long_is_not_in_the_list() -> None:
    listed = {each.id: each.model_dump() for each in service.listed(TENANT).data}
    assert list(listed) == sorted(catalog.report_types())
    assert all(not {"columns", "parameters_schema"} & each.keys() for each in listed.values())
    shown = service.retrieve(TENANT, "balance.summary.2").model_dump()
    assert {name: shown[name] for name in listed["balance.summary.2"]} == listed["balance.summary.2"]


def test_every_report_type_of_the_balance_is_available_from_the_first_record_up_to_now() -> None:
    of_the_balance = {
        report_type.id
        for report_type in catalog.report_types().values()
        if list(report_type.reads) == ["balance_transactions"]
    }
    assert len(of_the_balance) == 54
    for each in service.listed(TENANT).data:
        if each.id in of_the_balance:
            assert each.data_available_start == int(datetime(2026, 1, 31, tzinfo=UTC).timestamp()), each.id
            assert each.data_available_end == int(NOW.timestamp())
            assert each.updated == int(LAST.timestamp())
            assert each.livemode is False

"""Report types of every family over the API, by the v1 contract's own Python SDK: parameters, parts, keys, accounts."""

from __future__ import annotations

import csv
import io
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import stripe

from tests.stack.customer import DAY, END, START, Customer, new_customer

if TYPE_CHECKING:
    from local.place import Place

pytestmark = pytest.mark.stack

INTERVAL = {"interval_start": START, "interval_end": END}


@pytest.fixture(scope="module")
def customer(place: Place) -> Customer:
    """A customer whose test balance has a payout of two charges, and a connected account."""
    made = new_customer(place)
    paid = {"automatic_payout_id": "po_1", "automatic_payout_effective_at": START + 9 * DAY}
    records = [
        line("txn_a", 1, 500, "charge", **paid, payment_metadata={"=order": "1"}),
        line("txn_b", 2, 300, "charge", **paid, payment_metadata={"seat": "2"}),
        line("txn_c", 9, -800, "payout", source_id="po_1"),
        line("txn_d", 10, 40, "charge"),
        line("txn_e", 11, 7, "charge", connected_account="acct_1"),
        line("txn_f", 12, 9, "charge", connected_account="acct_2"),
    ]
    answer = httpx.post(
        f"{made.base_url}/v1/datasets/balance_transactions/records", json=records, auth=(made.test_key, "")
    )
    assert answer.status_code == 200, answer.text
    return made


def line(record_id: str, day: int, net: int, category: str, **columns: Any) -> dict[str, Any]:
    return {
        "id": record_id,
        "created": START + day * DAY,
        "available_on": START + day * DAY,
        "currency": "usd",
        "gross": net,
        "fee": 0,
        "net": net,
        "reporting_category": category,
    } | columns


@pytest.fixture(scope="module")
def client(customer: Customer) -> stripe.StripeClient:
    bases: Any = {"api": customer.base_url, "files": customer.base_url}
    return stripe.StripeClient(customer.test_key, base_addresses=bases, max_network_retries=0)


def rows(
    client: stripe.StripeClient, customer: Customer, report_type: str, **parameters: Any
) -> list[list[str]]:
    request: Any = {"report_type": report_type, "parameters": parameters}
    run = client.v1.reporting.report_runs.create(request)
    assert run.parameters.to_dict() == dict(sorted(parameters.items()))
    deadline = time.monotonic() + 60
    while run.status == "pending" and time.monotonic() < deadline:
        time.sleep(0.3)
        run = client.v1.reporting.report_runs.retrieve(run.id)
    assert (run.status, run.error) == ("succeeded", None)
    assert run.result is not None
    answer = httpx.get(str(run.result.url), auth=(customer.test_key, ""))
    return list(csv.reader(io.StringIO(answer.text)))


def test_a_payout_has_the_lines_that_it_carries_with_every_key(
    client: stripe.StripeClient, customer: Customer
) -> None:
    columns = ["balance_transaction_id", "payment_metadata[*]"]
    interval = rows(client, customer, "payout_reconciliation.itemized.5", **INTERVAL, columns=columns)
    assert interval == [
        ["balance_transaction_id", "payment_metadata[=order]", "payment_metadata[seat]"],
        ["txn_a", "1", ""],
        ["txn_b", "", "2"],
    ]
    assert (
        rows(client, customer, "payout_reconciliation.by_id.itemized.4", payout="po_1", columns=columns)
        == interval
    )
    assert rows(client, customer, "payout_reconciliation.by_id.summary.1", payout="po_2")[1:] == []


def test_what_no_payout_has_carried_is_the_balance(client: stripe.StripeClient, customer: Customer) -> None:
    open_at_end = rows(client, customer, "ending_balance_reconciliation.summary.1", interval_end=END)
    # The customer's own record of the test mode is a charge of 0.47 in the same month.
    assert open_at_end[1:] == [
        ["charge", "usd", "2", "1.17", "0.30", "0.87"],
        ["total", "usd", "2", "1.17", "0.30", "0.87"],
    ]
    summary = rows(client, customer, "balance.summary.2", **INTERVAL)
    assert summary[-1] == ["ending_balance", "Ending balance (2026-01-31)", "0.87", "usd"]


def test_connected_accounts_are_named_alone_or_as_a_list(
    client: stripe.StripeClient, customer: Customer
) -> None:
    columns = ["connected_account", "net"]
    report_type = "connected_account_balance_change_from_activity.itemized.3"
    for accounts, expected in (
        ({}, [["acct_1", "0.07"], ["acct_2", "0.09"]]),
        ({"connected_account": "acct_2"}, [["acct_2", "0.09"]]),
        ({"connected_accounts": ["acct_9", "acct_1"]}, [["acct_1", "0.07"]]),
    ):
        assert rows(client, customer, report_type, **INTERVAL, **accounts, columns=columns)[1:] == expected


def test_a_parameter_that_the_type_does_not_take_is_a_typed_error(client: stripe.StripeClient) -> None:
    for report_type, extra, param in (
        ("balance.summary.2", {"payout": "po_1"}, "parameters[payout]"),
        ("payouts.itemized.2", {"timezone": "Etc/UTC"}, "parameters[timezone]"),
        ("payouts.itemized.3", {"connected_account": "acct_1"}, "parameters[connected_account]"),
    ):
        request: Any = {"report_type": report_type, "parameters": INTERVAL | extra}
        with pytest.raises(stripe.InvalidRequestError) as refused:
            client.v1.reporting.report_runs.create(request)
        assert (refused.value.code, refused.value.param) == ("parameter_unknown", param)


def test_a_report_type_describes_itself(client: stripe.StripeClient) -> None:
    found = client.v1.reporting.report_types.retrieve("payouts.itemized.3").to_dict()
    assert found["columns"][0] == {"name": "payout_id", "type": "text", "meaning": "Id of the payout"}
    schema = found["parameters_schema"]
    assert {"interval_start", "interval_end", "interval"} <= schema["properties"].keys()
    assert schema["properties"]["columns"]["items"]["enum"] == [column["name"] for column in found["columns"]]

"""Live data and test data are apart, and so are accounts (contracts: v1, section 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from runsheet.organisations.model import NewOrganisation
from tests.conformance.records import INTERVAL
from tests.conformance.sdk import Client, Raised

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.accounts import Accounts
    from local.place import Place
    from tests.conformance.conftest import Customer
    from tests.conformance.sdk import Sdk

pytestmark = pytest.mark.stack

ITEMIZED = "balance_change_from_activity.itemized.3"


def create(client: Client) -> dict[str, Any]:
    parameters = {**INTERVAL, "columns": ["balance_transaction_id", "net"], "currency": "usd"}
    made = client.create("report_runs", report_type=ITEMIZED, parameters=parameters)
    return client.finished(made["id"])


def missing(call: Callable[[], Any]) -> None:
    with pytest.raises(Raised) as refused:
        call()
    assert (refused.value.type, refused.value.status) == ("InvalidRequestError", 404)
    assert refused.value.code == "resource_missing"


def test_neither_key_sees_what_is_of_the_other_s_mode(live: Client, test: Client, customer: Customer) -> None:
    runs = {"live": create(live), "test": create(test)}
    keys = {"live": customer.live_key, "test": customer.test_key}
    content = {"live": '"txn_1","9.70"\n"txn_2","24.46"\n"txn_4","-10.00"\n', "test": '"txn_t","0.47"\n'}
    sides: list[tuple[str, Client, str]] = [("live", live, "test"), ("test", test, "live")]

    for mode, client, other in sides:
        own, foreign = runs[mode], runs[other]
        assert own["livemode"] is (mode == "live")
        link = client.create("file_links", file=own["result"]["id"])
        assert link["livemode"] is own["livemode"]
        missing(lambda: client.retrieve("report_runs", foreign["id"]))  # noqa: B023 - called at once
        missing(lambda: client.retrieve("files", foreign["result"]["id"]))  # noqa: B023
        for resource, one in (("report_runs", foreign["id"]), ("files", foreign["result"]["id"])):
            assert one not in client.iterate(resource, limit=100)
        with pytest.raises(Raised) as refused:
            client.listed("report_runs", starting_after=foreign["id"])
        assert (refused.value.status, refused.value.param) == (400, "starting_after")
        with pytest.raises(Raised) as refused:
            client.create("file_links", file=foreign["result"]["id"])
        assert refused.value.type == "InvalidRequestError"
        assert httpx.get(own["result"]["url"], auth=(keys[other], ""), timeout=60).status_code == 404
        answer = httpx.get(own["result"]["url"], auth=(keys[mode], ""), timeout=60)
        assert answer.text == '"balance_transaction_id","net"\n' + content[mode]


@pytest.fixture
def platform(sdk: Sdk, place: Place, accounts: Accounts) -> tuple[Client, Client, str]:
    """The SDK with a parent's key, the SDK with its child's, and the child's id."""
    parent = accounts.create(NewOrganisation("Platform"))
    child = accounts.create(NewOrganisation("Connected", parent_id=parent.id))
    return (
        Client(sdk, place.base_url, parent.test_key),
        Client(sdk, place.base_url, child.test_key),
        child.id,
    )


def test_a_platform_acts_for_an_account(platform: tuple[Client, Client, str]) -> None:
    parent, child, account = platform
    acting = parent.with_options(stripe_account=account)

    made = acting.create("report_runs", report_type="balance.summary.1", parameters=INTERVAL)
    run = acting.finished(made["id"])

    assert made.headers["stripe-account"] == account
    missing(lambda: parent.retrieve("report_runs", made["id"]))
    assert parent.iterate("report_runs") == []
    assert child.retrieve("report_runs", made["id"])["result"]["id"] == run["result"]["id"]
    for headers, status in (({"Stripe-Account": account}, 200), ({}, 404)):
        answer = httpx.get(run["result"]["url"], auth=(parent.key, ""), headers=headers, timeout=60)
        assert answer.status_code == status
    for stranger in ("acct_123", "org_none"):
        with pytest.raises(Raised) as refused:
            parent.with_options(stripe_account=stranger).listed("report_types")
        assert (refused.value.type, refused.value.status) == ("PermissionError", 403)
        assert refused.value.code == "account_invalid"

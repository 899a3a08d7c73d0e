"""Idempotency keys beyond report runs, and Stripe-Account (contracts: v1, section 5). More of both: tests/conformance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx
import pytest
import stripe

from runsheet.organisations.model import NewOrganisation
from tests.stack.customer import END, START

if TYPE_CHECKING:
    from local.accounts import Accounts
    from local.place import Organisation, Place

pytestmark = pytest.mark.stack

RECORD = {
    "id": "txn_1",
    "created": START,
    "available_on": START,
    "currency": "usd",
    "gross": 1000,
    "fee": 30,
    "net": 970,
    "reporting_category": "charge",
}
CONFIG = {"report_type": "ar_aging_report", "frequency": "daily", "recipient_emails": ["finance@example.com"]}


@pytest.fixture(scope="module")
def parent(accounts: Accounts) -> Organisation:
    return accounts.create(NewOrganisation("Platform"))


@pytest.fixture(scope="module")
def child(place: Place, accounts: Accounts, parent: Organisation) -> Organisation:
    """An organisation of the parent's, with a record."""
    made = accounts.create(NewOrganisation("Connected", parent_id=parent.id))
    sent = post(place, made.test_key, "/v1/datasets/balance_transactions/records", json=[RECORD])
    assert sent.status_code == 200, sent.text
    return made


def client(place: Place, key: str, **options: Any) -> stripe.StripeClient:
    bases: Any = {"api": place.base_url, "files": place.base_url}
    return stripe.StripeClient(key, base_addresses=bases, **options)


def post(
    place: Place, key: str, path: str, idempotency_key: str | None = None, **body: Any
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"}
    if idempotency_key:
        headers["Idempotency-Key"] = idempotency_key
    return httpx.post(place.base_url + path, headers=headers, timeout=60, **body)


def create(client: stripe.StripeClient, currency: str = "usd", **options: Any) -> Any:
    parameters = {"interval_start": START, "interval_end": END, "currency": currency}
    new: Any = {"report_type": "balance.summary.1", "parameters": parameters}
    return client.v1.reporting.report_runs.create(new, options=options)  # type: ignore[arg-type]


def test_another_route_with_the_same_key_is_refused_in_its_own_form(
    place: Place, child: Organisation
) -> None:
    key = str(uuid4())
    create(client(place, child.test_key), idempotency_key=key)

    other_route = post(place, child.test_key, "/v2/report-configs", key, json=CONFIG)
    assert other_route.status_code == 422
    assert other_route.json()["detail"][0]["type"] == "idempotency_error"


def test_the_other_posts_are_repeated_without_harm(place: Place, accounts: Accounts) -> None:
    key = accounts.create(NewOrganisation("Fabrikam")).test_key
    config = post(place, key, "/v2/report-configs", str(uuid4()), json=CONFIG).json()["id"]
    posts: list[tuple[str, dict[str, Any]]] = [
        ("/v2/report-configs", {"json": CONFIG}),
        (f"/v2/report-configs/{config}/send", {}),
        ("/v1/datasets/balance_transactions/records", {"json": [RECORD]}),
        ("/v1/datasets/balance_transactions/uploads", {"data": {"format": "csv"}}),
        ("/v1/datasets/balance_transactions", {"data": {"complete_through": START}}),
    ]
    for path, body in posts:
        name = str(uuid4())
        first, again = (post(place, key, path, name, **body) for _ in range(2))
        assert (first.status_code, again.status_code) == (200, 200), (path, first.text, again.text)
        assert again.content == first.content
        assert again.headers["idempotent-replayed"] == "true"
    configs = httpx.get(
        f"{place.base_url}/v2/report-configs", headers={"Authorization": f"Bearer {key}"}, timeout=60
    )
    assert len(configs.json()) == 2


def test_a_key_of_a_client_that_acts_for_an_account_belongs_to_the_account(
    place: Place, parent: Organisation, child: Organisation
) -> None:
    key = str(uuid4())
    for_child = create(client(place, parent.test_key, stripe_account=child.id), idempotency_key=key)

    own = create(client(place, child.test_key), idempotency_key=key)
    assert own.last_response.headers["Idempotent-Replayed"] == "true"
    assert own.id == for_child.id


@pytest.mark.parametrize("account", ["org_none", "acct_123", "parent"])
def test_any_other_account_is_a_permission_error(
    place: Place, parent: Organisation, child: Organisation, account: str
) -> None:
    account = parent.id if account == "parent" else account
    for caller in (parent, child):
        with pytest.raises(stripe.PermissionError) as refused:
            client(place, caller.test_key).v1.reporting.report_types.list(options={"stripe_account": account})
        assert refused.value.http_status == 403
        assert refused.value.error is not None
        assert refused.value.error.code == "account_invalid"

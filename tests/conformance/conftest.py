"""The SDKs under test, and the customer of the local stack that all of them are."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import pytest

from local.alone import alone
from runsheet.organisations.model import NewOrganisation
from tests.conformance.records import send_balance
from tests.conformance.sdk import NAMES, Client, Sdk
from tests.stack.customer import runsheet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.accounts import Accounts
    from local.place import Organisation, Place


@dataclass(frozen=True, slots=True)
class Customer:
    """An organisation with records of January 2026 in both modes, for tests that leave them as they are."""

    id: str
    live_key: str
    test_key: str
    files_key: str  # restricted: it may read files and nothing else, in live mode


@pytest.fixture(scope="session", params=NAMES)
def sdk(request: pytest.FixtureRequest) -> Iterator[Sdk]:
    """Each of the SDKs, in a process of its own."""
    running = Sdk(request.param)
    yield running
    running.close()


@pytest.fixture(scope="session")
def customer(place: Place, accounts: Accounts) -> Customer:
    """One customer for all processes of a test run."""
    folder = place.folder / "conformance"
    with alone(folder):
        file = folder / "customer.json"
        if not file.exists():
            made = accounts.create(NewOrganisation("Northwind", "Europe/Oslo"))
            restricted = ("--mode", "live", "--kind", "restricted", "--permission", "files_read")
            key = runsheet(place, "keys", "create", made.id, *restricted)["secret"]
            send_balance(place.base_url, made)
            file.write_text(json.dumps(asdict(Customer(made.id, made.live_key, made.test_key, key))))
        return Customer(**json.loads(file.read_text()))


@pytest.fixture
def live(sdk: Sdk, place: Place, customer: Customer) -> Client:
    """The SDK with the customer's live key."""
    return Client(sdk, place.base_url, customer.live_key)


@pytest.fixture
def test(sdk: Sdk, place: Place, customer: Customer) -> Client:
    """The SDK with the customer's test key."""
    return Client(sdk, place.base_url, customer.test_key)


@pytest.fixture
def own(sdk: Sdk, place: Place, organisation: Organisation) -> Client:
    """The SDK with a test key of an organisation that the test has to itself, without records."""
    return Client(sdk, place.base_url, organisation.test_key)

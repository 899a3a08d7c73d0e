"""Organisations are stored and found again, on the template's own table."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from botocore.exceptions import ClientError

from runsheet.errors import InvalidRequest, NotFound
from runsheet.organisations import service, table
from runsheet.organisations.model import NewOrganisation

pytestmark = pytest.mark.usefixtures("tables")


def test_what_was_created_is_read_back_whole() -> None:
    parent = service.create(NewOrganisation("Acme"))
    child = service.create(
        NewOrganisation(
            "Acme Süd", "Europe/Berlin", parent.id, "credits", date(2026, 1, 1), date(2026, 12, 31)
        )
    )

    assert service.get(parent.id) == parent
    assert service.get(child.id) == child
    assert child.id.startswith("org_")
    assert child.subscription_end == date(2026, 12, 31)
    assert abs(datetime.now(UTC) - child.created).total_seconds() < 60


def test_one_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound, match="No such organisation: 'org_none'"):
        service.get("org_none")


def test_a_parent_must_exist() -> None:
    with pytest.raises(InvalidRequest, match="No such organisation: 'org_none'") as refused:
        service.create(NewOrganisation("Acme", parent_id="org_none"))
    assert refused.value.param == "parent_id"


def test_a_child_has_no_children() -> None:
    parent = service.create(NewOrganisation("Acme"))
    child = service.create(NewOrganisation("Acme Süd", parent_id=parent.id))

    with pytest.raises(InvalidRequest, match="one level deep"):
        service.create(NewOrganisation("Acme Südost", parent_id=child.id))


def test_nothing_invalid_is_stored() -> None:
    with pytest.raises(InvalidRequest):
        service.create(NewOrganisation("Acme", timezone="Mars/Olympus"))
    assert service.page() == ([], None)


def test_a_contact_is_kept_changed_and_taken_away() -> None:
    made = service.create(NewOrganisation("Acme", contact_email="ops@acme.example"))
    assert service.get(made.id).contact_email == "ops@acme.example"
    assert service.change_contact(made.id, "it@acme.example").contact_email == "it@acme.example"
    assert service.get(made.id).contact_email == "it@acme.example"
    assert service.change_contact(made.id, None) == service.get(made.id)
    assert service.get(made.id).contact_email is None
    with pytest.raises(NotFound):
        service.change_contact("org_none", "it@acme.example")


@pytest.mark.parametrize("address", ["", "nobody", "a@b@c", "a@example.com\r\nBcc: b@example.com"])
def test_a_contact_is_an_address(address: str) -> None:
    made = service.create(NewOrganisation("Acme"))
    with pytest.raises(InvalidRequest, match="Invalid contact_email") as refused:
        service.create(NewOrganisation("Acme", contact_email=address))
    assert refused.value.param == "contact_email"
    with pytest.raises(InvalidRequest, match="Invalid contact_email"):
        service.change_contact(made.id, address)
    assert service.get(made.id).contact_email is None


def test_pages_hold_every_organisation_once() -> None:
    made = {service.create(NewOrganisation(f"Acme {number}")).id for number in range(7)}

    seen: list[str] = []
    found, after = service.page(limit=3)
    while True:
        assert len(found) <= 3
        seen += [organisation.id for organisation in found]
        if after is None:
            break
        found, after = service.page(limit=3, after=after)

    assert len(seen) == 7
    assert set(seen) == made


def test_an_id_is_never_given_twice() -> None:
    organisation = service.create(NewOrganisation("Acme"))

    with pytest.raises(ClientError, match="conditional request failed"):
        table.put(organisation)

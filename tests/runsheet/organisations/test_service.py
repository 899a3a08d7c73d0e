"""Organisations are stored and found again, on the template's own table."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from botocore.exceptions import ClientError

from runsheet.errors import Conflict, InvalidRequest, NotFound
from runsheet.organisations import service, table
from runsheet.organisations.model import Changes, NewOrganisation

pytestmark = pytest.mark.usefixtures("tables")


def test_what_was_created_is_read_back_whole() -> None:
    parent = service.create(NewOrganisation("Acme"))
    child = service.create(
        NewOrganisation(
            *("Acme Süd", "Europe/Berlin", parent.id, "credits", date(2026, 1, 1), date(2026, 12, 31)),
            *("Trial", 10**15, "FlexPlusTiered"),
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
    assert (
        service.update(made.id, Changes(contact_email="it@acme.example")).contact_email == "it@acme.example"
    )
    assert service.get(made.id).contact_email == "it@acme.example"
    assert service.update(made.id, Changes(contact_email="")) == service.get(made.id)
    assert service.get(made.id).contact_email is None
    with pytest.raises(NotFound):
        service.update("org_none", Changes(contact_email="it@acme.example"))


@pytest.mark.parametrize("address", ["", "nobody", "a@b@c", "a@example.com\r\nBcc: b@example.com"])
def test_a_contact_is_an_address(address: str) -> None:
    made = service.create(NewOrganisation("Acme"))
    with pytest.raises(InvalidRequest, match="Invalid contact_email") as refused:
        service.create(NewOrganisation("Acme", contact_email=address))
    assert refused.value.param == "contact_email"
    if address:
        with pytest.raises(InvalidRequest, match="Invalid contact_email"):
            service.update(made.id, Changes(contact_email=address))
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


def test_a_subscription_is_renewed_and_what_is_not_given_stays() -> None:
    made = service.create(
        NewOrganisation("Acme", "Europe/Berlin", None, "credits", date(2025, 1, 1), date(2025, 12, 31))
    )

    changed = service.update(
        made.id,
        Changes(
            subscription_start=date(2026, 1, 1), subscription_end=date(2026, 12, 31), subscription_credits=900
        ),
    )

    assert changed == replace(
        made,
        subscription_start=date(2026, 1, 1),
        subscription_end=date(2026, 12, 31),
        subscription_credits=900,
    )
    assert service.get(made.id) == changed
    everything = Changes(
        "Asia/Tokyo", "cloudflex", date(2027, 1, 1), date(2027, 1, 1), "Trial", 1, "FlexPlusTiered"
    )
    assert service.update(made.id, everything) == replace(made, **everything.as_dict())
    assert service.get(made.id) == replace(made, **everything.as_dict())


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        (Changes(), None),
        (Changes(timezone="Mars/Olympus"), "timezone"),
        (Changes(plan="Credits"), "plan"),
        (Changes(subscription_credits=0), "subscription_credits"),
        (Changes(subscription_end=date(2025, 12, 31)), "subscription_end"),
        (Changes(subscription_start=date(2027, 1, 1)), "subscription_end"),
    ],
)
def test_a_change_that_would_make_it_invalid_changes_nothing(changes: Changes, param: str | None) -> None:
    made = service.create(
        NewOrganisation("Acme", subscription_start=date(2026, 1, 1), subscription_end=date(2026, 12, 31))
    )

    with pytest.raises(InvalidRequest) as refused:
        service.update(made.id, changes)

    assert refused.value.param == param
    assert service.get(made.id) == made


def test_two_changes_of_a_subscription_at_once_cannot_leave_it_upside_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for first in (NewOrganisation("A"), NewOrganisation("A", subscription_end=date(2026, 12, 31))):
        read = service.create(first)
        service.update(read.id, Changes(subscription_end=date(2026, 6, 30)))
        with monkeypatch.context() as patched:
            patched.setattr(table, "get", lambda _, read=read: read)  # what a slower operator has read
            with pytest.raises(Conflict):
                service.update(read.id, Changes(subscription_start=date(2026, 7, 1)))


def test_a_change_of_one_that_is_gone_makes_none() -> None:
    gone = replace(service.create(NewOrganisation("Acme")), id="org_gone")

    assert not table.update(gone, {"plan": "credits"})
    assert table.get("org_gone") is None
    with pytest.raises(NotFound):
        service.update("org_gone", Changes(plan="credits"))


def test_children_are_listed_oldest_first_and_only_with_their_own_parent() -> None:
    parent, other = service.create(NewOrganisation("Acme")), service.create(NewOrganisation("Other"))
    assert not service.has_children(parent.id)
    assert service.children(parent.id) == []

    made = [service.create(NewOrganisation(f"Acme {n}", parent_id=parent.id)) for n in range(3)]
    service.create(NewOrganisation("Other 1", parent_id=other.id))

    assert service.children(parent.id) == sorted((child.id, child.name) for child in made)
    assert service.has_children(parent.id)
    assert table.children(parent.id, limit=1) == service.children(parent.id)[:1]
    assert not service.has_children(made[0].id)

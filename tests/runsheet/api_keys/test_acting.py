"""A key acts for the children of its organisation and for nobody else, on the template's own tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from runsheet.api_keys import acting
from runsheet.api_keys.model import ApiKey
from runsheet.errors import PermissionDenied
from runsheet.organisations import service as organisations
from runsheet.organisations import table as organisations_table
from runsheet.organisations.model import NewOrganisation
from runsheet.runtime import clients, clock
from runsheet.tenancy import Tenant

if TYPE_CHECKING:
    from runsheet.tenancy import Mode

pytestmark = pytest.mark.usefixtures("tables")


def organisation(parent_id: str | None = None) -> str:
    return organisations.create(NewOrganisation("Acme", parent_id=parent_id)).id


def key_of(organisation_id: str, mode: Mode = "test") -> ApiKey:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return ApiKey("key_1", organisation_id, mode, "secret", None, "CI", "sk_test_****************abcd", now)


def calls() -> list[str]:
    made: list[str] = []
    clients.dynamodb().meta.events.register(
        "before-call.dynamodb.*", lambda model, **_: made.append(model.name)
    )
    return made


@pytest.mark.parametrize("mode", ["live", "test"])
def test_a_key_acts_for_a_child_in_its_own_mode(mode: Mode) -> None:
    parent = organisation()
    children = [organisation(parent), organisation(parent)]
    for child in children:
        assert acting.tenant_of(key_of(parent, mode), child) == Tenant(child, mode)
    assert acting.tenant_of(key_of(parent, mode), None) == Tenant(parent, mode)


def test_a_key_acts_for_nobody_else() -> None:
    parent, other = organisation(), organisation()
    child, sibling, stranger = organisation(parent), organisation(parent), organisation(other)
    acting.tenant_of(key_of(other), stranger)  # in the cache, and still not the parent's
    refused = [
        (parent, other),
        (parent, stranger),
        (parent, parent),
        (child, parent),
        (child, sibling),
        (child, child),
        (parent, "org_none"),
        (parent, ""),
        (parent, "acct_1"),
        (parent, f"{child} "),
        (parent, f"{child},{sibling}"),
        (parent, f"{child}#live"),
        (parent, "org_" + "x" * 5000),
        (parent, "org_\ud800\x00"),
    ]
    for caller, account in refused:
        with pytest.raises(PermissionDenied) as error:
            acting.tenant_of(key_of(caller), account)
        assert error.value.code == "account_invalid"
        assert error.value.message == (
            f"The provided key 'sk_test_****************abcd' does not have access to account '{account[:100]}' (or "
            "that account does not exist). Application access may have been revoked."
        )


def test_a_child_is_looked_up_once_a_minute_and_nothing_without_the_header(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parent = organisation()
    child = organisation(parent)
    now = datetime(2026, 3, 1, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: now)
    made = calls()

    acting.tenant_of(key_of(parent), None)
    assert made == []
    for _ in range(3):
        acting.tenant_of(key_of(parent), child)
    assert made == ["GetItem"]
    now += timedelta(seconds=60)
    acting.tenant_of(key_of(parent), child)
    assert made == ["GetItem", "GetItem"]


def test_what_cannot_be_an_organisation_is_not_looked_up() -> None:
    parent = organisation()
    made = calls()
    for account in ("", "acct_1", "org_" + "x" * 65, "org_é"):
        with pytest.raises(PermissionDenied):
            acting.tenant_of(key_of(parent), account)
    assert made == []


def test_a_child_is_there_at_once_even_where_it_was_refused_before() -> None:
    parent = organisation()
    child = organisations.create(NewOrganisation("Child", parent_id=parent))
    clients.dynamodb().delete_item(TableName="OrganisationsTable", Key={"id": {"S": child.id}})
    with pytest.raises(PermissionDenied):
        acting.tenant_of(key_of(parent), child.id)
    organisations_table.put(child)
    assert acting.tenant_of(key_of(parent), child.id) == Tenant(child.id, "test")

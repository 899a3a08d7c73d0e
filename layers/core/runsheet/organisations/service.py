"""Create, read and change organisations."""

from __future__ import annotations

from dataclasses import replace

from runsheet import ids
from runsheet.errors import Conflict, InvalidRequest, missing
from runsheet.organisations import table
from runsheet.organisations.model import (
    Changes,
    NewOrganisation,
    Organisation,
    RelatedOrganisation,
    check,
    checked,
)
from runsheet.runtime import clock


def create(new: NewOrganisation) -> Organisation:
    """Store a new organisation.

    Raises:
        InvalidRequest: a field is invalid, or the parent does not exist or is itself a child.
    """
    valid = checked(new)
    if valid.parent_id is not None:
        _check_parent(valid.parent_id)
    created = clock.now().replace(microsecond=0)
    organisation = Organisation(
        id=ids.new_id("org", created),
        created=created,
        name=valid.name,
        timezone=valid.timezone,
        parent_id=valid.parent_id,
        plan=valid.plan,
        subscription_start=valid.subscription_start,
        subscription_end=valid.subscription_end,
        plan_type=valid.plan_type,
        subscription_credits=valid.subscription_credits,
        log_model=valid.log_model,
        contact_email=valid.contact_email,
    )
    table.put(organisation)
    return organisation


def get(organisation_id: str) -> Organisation:
    """Return the organisation.

    Raises:
        NotFound: there is none of this id.
    """
    organisation = table.get(organisation_id)
    if organisation is None:
        raise missing("organisation", organisation_id)
    return organisation


def update(organisation_id: str, changes: Changes) -> Organisation:
    """Change an organisation. A new time zone moves the next sends of all its report configs.

    Raises:
        NotFound: there is none of this id.
        InvalidRequest: nothing is to change, or a field would be invalid.
        Conflict: the subscription was changed by somebody else meanwhile, or a report config is changed by others all
            the time; calling again does the rest.
    """
    values = changes.as_dict()
    if not values:
        raise InvalidRequest("Nothing is to change: give at least one field.")
    before = get(organisation_id)
    changed = replace(before, **values)
    if changes.contact_email == "":
        changed = replace(changed, contact_email=None)
    check(changed)
    if not table.update(before, values):
        raise Conflict(
            f"The subscription of '{organisation_id}' was changed meanwhile. Look at it and try again."
        )
    if changes.timezone is not None:
        # Operators call this and no function does: those that read an organisation start without the configs.
        from runsheet.report_configs.rezoning import rezone_all  # noqa: PLC0415

        rezone_all(changed)
    return changed


def children(organisation_id: str) -> list[tuple[str, str]]:
    """Return id and name of the organisations that belong to this one, oldest first; one made just now may be missing."""
    return table.children(organisation_id)


def has_children(organisation_id: str) -> bool:
    """Return whether an organisation belongs to this one; one made just now may not count yet."""
    return bool(table.children(organisation_id, limit=1))


def family(organisation_id: str) -> list[RelatedOrganisation]:
    """Return an organisation and those that belong to it, as reports name them.

    Raises:
        NotFound: there is none of this id.
    """
    own = get(organisation_id)
    related = [RelatedOrganisation(own.id, own.name, is_own=True, is_child=own.parent_id is not None)]
    if own.parent_id is None:
        related += [
            RelatedOrganisation(child_id, name, is_own=False, is_child=True)
            for child_id, name in children(organisation_id)
        ]
    return related


def page(*, limit: int = 100, after: str | None = None) -> tuple[list[Organisation], str | None]:
    """Return up to `limit` organisations in no order, and the id to pass as `after` for more (None: no more).

    For operators only: it crosses all tenants.
    """
    return table.page(limit, after)


def _check_parent(parent_id: str) -> None:
    # One level: the usage contract knows a parent and its children. There is no call that gives an existing
    # organisation a parent, so a parent cannot become a child behind this check.
    parent = table.get(parent_id)
    if parent is None:
        raise InvalidRequest(
            f"No such organisation: '{parent_id}'", param="parent_id", code="resource_missing"
        )
    if parent.parent_id is not None:
        raise InvalidRequest(
            f"Invalid parent_id: '{parent_id}' has a parent itself; organisations nest one level deep.",
            param="parent_id",
        )

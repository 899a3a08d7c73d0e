"""Create, read and change organisations."""

from __future__ import annotations

from dataclasses import replace

from runsheet import ids
from runsheet.errors import InvalidRequest, missing
from runsheet.organisations import table
from runsheet.organisations.model import (
    NewOrganisation,
    Organisation,
    check_contact,
    check_timezone,
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


def change_timezone(organisation_id: str, timezone: str) -> Organisation:
    """Change the organisation's time zone and compute the next sends of all its report configs in it.

    Raises:
        NotFound: there is none of this id.
        InvalidRequest: the zone is unknown.
        Conflict: a report config is changed by others all the time; calling again does the rest.
    """
    # Operators call this and no function does: those that read an organisation start without the configs.
    from runsheet.report_configs.rezoning import rezone_all  # noqa: PLC0415

    check_timezone(timezone)
    organisation = replace(get(organisation_id), timezone=timezone)
    table.set_timezone(organisation_id, timezone)
    rezone_all(organisation)
    return organisation


def change_contact(organisation_id: str, email: str | None) -> Organisation:
    """Change who is told what the organisation's administrators should know; None for nobody.

    Raises:
        NotFound: there is none of this id.
        InvalidRequest: it is no address.
    """
    if email is not None:
        check_contact(email)
    organisation = replace(get(organisation_id), contact_email=email)
    table.set_contact(organisation_id, email)
    return organisation


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

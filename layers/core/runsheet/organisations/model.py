"""An organisation and what makes one valid."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runsheet import email_addresses, zones
from runsheet.errors import InvalidRequest
from runsheet.names import display_name

if TYPE_CHECKING:
    from datetime import date, datetime

# Every team sells plans of its own, so a plan is a word and not one of a list.
_PLAN = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True)
class NewOrganisation:
    """What a caller gives for a new organisation.

    Attributes:
        name: 1 to 200 printable characters.
        timezone: IANA name: the zone of its calendar days, schedules and mails.
        parent_id: the organisation that it belongs to; None for one that stands alone.
        plan: lower-case word for what it has bought; `credits` is the one with account usage exports.
        subscription_start: first day of the subscription.
        subscription_end: last day of the subscription.
        contact_email: who is told what its administrators should know; None for nobody.
    """

    name: str
    timezone: str = "Etc/UTC"
    parent_id: str | None = None
    plan: str | None = None
    subscription_start: date | None = None
    subscription_end: date | None = None
    contact_email: str | None = None


@dataclass(frozen=True, slots=True)
class Organisation:
    """A stored organisation: what NewOrganisation has, an id, and the time of its creation (UTC)."""

    id: str
    created: datetime
    name: str
    timezone: str
    parent_id: str | None
    plan: str | None
    subscription_start: date | None
    subscription_end: date | None
    contact_email: str | None


def check_timezone(timezone: str) -> None:
    """Refuse what is no IANA zone name.

    Raises:
        InvalidRequest: it is none.
    """
    if timezone not in zones.names():
        raise InvalidRequest(
            f"Invalid timezone: must be an IANA time zone such as Europe/Berlin; got {timezone!r}.",
            param="timezone",
        )


def check_contact(email: str) -> None:
    """Refuse what is no address that mail can be sent to.

    Raises:
        InvalidRequest: it is none.
    """
    try:
        email_addresses.checked(email)
    except email_addresses.InvalidAddress as invalid:
        raise InvalidRequest(f"Invalid contact_email: {invalid}.", param="contact_email") from None


def checked(new: NewOrganisation) -> NewOrganisation:
    """Return `new` with its name trimmed.

    Raises:
        InvalidRequest: with the field as `param`.
    """
    name = display_name(new.name)
    check_timezone(new.timezone)
    if new.contact_email is not None:
        check_contact(new.contact_email)
    if new.plan is not None and not _PLAN.fullmatch(new.plan):
        raise InvalidRequest(
            "Invalid plan: must be 1 to 64 of a-z, 0-9, '-' and '_', such as credits.", param="plan"
        )
    start, end = new.subscription_start, new.subscription_end
    if start is not None and end is not None and start > end:
        raise InvalidRequest(
            f"Invalid subscription_end: {end} is before subscription_start {start}.", param="subscription_end"
        )
    return replace(new, name=name)

"""An organisation and what makes one valid."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runsheet import zones
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
    """

    name: str
    timezone: str = "Etc/UTC"
    parent_id: str | None = None
    plan: str | None = None
    subscription_start: date | None = None
    subscription_end: date | None = None


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


@dataclass(frozen=True, slots=True)
class RelatedOrganisation:
    """An organisation as the reports of its family name it.

    Attributes:
        id: `org_…`.
        name: what it is called now.
        is_own: True for the organisation that the report is of.
        is_child: True if it belongs to another one.
    """

    id: str
    name: str
    is_own: bool
    is_child: bool


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


def checked(new: NewOrganisation) -> NewOrganisation:
    """Return `new` with its name trimmed.

    Raises:
        InvalidRequest: with the field as `param`.
    """
    name = display_name(new.name)
    check_timezone(new.timezone)
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

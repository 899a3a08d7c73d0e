"""An organisation and what makes one valid."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from runsheet import email_addresses, zones
from runsheet.errors import InvalidRequest
from runsheet.names import display_name

if TYPE_CHECKING:
    from datetime import date, datetime

PlanType = Literal["Free", "Trial", "Paid"]
LogModel = Literal["Tiered", "Flex", "FlexPlusTiered"]

# Every team sells plans of its own, so a plan is a word and not one of a list.
_PLAN = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
# The plans that are paid in credits (contracts: account usage, section 2.1).
_CREDITS_PLANS = frozenset({"credits", "cloudflex"})
MAX_CREDITS = 10**15


@dataclass(frozen=True, slots=True)
class NewOrganisation:
    """What a caller gives for a new organisation.

    Attributes:
        name: 1 to 200 printable characters.
        timezone: IANA name: the zone of its calendar days, schedules and mails.
        parent_id: the organisation that it belongs to; None for one that stands alone.
        plan: lower-case word for what it has bought; `credits` is the one with account usage exports.
        subscription_start: first day of the subscription, in UTC.
        subscription_end: last day of the subscription, in UTC.
        plan_type: how it has the plan; None is shown as Paid.
        subscription_credits: whole credits that the subscription has in all; None if nobody counts them.
        log_model: how its logs are stored and charged.
        contact_email: who is told what its administrators should know; None for nobody.
    """

    name: str
    timezone: str = "Etc/UTC"
    parent_id: str | None = None
    plan: str | None = None
    subscription_start: date | None = None
    subscription_end: date | None = None
    plan_type: PlanType | None = None
    subscription_credits: int | None = None
    log_model: LogModel = "Tiered"
    contact_email: str | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to change of an organisation; what is None stays as it is.

    The fields are those of NewOrganisation. An empty contact takes the contact away.
    """

    timezone: str | None = None
    plan: str | None = None
    subscription_start: date | None = None
    subscription_end: date | None = None
    plan_type: PlanType | None = None
    subscription_credits: int | None = None
    log_model: LogModel | None = None
    contact_email: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the fields that change."""
        return {name: value for name, value in asdict(self).items() if value is not None}


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
    plan_type: PlanType | None
    subscription_credits: int | None
    log_model: LogModel
    contact_email: str | None

    @property
    def has_credits_plan(self) -> bool:
        """Whether it pays in credits, and so has account usage to export."""
        return self.plan in _CREDITS_PLANS


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
    check(new)
    return replace(new, name=display_name(new.name))


def check(organisation: NewOrganisation | Organisation) -> None:
    """Refuse an organisation whose zone, plan or subscription is wrong.

    Raises:
        InvalidRequest: with the field as `param`.
    """
    if organisation.timezone not in zones.names():
        raise InvalidRequest(
            f"Invalid timezone: must be an IANA time zone such as Europe/Berlin; got {organisation.timezone!r}.",
            param="timezone",
        )
    if organisation.contact_email is not None:
        check_contact(organisation.contact_email)
    if organisation.plan is not None and not _PLAN.fullmatch(organisation.plan):
        raise InvalidRequest(
            "Invalid plan: must be 1 to 64 of a-z, 0-9, '-' and '_', such as credits.", param="plan"
        )
    _check_one_of("plan_type", organisation.plan_type, (None, *get_args(PlanType)))
    _check_one_of("log_model", organisation.log_model, get_args(LogModel))
    credits_ = organisation.subscription_credits
    if credits_ is not None and not 1 <= credits_ <= MAX_CREDITS:
        raise InvalidRequest(
            f"Invalid subscription_credits: must be a whole number from 1 to {MAX_CREDITS}.",
            param="subscription_credits",
        )
    start, end = organisation.subscription_start, organisation.subscription_end
    if start is not None and end is not None and start > end:
        raise InvalidRequest(
            f"Invalid subscription_end: {end} is before subscription_start {start}.", param="subscription_end"
        )


def _check_one_of(field: str, value: str | None, allowed: tuple[str | None, ...]) -> None:
    if value not in allowed:
        names = ", ".join(name for name in allowed if name is not None)
        raise InvalidRequest(f"Invalid {field}: must be one of {names}.", param=field)

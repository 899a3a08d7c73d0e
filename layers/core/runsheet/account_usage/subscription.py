"""Who may export account usage, and for which days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runsheet.errors import InvalidRequest, PermissionDenied, SeveralProblems
from runsheet.organisations import service as organisations

if TYPE_CHECKING:
    from datetime import date

    from runsheet.catalog import BoundParameters
    from runsheet.organisations.model import Organisation
    from runsheet.tenancy import Tenant


CHILD_DETAILED = "account_usage.child_detailed.1"


def organisation_of(tenant: Tenant) -> Organisation:
    """Return the tenant's organisation, which has a plan with credits.

    Raises:
        PermissionDenied: it has another plan, or none (contracts: account usage, 2.1).
    """
    organisation = organisations.get(tenant.organisation_id)
    if not organisation.has_credits_plan:
        raise not_allowed("Account usage is counted for a plan with credits only.")
    return organisation


def not_allowed(detail: str) -> PermissionDenied:
    """Return the contract's refusal of what an account's plan does not have."""
    return PermissionDenied(
        "This operation is not allowed for your account type.", code="forbidden", details={"detail": detail}
    )


def no_subscription(detail: str) -> InvalidRequest:
    """Return the refusal of what needs a day of the subscription that nobody has set."""
    return _problem("no_subscription", "The subscription of this account has no such date.", detail)


def exported_days(
    organisation: Organisation, start: date | None, end: date | None, today: date
) -> tuple[date, date]:
    """Return the first and the last day (UTC) of an export, both included; none lies in the future.

    Args:
        organisation: whose subscription bounds the days, and gives those that were not asked for.
        start: the first day that was asked for; None for that of the subscription.
        end: the last day that was asked for; None for that of the subscription.
        today: the present UTC day.

    Raises:
        SeveralProblems: everything that is wrong with the days, each with a code of its own.
    """
    begins, ends = organisation.subscription_start, organisation.subscription_end
    if begins is None and ends is None:
        raise no_subscription("Its first and last day are not set; whoever runs this service can set them.")
    first, last = start or begins, end or ends or today
    if first is None:
        raise no_subscription("Its first day is not set, so startDate is needed.")
    problems = []
    if begins is not None and first < begins:
        problems.append(
            _problem(
                "start_before_subscription",
                "The start date is before the start of the subscription.",
                f"startDate must be {begins} or later.",
            )
        )
    if ends is not None and last > ends:
        problems.append(
            _problem(
                "end_after_subscription",
                "The end date is after the end of the subscription.",
                f"endDate must be {ends} or earlier.",
            )
        )
    if last < first:
        problems.append(
            _problem(
                "end_before_start",
                "The end date is before the start date.",
                f"The export would begin on {first} and end on {last}; both days are included.",
            )
        )
    if first > today:
        problems.append(
            _problem(
                "start_in_future",
                "The start date is in the future: there is nothing to export.",
                f"startDate must be {today} (UTC) or earlier.",
            )
        )
    if problems:
        raise SeveralProblems(problems)
    return first, min(last, today)


def check_run(tenant: Tenant, report_type_id: str, bound: BoundParameters) -> None:
    """Hold a run that was asked for as a report run to what an export is held to, in the words of the v1 contract.

    Args:
        tenant: whose usage it is about.
        report_type_id: one of the family.
        bound: its parameters.

    Raises:
        InvalidRequest: the plan has no credits, the organisation has no children to report on, or the days are outside
            of the subscription; `param` names what is wrong.
    """
    organisation = check_type(tenant, report_type_id)
    begins, ends = organisation.subscription_start, organisation.subscription_end
    if begins is None and ends is None:
        raise _unavailable(report_type_id, "an organisation whose subscription has a first or a last day")
    available = f"Data for the report type {report_type_id} is only available"
    first, last = bound.values["start_date"], bound.values["end_date"]
    if begins is not None and first < begins:
        raise bound.unavailable(
            "start_date",
            f"{available} starting at {begins}, the first day of the subscription; you requested `start_date` = {first}",
        )
    if ends is not None and last > ends:
        raise bound.unavailable(
            "end_date",
            f"{available} through {ends}, the last day of the subscription; you requested `end_date` = {last}",
        )


def check_type(tenant: Tenant, report_type_id: str) -> Organisation:
    """Return the tenant's organisation, which can have reports of the type.

    Raises:
        InvalidRequest: the plan has no credits, or the organisation has no children to report on.
    """
    organisation = organisations.get(tenant.organisation_id)
    if not organisation.has_credits_plan:
        raise _unavailable(report_type_id, "an organisation whose plan has credits")
    if report_type_id == CHILD_DETAILED and not organisations.has_children(organisation.id):
        raise _unavailable(report_type_id, "an organisation with child organisations")
    return organisation


def _unavailable(report_type_id: str, whose: str) -> InvalidRequest:
    return InvalidRequest(
        f"The report type {report_type_id} is only available to {whose}.", param="report_type"
    )


def _problem(reason: str, message: str, detail: str) -> InvalidRequest:
    return InvalidRequest(message, code=f"usage:{reason}", details={"detail": detail})

"""The status of the caller's account. Nothing here asks the engine: the status is as quick as a read of one item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runsheet.account.model import AccountStatus
from runsheet.organisations import service as organisations
from runsheet.runtime import clock

if TYPE_CHECKING:
    from datetime import date

    from runsheet.organisations.model import Organisation
    from runsheet.tenancy import Tenant


def status(tenant: Tenant) -> AccountStatus:
    """Return plan and subscription of the tenant's organisation, as they are today (UTC).

    Raises:
        NotFound: the organisation is gone.
    """
    organisation = organisations.get(tenant.organisation_id)
    today = clock.now().date()
    end = organisation.subscription_end
    return AccountStatus(
        pricing_model=organisation.plan,
        plan_type=organisation.plan_type or ("Paid" if organisation.plan else None),
        plan_expiration_days=max((end - today).days, 0) if end else None,
        application_use="ALLOWED" if _runs(organisation, today) else "RESTRICTED",
        total_credits=organisation.subscription_credits,
        log_model=organisation.log_model,
    )


def _runs(organisation: Organisation, today: date) -> bool:
    """A subscription without a start or an end has no bound there."""
    start, end = organisation.subscription_start, organisation.subscription_end
    return (start is None or start <= today) and (end is None or today <= end)

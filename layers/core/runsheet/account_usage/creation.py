"""Begin an export: a report run whose days, grouping and charge are decided here, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runsheet import catalog
from runsheet.account_usage import running, subscription
from runsheet.account_usage.model import UsageReportJob
from runsheet.organisations import service as organisations
from runsheet.report_runs.creation import new_run
from runsheet.runtime import clock

if TYPE_CHECKING:
    from runsheet.account_usage.model import NewUsageReport
    from runsheet.api_keys.model import ApiKey
    from runsheet.ids import Origin
    from runsheet.tenancy import Tenant

_REPORT_TYPES = {
    "standard": "account_usage.standard.1",
    "detailed": "account_usage.detailed.1",
    "childDetailed": subscription.CHILD_DETAILED,
}


def create(tenant: Tenant, key: ApiKey, new: NewUsageReport, origin: Origin | None = None) -> UsageReportJob:
    """Store the run of an export and queue it; of the same `origin` there is one, however often it is called.

    It is not held against the data that there is: a day of the subscription without a record is a row of zeros.

    Raises:
        PermissionDenied: the plan has no credits, or the organisation no children to report on.
        InvalidRequest: the days are outside of the subscription, in the future, or in the wrong order.
        TooManyRequests: the key has as many exports running as it may have.
    """
    organisation = subscription.organisation_of(tenant)
    if new.report_type == "childDetailed" and not organisations.has_children(organisation.id):
        raise subscription.not_allowed(
            "Only an organisation with child organisations has a childDetailed report."
        )
    today = clock.now().date()
    first, last = subscription.exported_days(organisation, new.start_date, new.end_date, today)
    parameters: dict[str, Any] = {
        "start_date": first.isoformat(),
        "end_date": last.isoformat(),
        "group_by": new.group_by,
    }
    if new.report_type != "childDetailed":
        # It is charged to who deploys for another: without a parent there is none (contracts: account usage, 2.1).
        parameters["include_deployment_charge"] = (
            new.include_deployment_charge and organisation.parent_id is not None
        )
    report_type = catalog.report_type(_REPORT_TYPES[new.report_type])
    run = new_run(tenant, report_type, report_type.bind(parameters), origin)
    running.begin(key, run)
    return UsageReportJob(job_id=run.id)

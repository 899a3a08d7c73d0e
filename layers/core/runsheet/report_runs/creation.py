"""Create report runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runsheet import account_usage, catalog
from runsheet.catalog import options
from runsheet.datasets import service as datasets
from runsheet.errors import InvalidRequest, NotFound
from runsheet.ids import Origin
from runsheet.report_runs.model import DEADLINE_SECONDS, ReportRun
from runsheet.report_runs.queueing import begin
from runsheet.runtime import clock

if TYPE_CHECKING:
    from runsheet.catalog import BoundParameters, ReportType
    from runsheet.report_runs.model import NewReportRun
    from runsheet.tenancy import Tenant


def create(tenant: Tenant, new: NewReportRun, origin: Origin | None = None) -> ReportRun:
    """Store a run and queue it; of the same `origin` there is one run, however often it is called.

    The item is written first: a run whose message cannot be sent is queued by the sweeper within two minutes.

    Raises:
        InvalidRequest: the report type is unknown, wants live mode, or refuses the parameters, or live mode does; the
            interval lies outside the available data (contracts: v1, section 1.3) or, for account usage, outside of
            what the organisation has subscribed to.
    """
    try:
        report_type = catalog.report_type(new.report_type)
    except NotFound as unknown:
        allowed = ", ".join(catalog.report_type_ids())
        raise InvalidRequest(
            f"{unknown.message}. Must be one of: {allowed}.", param="report_type", code="resource_missing"
        ) from None
    if report_type.requires_live and not tenant.livemode:
        raise InvalidRequest(
            f"The report type {report_type.id} requires a live-mode API key; you used a test-mode key.",
            param="report_type",
        )
    bound = report_type.bind(new.parameters)
    options.check_mode(bound.echo, livemode=tenant.livemode)
    if report_type.id.startswith(account_usage.FAMILY):
        # Only here, because no other run asks for the organisation.
        from runsheet.account_usage import subscription  # noqa: PLC0415

        subscription.check_run(tenant, report_type.id, bound)
    for dataset in report_type.timed:
        available = datasets.availability(tenant, dataset)
        report_type.check_available(bound, available.start, available.end)
    return begin(new_run(tenant, report_type, bound, origin))


def new_run(
    tenant: Tenant, report_type: ReportType, bound: BoundParameters, origin: Origin | None = None
) -> ReportRun:
    """Return a new run, not stored yet. Whether there is data for it is for others to ask."""
    now = clock.now()
    made = origin or Origin.fresh(now)
    return ReportRun(
        tenant=tenant,
        id=made.new_id("frr"),
        report_type=report_type.id,
        parameters=dict(sorted(bound.echo.items())),
        created=int(made.moment.timestamp()),
        deadline=int(now.timestamp()) + DEADLINE_SECONDS,
        resolved=dict(bound.resolved),
    )

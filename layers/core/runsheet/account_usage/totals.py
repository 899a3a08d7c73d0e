"""The credits that an organisation used, day by day: the rows of its standard export, without a run."""

from __future__ import annotations

import csv
from contextlib import closing
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from runsheet import catalog
from runsheet.datasets import service as datasets
from runsheet.engine import report
from runsheet.engine.errors import ReportFailed
from runsheet.engine.inputs import Inputs
from runsheet.errors import InvalidRequest
from runsheet.organisations import service as organisations

if TYPE_CHECKING:
    from runsheet.tenancy import Tenant


def credits_by_day(tenant: Tenant, first_day: date, last_day: date) -> dict[date, Decimal]:
    """Return the total credits of each UTC day of an interval, both ends included, promotional credits too.

    Raises:
        InvalidRequest: they cannot be computed from the records that there are, such as usage without a rate.
        Unavailable: the records change faster than they can be listed.
    """
    report_type = catalog.report_type("account_usage.standard.1")
    bound = report_type.bind({"start_date": first_day.isoformat(), "end_date": last_day.isoformat()})
    snapshots = {dataset: datasets.snapshot(tenant, dataset) for dataset in report_type.reads}
    family = organisations.family(tenant.organisation_id)
    totals: dict[date, Decimal] = {}
    try:
        with (
            report.prepared(tenant, Inputs(report_type, bound, snapshots, family)) as (run, connection),
            closing(run.render(connection)) as parts,
        ):
            names = next(csv.reader([run.header().decode()]))
            for path, _ in parts:
                with path.open(encoding="utf-8", newline="") as lines:
                    for row in csv.DictReader(lines, names):
                        totals[date.fromisoformat(row["Date"])] = Decimal(row["Total Credits"])
    except ReportFailed as failed:
        raise InvalidRequest(failed.message, code=f"usage:{failed.code}") from None
    return totals

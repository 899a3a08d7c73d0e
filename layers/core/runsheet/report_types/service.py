"""Retrieve and list report types, with the availability of the tenant's own data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runsheet import catalog
from runsheet.catalog.parameters_schema import parameters_schema
from runsheet.datasets import service as datasets
from runsheet.report_types.model import (
    ReportTypeColumn,
    ReportTypeDetails,
    ReportTypeList,
    ReportTypeObject,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from runsheet.catalog.model import ReportType
    from runsheet.datasets.model import Availability
    from runsheet.tenancy import Tenant


def retrieve(tenant: Tenant, report_type_id: str) -> ReportTypeDetails:
    """Return a report type.

    Raises:
        NotFound: there is none of this id.
    """
    report_type = catalog.report_type(report_type_id)
    fields = _shown(tenant, report_type, lambda dataset: datasets.availability(tenant, dataset))
    return ReportTypeDetails(
        **fields,
        columns=[
            ReportTypeColumn(name=column.name, type=column.type, meaning=column.meaning)
            for column in report_type.columns
        ],
        parameters_schema=parameters_schema(report_type),
    )


def listed(tenant: Tenant) -> ReportTypeList:
    """Return all report types, in the order of their ids."""
    types = sorted(catalog.report_types().values(), key=lambda report_type: report_type.id)
    return ReportTypeList(data=shown(tenant, types))


def shown(tenant: Tenant, report_types: Iterable[ReportType]) -> list[ReportTypeObject]:
    """Return report types without what makes them long; the availability of their datasets is read at once."""
    listed = list(report_types)
    timed = dict.fromkeys(dataset for report_type in listed for dataset in report_type.timed)
    availability = datasets.availabilities(tenant, timed).__getitem__
    return [ReportTypeObject(**_shown(tenant, each, availability)) for each in listed]


def _shown(
    tenant: Tenant, report_type: ReportType, availability: Callable[[str], Availability]
) -> dict[str, Any]:
    """Return the contract's fields (v1, 1.4).

    A type that reads several datasets by time is available where all of them are. A type without an interval begins
    with the first of them: there may well be no credit memo before the second year.
    """
    all_available = [availability(dataset) for dataset in report_type.timed]
    starts = [int(available.start.timestamp()) for available in all_available if available.start]
    begins = min if "as_of" in report_type.parameters else max
    updates = [int(available.updated.timestamp()) for available in all_available if available.updated]
    return {
        "id": report_type.id,
        "data_available_end": min(int(available.end.timestamp()) for available in all_available),
        # Without records any interval is accepted and gives an empty report: the epoch says so.
        "data_available_start": begins(starts, default=0),
        "default_columns": list(report_type.default_columns) if report_type.default_columns else None,
        "livemode": tenant.livemode,
        "name": report_type.name,
        "updated": max(updates, default=0),
        "version": report_type.version,
    }

"""What the rest of the project asks about datasets; nothing here needs the engine."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from runsheet.datasets import schema, table
from runsheet.datasets.model import Availability, Snapshot
from runsheet.errors import InvalidRequest
from runsheet.runtime import clock
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from runsheet.datasets.model import Summary
    from runsheet.tenancy import Tenant


def snapshot(tenant: Tenant, dataset: str) -> Snapshot:
    """Return the files of the dataset's newest data version, from one strongly consistent Query.

    Raises:
        NotFound: there is no such dataset.
        Unavailable: batches are registered faster than the files can be listed.
    """
    described = schema.schema(dataset)
    summary, files = table.files(tenant, dataset)
    return Snapshot(described, settings().lake_bucket, files, summary.version)


def availability(tenant: Tenant, dataset: str) -> Availability:
    """Return from when to when reports have data: from before the first record to `complete_through`, or now.

    The start is a day before the first record's month (UTC): that month can be asked for whole, in any time zone.

    Raises:
        NotFound: there is no such dataset.
    """
    schema.schema(dataset)
    return _available(table.summary(tenant, dataset))


def availabilities(tenant: Tenant, datasets: Iterable[str]) -> dict[str, Availability]:
    """Return the availability of each of some datasets, which there are, by one read."""
    return {dataset: _available(found) for dataset, found in table.summaries(tenant, datasets).items()}


def _available(summary: Summary) -> Availability:
    first = summary.first
    return Availability(
        start=_before_its_month(first) if first else None,
        end=summary.complete_through or clock.now(),
        updated=summary.updated,
    )


def _before_its_month(moment: datetime) -> datetime:
    return moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)


def set_complete_through(tenant: Tenant, dataset: str, moment: datetime | None) -> None:
    """Note up to when all records are there; None takes it back. It may move in either direction.

    Raises:
        NotFound: there is no such dataset.
        InvalidRequest: it lies in the future, where no record can be yet.
    """
    schema.schema(dataset)
    if moment is not None and moment > clock.now():
        raise InvalidRequest("Invalid complete_through: must not be in the future.", param="complete_through")
    table.set_complete_through(tenant, dataset, moment)

"""When data comes: tell which report types can be run for other intervals than before.

That is so when a dataset gets its first batch, and when its loader moves `complete_through`: not with each batch, as data
is available up to now and a loader may send a batch a second (docs/decisions/2026-11-25-events.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runsheet import catalog
from runsheet.datasets import table as datasets
from runsheet.events import announcing
from runsheet.report_types import service

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from runsheet.catalog.model import ReportType
    from runsheet.datasets.table import Moved
    from runsheet.runtime.stream import Change


def announce(change: Change) -> None:
    """Make an event of each report type that a change of DatasetsTable is news for, once, however often it is called."""
    moved = datasets.moved(change)
    if moved is None:
        return
    news = [report_type for report_type in catalog.report_types().values() if _is_news(report_type, moved)]
    # As in the list, without the columns and the schema of the parameters: they are not what has changed.
    told = [
        announcing.of_report_type(moved.tenant, shown, change=change.id, at=change.at)
        for shown in service.shown(moved.tenant, news)
    ]
    announcing.publish(announcing.record(told))


def _is_news(report_type: ReportType, moved: Moved) -> bool:
    """A type that reads several datasets ends where the first of them does: the others' moves behind that are no news."""
    if moved.dataset not in report_type.reads or (report_type.requires_live and not moved.tenant.livemode):
        return False
    if moved.begins:
        return True
    others = [
        datasets.summary(moved.tenant, dataset).complete_through
        for dataset in report_type.reads
        if dataset != moved.dataset
    ]
    return _first([*others, moved.before]) != _first([*others, moved.after])


def _first(ends: Iterable[datetime | None]) -> datetime | None:
    return min((end for end in ends if end is not None), default=None)

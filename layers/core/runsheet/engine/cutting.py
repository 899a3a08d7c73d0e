"""Which reports are made in parts, how large a part is, and how many work on them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from runsheet.engine import fingerprint
from runsheet.engine.session import READERS

if TYPE_CHECKING:
    from collections.abc import Collection

    from runsheet.catalog import BoundParameters, ReportType
    from runsheet.engine.relations import Relation

# As many as the worker's size of Lambda has processors. A third would hide more of S3's latency, for 45 MB.
WORKERS = 2
# A part is about this large: 4 of them fit /tmp several times over, in case the texts are long.
_PART_BYTES = 128 * 1024 * 1024
CELL_BYTES = 16
# A part that has to be sorted lies in memory while it is, its lines twice, for each worker.
SORTED_SHARE = 2
# A smaller part costs more to plan than to render.
_FEWEST_ROWS = 20_000
# Every one may open a row of its own in the making, with a sum for each of the pivot's columns.
_PIVOT_RECORDS = 500_000


def rows_per_part(
    report_type: ReportType, parameters: BoundParameters, relations: Collection[Relation]
) -> int:
    """Return how many records make a part: not too large for /tmp, and enough parts to keep the workers busy."""
    most = _PART_BYTES // (CELL_BYTES * len(parameters.columns))
    # Of parts that are joined those that recent files touch are cut smaller, once they are known.
    joined = is_joined(report_type, parameters)
    if not all((replace(part, recent=()) if joined else part).is_in_order() for part in relations):
        most //= SORTED_SHARE
    if report_type.pivot is not None:
        most = _PIVOT_RECORDS
    records = sum(source.rows for part in relations for source in (*part.base, *part.recent))
    share = max(records // (2 * WORKERS), _FEWEST_ROWS)
    # A power of two, so that few new records change nothing: parts that are kept are found by where they were cut.
    return min(most, 1 << round(math.log2(share)))


def threads(report_type: ReportType) -> int:
    """Return one thread for each worker of parts: it takes the rows as they come, where several would queue them up."""
    return 1 if is_cut(report_type) else READERS


def is_cut(report_type: ReportType) -> bool:
    """Return whether the rows of consecutive parts are the rows of the whole."""
    return is_in_parts(report_type) or report_type.pivot is not None


def is_joined(report_type: ReportType, parameters: BoundParameters) -> bool:
    """Return whether a result is its parts one after another, each made of the records of its time in one dataset alone."""
    return (
        parameters.format in {"csv", "jsonl"}
        and parameters.compress != "zip"
        and report_type.in_order
        and report_type.pivot is None
        and not report_type.tables
        and not report_type.reads_organisations
        and list(report_type.reads.values()) == ["interval"]
        and not fingerprint.is_fickle(report_type)
    )


def is_in_parts(report_type: ReportType) -> bool:
    """Return whether a part of the records has the rows of these records, and no others."""
    return report_type.in_order or report_type.in_parts

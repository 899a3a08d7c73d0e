"""What a worker has to make, for a run that it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from runsheet.catalog import BoundParameters, ReportType


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be made, whatever makes it.

    Attributes:
        report_type, parameters: what to run.
        key: where the result goes, in the results bucket.
        content_type: of the result.
        on_progress: told the share that is done (up to 1.0); if it raises, the work ends.
        check: called often; if it raises, the work ends as well.
    """

    report_type: ReportType
    parameters: BoundParameters
    key: str
    content_type: str
    on_progress: Callable[[float], None]
    check: Callable[[], None]

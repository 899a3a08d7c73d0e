"""Hold an answer until a run has ended, for clients that would otherwise poll."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from runsheet.report_runs import service

if TYPE_CHECKING:
    from runsheet.report_runs.model import ReportRun

# A short report takes less than a second; who waits longer does not notice another second.
_FIRST_PAUSE = 0.25
_GROWTH = 1.5
_LONGEST_PAUSE = 2.5


def ended(run: ReportRun, seconds: int) -> ReportRun:
    """Return the run once it has ended; as it is after so many seconds, if it has not.

    It is read 12 times in 20 seconds at most, each a strongly consistent read of one item.

    Raises:
        NotFound: the run is gone.
    """
    until, pause = time.monotonic() + seconds, _FIRST_PAUSE
    while run.status == "pending":
        left = until - time.monotonic()
        if left <= 0:
            break
        time.sleep(min(pause, left))
        pause = min(pause * _GROWTH, _LONGEST_PAUSE)
        run = service.retrieve(run.tenant, run.id)
    return run

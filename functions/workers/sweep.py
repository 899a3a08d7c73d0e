"""Every minute: queue again the work that nobody holds."""

from runsheet.dataset_uploads import service as dataset_uploads
from runsheet.report_runs import queueing as report_runs
from runsheet.runtime.cron import scheduled


def sweep() -> None:
    """Sweep every kind of unfinished work."""
    report_runs.sweep()
    dataset_uploads.sweep()


handler = scheduled(sweep)

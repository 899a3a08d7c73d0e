"""Every minute: queue the work that is due, and again that which nobody holds."""

from runsheet.dataset_compactions import service as dataset_compactions
from runsheet.dataset_uploads import service as dataset_uploads
from runsheet.report_runs import queueing as report_runs
from runsheet.runtime.cron import scheduled
from runsheet.webhook_deliveries import queueing as webhook_deliveries


def sweep() -> None:
    """Sweep every kind of unfinished work."""
    report_runs.sweep()
    dataset_uploads.sweep()
    dataset_compactions.sweep()
    webhook_deliveries.sweep()


handler = scheduled(sweep)

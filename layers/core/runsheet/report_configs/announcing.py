"""When a run of a config has ended: mail it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runsheet.deliveries import service as deliveries
from runsheet.report_configs import table

if TYPE_CHECKING:
    from runsheet.report_runs.model import ReportRun


def announce(run: ReportRun) -> None:
    """Make the deliveries of a run that has ended, once, however often it is called. A run of no config has none."""
    if run.sending is None:
        return
    config = table.get(run.tenant, run.sending.config_id)
    if config is not None:
        deliveries.announce(run, config)

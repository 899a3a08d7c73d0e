"""When a run of a config has ended: mail it."""

from __future__ import annotations

from typing import Any

from runsheet.deliveries import service as deliveries
from runsheet.report_configs import table
from runsheet.report_runs import table as report_runs
from runsheet.tenancy import Tenant


def announce(key: dict[str, Any]) -> None:
    """Make the deliveries of a run that has ended, once, however often the stream shows it.

    Args:
        key: `tenant` and `id` of the run.
    """
    run = report_runs.get(Tenant.from_partition(key["tenant"]), key["id"])
    if run is None or run.sending is None or run.status == "pending":
        return
    config = table.get(run.tenant, run.sending.config_id)
    if config is not None:
        deliveries.announce(run, config)

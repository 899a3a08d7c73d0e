"""Ask for a worker; ask again for the runs that got lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runsheet import leases
from runsheet.report_runs import table
from runsheet.report_runs.model import RunRequested
from runsheet.runtime import clients, clock
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from runsheet.report_runs.model import ReportRun

# A run that a backlog or a fault keeps waiting longer than this fails, and says so, rather than surprise somebody.
DEADLINE_SECONDS = 6 * 60 * 60


def queue(run: ReportRun) -> None:
    """Ask for a worker."""
    message = RunRequested(organisation_id=run.tenant.organisation_id, mode=run.tenant.mode, run_id=run.id)
    clients.sqs().send_message(
        QueueUrl=settings().report_runs_queue_url, MessageBody=message.model_dump_json()
    )


def sweep() -> None:
    """Queue again the pending runs that nobody holds, and end those past their deadline. Safe at any time."""
    now = int(clock.now().timestamp())
    for shard in leases.SHARDS:
        for tenant, run_id in table.needing_attention(shard, now=now):
            run = table.get(tenant, run_id)
            if run is None or run.status != "pending":
                continue
            if run.deadline <= now:
                hours = DEADLINE_SECONDS // 3600
                table.fail(
                    run, error=f"The report could not be run within {hours} hours.", code="deadline_exceeded"
                )
            elif table.note_queued(run, now=now):
                queue(run)

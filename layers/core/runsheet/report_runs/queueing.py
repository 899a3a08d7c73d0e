"""Begin a run: store it, ask for a worker; ask again for the runs that got lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runsheet import leases
from runsheet.report_runs import failures, table
from runsheet.report_runs.model import RunRequested
from runsheet.runtime import clients, clock, messages
from runsheet.runtime.observability import logger
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runsheet.report_runs.model import ReportRun
    from runsheet.tenancy import Tenant


def begin(run: ReportRun) -> ReportRun:
    """Store a new run, then ask for a worker; if that fails, the sweeper asks within two minutes.

    Return it, or the run that has its id already: a request that is carried out again begins nothing new.
    """
    stored = table.put(run, expires_at=expires_at(run))
    if stored.status == "pending":
        queue_all([stored])
    return stored


def expires_at(run: ReportRun) -> int:
    """Return when the run is forgotten, in unix seconds."""
    return run.created + settings().retention_seconds


def queue_all(runs: Sequence[ReportRun]) -> None:
    """Ask for a worker for each of the stored runs; the sweeper asks for those that this fails to."""
    ask_for_workers([(run.tenant, run.id) for run in runs])


def ask_for_workers(found: Sequence[tuple[Tenant, str]]) -> None:
    """Ask for a worker for each of the stored runs, by tenant and id; the sweeper asks for those that this fails to."""
    # One organisation's ten thousand runs do not keep another's one waiting.
    groups = [tenant.organisation_id for tenant, _ in found]
    requests = [_message(tenant, run_id) for tenant, run_id in found]
    for number in messages.send(settings().report_runs_queue_url, requests, groups=groups):
        logger.error("run not queued; the sweeper will", extra={"run": found[number][1]})


def queue(tenant: Tenant, run_id: str) -> None:
    """Ask for a worker."""
    clients.sqs().send_message(
        QueueUrl=settings().report_runs_queue_url,
        MessageBody=_message(tenant, run_id).model_dump_json(),
        MessageGroupId=tenant.organisation_id,
    )


def _message(tenant: Tenant, run_id: str) -> RunRequested:
    return RunRequested(organisation_id=tenant.organisation_id, mode=tenant.mode, run_id=run_id)


def sweep() -> None:
    """Queue again the pending runs that nobody holds, and end those past their deadline. Safe at any time."""
    now = clock.seconds()
    for shard in leases.SHARDS:
        for tenant, run_id in table.needing_attention(shard, now=now):
            run = table.get(tenant, run_id)
            if run is None or run.status != "pending":
                continue
            if run.deadline <= now:
                late = failures.deadline_exceeded()
                table.fail(run, error=late.message, code=late.code)
            elif table.note_queued(run, now=now):
                queue(run.tenant, run.id)

"""Begin a run: store it, ask for a worker; ask again for the runs that got lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from runsheet import leases
from runsheet.report_runs import table
from runsheet.report_runs.model import RunRequested
from runsheet.runtime import clients, clock
from runsheet.runtime.observability import logger
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runsheet.report_runs.model import ReportRun

# A run that a backlog or a fault keeps waiting longer than this fails, and says so, rather than surprise somebody.
DEADLINE_SECONDS = 6 * 60 * 60
_DAY = 24 * 60 * 60
_MESSAGES_PER_CALL = 10


def begin(run: ReportRun) -> None:
    """Store a new run, then ask for a worker; if that fails, the sweeper asks within two minutes."""
    table.put(run, expires_at=expires_at(run))
    queue_all([run])


def expires_at(run: ReportRun) -> int:
    """Return when the run is forgotten, in unix seconds."""
    return run.created + int(settings().retention_days) * _DAY


def queue_all(runs: Sequence[ReportRun]) -> None:
    """Ask for a worker for each of the stored runs; the sweeper asks for those that this fails to."""
    for first in range(0, len(runs), _MESSAGES_PER_CALL):
        _queue_some(runs[first : first + _MESSAGES_PER_CALL])


def _queue_some(runs: Sequence[ReportRun]) -> None:
    entries = [{"Id": str(number), "MessageBody": _message(run)} for number, run in enumerate(runs)]
    try:
        answer = clients.sqs().send_message_batch(
            QueueUrl=settings().report_runs_queue_url,
            Entries=entries,  # type: ignore[arg-type]
        )
    except (ClientError, BotoCoreError):
        logger.exception("runs not queued; the sweeper will", extra={"runs": [run.id for run in runs]})
        return
    for failed in answer.get("Failed", []):
        logger.error("run not queued; the sweeper will", extra={"run": runs[int(failed["Id"])].id})


def queue(run: ReportRun) -> None:
    """Ask for a worker."""
    clients.sqs().send_message(QueueUrl=settings().report_runs_queue_url, MessageBody=_message(run))


def _message(run: ReportRun) -> str:
    return RunRequested(
        organisation_id=run.tenant.organisation_id, mode=run.tenant.mode, run_id=run.id
    ).model_dump_json()


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

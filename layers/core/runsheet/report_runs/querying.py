"""Carry a run out by Athena, where it is too large for one worker: begin its query, and finish what it leaves.

The worker ends in between. Athena tells of the query's end, which queues the run again (athena_queries.events); should that
be lost, the sweeper comes. Whatever dies, the run's item says how far it is: without a query, or with one.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING

from runsheet import athena, leases
from runsheet.athena_queries import results, service
from runsheet.athena_queries import table as queries
from runsheet.athena_queries.model import AthenaQuery
from runsheet.engine import cells, report
from runsheet.engine.compression import compressed
from runsheet.engine.errors import ReportFailed, amounts_too_large, too_large
from runsheet.engine.report import Export
from runsheet.engine.run import REFUSED
from runsheet.engine.upload import Upload
from runsheet.report_runs import failures, table
from runsheet.report_runs.manifest import Made
from runsheet.runtime import clients, clock
from runsheet.runtime.observability import logger
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runsheet.athena import Statement
    from runsheet.athena_queries.model import Look
    from runsheet.engine.inputs import Inputs
    from runsheet.report_runs.model import ReportRun
    from runsheet.report_runs.task import Task

_DAY_SECONDS = 24 * 60 * 60
# Blocks of a result, of 16 MB, between two notes of the progress.
_PROGRESS_EVERY = 8
# Athena's words for what another query would only repeat. At its work group's limit a query is CANCELLED, not FAILED.
_REPEATED = {
    "Bytes scanned limit was exceeded": failures.scan_limit_exceeded,
    "Query exhausted resources": too_large,
    "Query timeout": too_large,
    "NUMERIC_VALUE_OUT_OF_RANGE": amounts_too_large,
}
# Behind the message of a refusal Athena says which database it was, and where to ask for help.
_REFUSAL = re.compile(
    rf"{REFUSED}(?P<code>\w+): (?P<message>.*?)(?:\s*This query ran against the .*)?$", re.DOTALL
)


class QueryFailed(Exception):
    """A query came to nothing for no reason of the run's own: the next attempt starts another."""


def begin(
    run: ReportRun, lease: str, inputs: Inputs, fingerprint: str | None, check: Callable[[], None]
) -> bool:
    """Start the query of a run, and leave the run to it; False if Athena cannot do it.

    Raises:
        LeaseLost: the run has ended, or another worker has it; the query was stopped.
        ReportFailed: the run cannot succeed as it is, or its organisation has used up its day.
    """
    if not service.may_scan(run.tenant):
        raise failures.scan_limit_reached()
    with report.prepared(run.tenant, inputs, is_rendered=False, check=check) as (prepared, _):
        try:
            made = athena.statement(run.tenant, prepared)
        except ReportFailed as failed:
            logger.warning("Athena cannot do the run", extra={"run": run.id, "reason": failed.message})
            return False
        titles = prepared.titles
    query_id = service.start(run.tenant, made.sql, made.parameters, token=token(run, made))
    query = AthenaQuery(
        id=query_id,
        tenant=run.tenant,
        run_id=run.id,
        titles=titles,
        data_versions={name: snapshot.version for name, snapshot in inputs.snapshots.items()},
        fingerprint=fingerprint,
        expires_at=run.deadline + _DAY_SECONDS,
    )
    if not table.note_query(run, lease, query, now=clock.seconds()):
        service.stop(query_id, run.tenant)
        raise leases.LeaseLost
    return True


def token(run: ReportRun, made: Statement) -> str:
    """Return what Athena tells a repeated request by: a worker that dies before it notes its query starts no second one.

    A query that came to nothing is not found again, nor is one of data that has changed since: Athena refuses a token that
    comes with another statement.
    """
    digest = hashlib.sha256(json.dumps([made.sql, made.parameters]).encode()).hexdigest()
    return f"{run.id}-{run.queries}-{digest[:32]}"


def finish(run: ReportRun, lease: str, task: Task) -> Made | None:
    """Make the result of the run's query the run's; None if it runs still, and the run waits on.

    Raises:
        LeaseLost: the run has ended, or another worker has it; nothing of the result is left.
        QueryFailed: another try may succeed, with another query.
        ReportFailed: no other try would.
    """
    query = queries.get(str(run.query_id))
    if query is None:
        table.forget_query(run, lease)
        raise QueryFailed("what was noted of the query is gone")
    seen = service.look(query.id)
    if not seen.is_over:
        table.wait(run, lease, now=clock.seconds())
        return None
    service.count(query, seen)
    if seen.state != "SUCCEEDED":
        failed = failure_of(seen)
        if failed is not None:
            raise failed
        table.forget_query(run, lease)
        # Athena's words may quote a record.
        raise QueryFailed(f"the query {query.id} failed: {seen.error}")
    export = _sent(run, query, task)
    return Made(
        task.report_type,
        task.parameters,
        query.data_versions,
        export,
        query.fingerprint,
        engine="athena",
    )


def failure_of(seen: Look) -> ReportFailed | None:
    """Return the end of a run whose query has failed, if another try would only repeat it; else None."""
    for words, failed in _REPEATED.items():
        if words in seen.reason:
            return failed()
    refusal = _REFUSAL.search(seen.reason)
    if refusal is not None:
        return ReportFailed(refusal["code"], refusal["message"])
    if seen.state == "CANCELLED":
        return failures.query_stopped()
    return None


def _sent(run: ReportRun, query: AthenaQuery, task: Task) -> Export:
    """Send the result on under our header, and return what was written."""

    def read() -> Iterator[bytes]:
        for number, (block, share) in enumerate(results.blocks(query.id), start=1):
            task.check()
            yield block
            if number % _PROGRESS_EVERY == 0:
                task.on_progress(share)

    records = results.Body(read())
    report_type, bound = task.report_type, task.parameters
    with (
        Upload(clients.s3(), settings().results_bucket, task.key, task.content_type) as upload,
        compressed(upload, bound.compress, f"{run.id}.{bound.format}", clock.now()) as body,
    ):
        body.write(cells.header_line(query.titles, quotes=report_type.quotes))
        for block in records:
            body.write(athena.cells_of(report_type, block))
        rows, sums = athena.totals(records.last)
        task.on_progress(1.0)
        body.finish()
        return Export(
            rows=rows,
            size=upload.size,
            sha256=upload.sha256,
            crc32=f"{upload.crc32:08x}",
            columns=len(query.titles),
            sums=sums,
        )

"""Carry a run out: the only part that needs the engine, so that the API functions start without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from runsheet import catalog, ids, leases
from runsheet.athena_queries import service as athena_queries
from runsheet.athena_queries import threshold
from runsheet.datasets import service as datasets
from runsheet.engine import report
from runsheet.engine.errors import ReportFailed
from runsheet.engine.fingerprint import fingerprint
from runsheet.engine.inputs import Inputs
from runsheet.errors import InvalidRequest, NotFound
from runsheet.files.model import CONTENT_TYPES, File
from runsheet.organisations import service as organisations
from runsheet.report_runs import concurrency, failures, kept_parts, reuse, table
from runsheet.report_runs import manifest as manifests
from runsheet.report_runs.manifest import Made
from runsheet.report_runs.task import Task
from runsheet.runtime import clients, clock
from runsheet.runtime.observability import logger
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from runsheet.catalog import BoundParameters
    from runsheet.files.model import FileType
    from runsheet.report_runs.model import ReportRun, RunRequested


def execute(message: RunRequested) -> None:
    """Run one report and store its CSV, once, however often the message comes.

    A run that ended or that another worker holds is left alone, and so is one whose organisation has as many runs worked on
    as it may have: it waits. An unexpected error gives the lease back and is raised, so that the queue tries again;
    after `leases.MAX_ATTEMPTS` the run fails.
    """
    lease = ids.new_id("lease", clock.now())
    run = table.take(message.tenant, message.run_id, lease, now=clock.seconds())
    if run is None:
        return
    if run.attempts > leases.MAX_ATTEMPTS:
        given_up = failures.internal_error()
        table.fail(run, error=given_up.message, code=given_up.code)
        return
    if concurrency.enter(run, lease):
        try:
            _attempt(run, lease)
        finally:
            concurrency.leave(run, lease)


def _attempt(run: ReportRun, lease: str) -> None:
    try:
        _carry_out(run, lease)
    except leases.LeaseLost:
        logger.info("the run was cancelled, or another worker has it", extra={"run": run.id})
    except ReportFailed as failed:
        table.fail(run, error=failed.message, code=failed.code)
    except (InvalidRequest, NotFound) as refused:
        # A run of a config carries what was right when the config was made, maybe releases ago.
        invalid = failures.parameters_invalid(refused.message)
        table.fail(run, error=invalid.message, code=invalid.code)
    except Exception:
        table.release(run, lease, now=clock.seconds())
        raise


def _carry_out(run: ReportRun, lease: str) -> None:
    report_type = catalog.report_type(run.report_type)
    bound = report_type.bind(run.bindable)
    if bound.fail is not None:
        raise failures.forced(bound.fail)
    ending, file_type = file_form(bound)
    # It shows in the addresses that file links lead to, so it does not say whose it is.
    key = f"results/{run.id}/{lease}.{ending}"
    progress = 0.0

    def note(share: float) -> None:
        nonlocal progress
        progress = round(share, 3)
        table.extend(run, lease, progress=progress, now=clock.seconds())

    with leases.kept(lambda: note(progress)) as check:
        make = _rendered if run.query_id is None else _queried
        made = make(run, lease, Task(report_type, bound, key, CONTENT_TYPES[file_type], note, check))
    if made is not None:
        _end(run, lease, made, key, file_type)


def _rendered(run: ReportRun, lease: str, task: Task) -> Made | None:
    """Make the result in this process; None if the run has ended with another's, or went to Athena."""
    report_type, bound = task.report_type, task.parameters
    inputs = Inputs(
        report_type,
        bound,
        {dataset: datasets.snapshot(run.tenant, dataset) for dataset in report_type.reads},
        organisations.family(run.tenant.organisation_id) if report_type.reads_organisations else (),
    )
    mark = fingerprint(inputs, manifests.in_force(report_type, bound))
    if _given_again(run, lease, bound, mark):
        return None
    if threshold.is_reached(inputs):
        from runsheet.report_runs import querying  # noqa: PLC0415 - with all that translates SQL

        if querying.begin(run, lease, inputs, mark, task.check):
            return None
    export = report.export(
        run.tenant,
        inputs,
        bucket=settings().results_bucket,
        key=task.key,
        content_type=task.content_type,
        name=f"{run.id}.{bound.format}",
        on_progress=task.on_progress,
        check=task.check,
        find_kept=kept_parts.finder(run.tenant, refresh=bound.refresh),
    )
    versions = {name: snapshot.version for name, snapshot in inputs.snapshots.items()}
    return Made(report_type, bound, versions, export, mark)


def _queried(run: ReportRun, lease: str, task: Task) -> Made | None:
    from runsheet.report_runs import querying  # noqa: PLC0415 - with all that translates SQL

    return querying.finish(run, lease, task)


def _end(run: ReportRun, lease: str, made: Made, key: str, file_type: FileType) -> None:
    now = clock.now()
    created = int(now.timestamp())
    file = File(
        id=ids.new_id("file", now),
        key=key,
        filename=f"{run.id}{key[key.index('.') :]}",
        title=f"FinanceReportRun {run.id}",
        size=made.export.size,
        sha256=made.export.sha256,
        crc32=made.export.crc32,
        row_count=made.export.rows,
        created=created,
        expires_at=created + settings().retention_seconds,
        type=file_type,
    )
    manifest = manifests.manifest(run, made, file)
    manifests.store(manifest, file)
    also = kept_parts.keep(run.tenant, made.export.kept, file)
    shown = manifest.model_dump(mode="json")
    mark = made.fingerprint
    if not table.succeed(run, lease, file, now=created, manifest=shown, fingerprint=mark, also=also):
        # Nothing names the objects, which may hold what a customer has cancelled for a reason.
        for name in (key, key + manifests.SUFFIX, *([key + kept_parts.SUFFIX] if also else [])):
            clients.s3().delete_object(Bucket=settings().results_bucket, Key=name)
        raise leases.LeaseLost
    if run.query_id is not None:
        athena_queries.delete_result(run.query_id)


def file_form(bound: BoundParameters) -> tuple[str, FileType]:
    """Return the end of the name of a run's file, such as `csv.gz`, and its type."""
    if bound.compress is not None:
        file_type: FileType = "gz" if bound.compress == "gzip" else "zip"
        return f"{bound.format}.{file_type}", file_type
    plain: FileType = cast("FileType", bound.format)
    return plain, plain


def _given_again(run: ReportRun, lease: str, bound: BoundParameters, mark: str | None) -> bool:
    """End the run with the result of the same inputs, if there is one and no other is asked for."""
    if mark is None or bound.refresh:
        return False
    found = reuse.find(run.tenant, mark, now=clock.seconds())
    if found is None:
        return False
    if not table.succeed_with(run, lease, found, now=clock.seconds()):
        raise leases.LeaseLost
    return True

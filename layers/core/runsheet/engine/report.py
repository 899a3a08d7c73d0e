"""Runs a report: its SQL over the tenant's files, rendered by DuckDB, to a file in S3.

A report that keeps its records' order is cut into consecutive parts. Two workers render them to files in
/tmp, and they are sent in order while the next ones are made, so memory and disk do not grow with the result. The
parts of a Parquet file are joined on disk, as its end must be known before its beginning is. Parts that an earlier result
has are not rendered: S3 copies them.
"""

from __future__ import annotations

import errno
import re
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import duckdb

from runsheet.engine import fingerprint, kept_parts, session
from runsheet.engine.compression import compressed
from runsheet.engine.credentials import lake_credentials
from runsheet.engine.cutting import rows_per_part, threads
from runsheet.engine.errors import OriginalGone, ReportFailed, amounts_too_large, too_large
from runsheet.engine.kept_parts import KeptResult
from runsheet.engine.relations import relation
from runsheet.engine.run import REFUSED, Run
from runsheet.engine.totals import Totals
from runsheet.engine.upload import Original, Upload
from runsheet.runtime import clients, clock
from runsheet.runtime.observability import logger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from runsheet.datasets.model import Snapshot
    from runsheet.engine.compression import Body, JoinedBody
    from runsheet.engine.inputs import Inputs
    from runsheet.tenancy import Tenant

# How a refusal by a report's SQL is told from DuckDB's own complaints.
_REFUSAL = re.compile(rf"{REFUSED}(?P<code>\w+): (?P<message>.*)", re.DOTALL)


@dataclass(frozen=True)
class Export:
    """What was written.

    Attributes:
        rows: how many, without the header line.
        size: bytes of the object.
        sha256: of the object, hex; None where parts of it were copied.
        crc32: of the object, hex.
        columns: how many.
        sums: what the amounts add up to, in minor units, by currency (None: an amount of none) and column.
        kept: its parts, for a later run; None if there is nothing to be kept.
    """

    rows: int
    size: int
    sha256: str | None
    crc32: str
    columns: int
    sums: Mapping[tuple[str | None, str], int]
    kept: KeptResult | None = None


def export(  # noqa: PLR0913 - what it is made of, where it goes, and what is asked while it is made
    tenant: Tenant,
    inputs: Inputs,
    *,
    bucket: str,
    key: str,
    content_type: str = "text/csv; charset=utf-8",
    name: str = "report.csv",
    on_progress: Callable[[float], None],
    check: Callable[[], None] = lambda: None,
    find_kept: Callable[[str], KeptResult | None] = lambda _: None,
) -> Export:
    """Run a report and put its result at `bucket`/`key`, replacing what is there.

    Args:
        tenant: whose data: every file of the snapshots is under the tenant's prefix, and the session's
            credentials reach no other.
        inputs: the report and what it is made from.
        bucket: where the result goes, with the function's own role.
        key: the result's key.
        content_type: of the object.
        name: of the file in a zip.
        on_progress: told the share that is done (up to 1.0) as parts are sent; if it raises, the export ends.
        check: called twice a second while there is nothing but to wait; if it raises, the export ends as well.
        find_kept: asked for the tenant's earlier result of a family, in the same bucket, if the run is large enough.

    Raises:
        ReportFailed: the run cannot succeed as it is.
        ValueError: a snapshot holds a file that is not the tenant's.
    """
    try:
        with (
            prepared(tenant, inputs, check=check) as (run, connection),
            Upload(clients.s3(), bucket, key, content_type) as upload,
            compressed(upload, inputs.parameters.compress, name, clock.now()) as body,
        ):
            body.write(run.header())
            totals, kept = Totals(), None
            if run.keeps_parts:
                family = fingerprint.family(inputs, run.columns)
                found = find_kept(family)
                parts = kept_parts.join(run, connection, cast("JoinedBody", body), found, on_progress)
                body.finish()
                made = KeptResult(family, Original(bucket, key, upload.etag), upload.size, parts)
                kept = made if kept_parts.takes_place_of(made, found) else None
                for part in parts:
                    totals.add(part.totals)
            else:
                _render(run, connection, body, totals, on_progress)
                body.finish()
            return Export(
                rows=totals.rows,
                size=upload.size,
                sha256=upload.sha256,
                crc32=f"{upload.crc32:08x}",
                columns=len(run.titles),
                sums=totals.sums,
                kept=kept,
            )
    except OriginalGone:
        # Deleted by hand, or by its expiry at this moment: nothing depends on it.
        logger.info("the earlier result is gone, so all of this one is rendered")
        return export(
            tenant,
            inputs,
            bucket=bucket,
            key=key,
            content_type=content_type,
            name=name,
            on_progress=on_progress,
            check=check,
        )


def _render(
    run: Run,
    connection: duckdb.DuckDBPyConnection,
    body: Body,
    totals: Totals,
    on_progress: Callable[[float], None],
) -> None:
    steps = len(run.parts) + run.is_whole
    with closing(run.render(connection)) as parts:
        for done, (path, found) in enumerate(parts, start=1):
            if not run.is_whole:
                body.write_file(path)
            totals.add(found)
            on_progress(done / steps)
    if run.is_whole:
        body.write_file(run.whole(connection))
        on_progress(1.0)


@contextmanager
def prepared(
    tenant: Tenant, inputs: Inputs, *, is_rendered: bool = True, check: Callable[[], None] = lambda: None
) -> Iterator[tuple[Run, duckdb.DuckDBPyConnection]]:
    """Open a locked session over the tenant's files, and yield it with the run that is ready to be rendered in it.

    `check` is as for `export`; `is_rendered` says whether it will be.

    Raises:
        ReportFailed: the run cannot succeed as it is; also of what the body raises.
        ValueError: a snapshot holds a file that is not the tenant's.
    """
    report_type = inputs.report_type
    for snapshot in inputs.snapshots.values():
        _require_own(tenant, snapshot)
    relations = {dataset: relation(inputs.snapshots[dataset]) for dataset in report_type.reads}
    with (
        _failures_in_words(),
        tempfile.TemporaryDirectory(prefix="export-") as directory,
        ThreadPoolExecutor(1, thread_name_prefix="credentials") as worker,
    ):
        # Beside the session: in a new process either takes a tenth of a second.
        credentials = worker.submit(lake_credentials, tenant)
        with session.connect(directory=Path(directory), threads=threads(report_type)) as connection:
            run = Run(
                report_type,
                inputs.parameters,
                relations,
                Path(directory),
                rows_per_part(report_type, inputs.parameters, relations.values()),
                inputs.organisations,
                check,
            )
            session.attach_lake(connection, credentials.result())
            if is_rendered:
                run.gather(connection)
            session.lock(connection, run.paths)
            run.prepare(connection)
            yield run, connection


def _require_own(tenant: Tenant, snapshot: Snapshot) -> None:
    prefix = f"lake/{snapshot.schema.dataset}/{tenant.organisation_id}/{tenant.mode}/"
    for file in snapshot.files:
        if not file.key.startswith(prefix):
            raise ValueError(f"{file.key} is not under {prefix}")


@contextmanager
def _failures_in_words() -> Iterator[None]:
    try:
        yield
    except duckdb.InvalidInputException as error:
        refusal = _REFUSAL.search(str(error))
        if refusal is None:
            raise
        raise ReportFailed(refusal["code"], refusal["message"]) from None
    except (duckdb.OutOfRangeException, duckdb.ConversionException) as error:
        raise amounts_too_large() from error
    except duckdb.OutOfMemoryException as error:
        raise too_large() from error
    except (duckdb.IOException, OSError) as error:
        if getattr(error, "errno", None) == errno.ENOSPC or "No space left" in str(error):
            raise too_large() from error
        raise

"""Runs a report: its SQL over the tenant's files, rendered by DuckDB, to a file in S3.

A report that keeps its records' order is cut into consecutive parts. Two workers render them to files in
/tmp, and they are sent in order while the next ones are made, so memory and disk do not grow with the result. The
parts of a Parquet file are joined on disk, as its end must be known before its beginning is.
"""

from __future__ import annotations

import errno
import re
import tempfile
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from runsheet.engine import session
from runsheet.engine.compression import compressed
from runsheet.engine.credentials import lake_credentials
from runsheet.engine.errors import ReportFailed, amounts_too_large, too_large
from runsheet.engine.relations import relation
from runsheet.engine.run import REFUSED, Run, rows_per_part, threads
from runsheet.engine.upload import Upload
from runsheet.runtime import clients, clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from runsheet.datasets.model import Snapshot
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
        sha256: of the object, hex.
        columns: how many.
        sums: what the amounts add up to, in minor units, by currency (None: an amount of none) and column.
    """

    rows: int
    size: int
    sha256: str
    columns: int
    sums: Mapping[tuple[str | None, str], int]


def export(
    tenant: Tenant,
    inputs: Inputs,
    *,
    bucket: str,
    key: str,
    content_type: str = "text/csv; charset=utf-8",
    name: str = "report.csv",
    on_progress: Callable[[float], None],
    check: Callable[[], None] = lambda: None,
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

    Raises:
        ReportFailed: the run cannot succeed as it is.
        ValueError: a snapshot holds a file that is not the tenant's.
    """
    with (
        prepared(tenant, inputs, check=check) as (run, connection),
        closing(run.render(connection)) as parts,
        Upload(clients.s3(), bucket, key, content_type) as upload,
        compressed(upload, inputs.parameters.compress, name, clock.now()) as body,
    ):
        body.write(run.header())
        steps = len(run.parts) + run.is_whole
        for done, (path, _) in enumerate(parts, start=1):
            if not run.is_whole:
                body.write_file(path)
            on_progress(done / steps)
        if run.is_whole:
            body.write_file(run.whole(connection))
            on_progress(1.0)
        body.finish()
        return Export(
            rows=run.totals.rows,
            size=upload.size,
            sha256=upload.sha256,
            columns=len(run.titles),
            sums=run.totals.sums,
        )


@contextmanager
def prepared(
    tenant: Tenant, inputs: Inputs, *, check: Callable[[], None] = lambda: None
) -> Iterator[tuple[Run, duckdb.DuckDBPyConnection]]:
    """Open a locked session over the tenant's files, and yield it with the run that is ready to be rendered in it.

    `check` is as for `export`.

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
        session.connect(directory=Path(directory), threads=threads(report_type)) as connection,
    ):
        part_size = rows_per_part(report_type, inputs.parameters, relations.values())
        run = Run(
            report_type,
            inputs.parameters,
            relations,
            Path(directory),
            part_size,
            inputs.organisations,
            check,
        )
        session.attach_lake(connection, lake_credentials(tenant))
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

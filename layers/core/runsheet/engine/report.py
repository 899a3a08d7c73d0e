"""Runs a report: its SQL over the tenant's files, rendered by DuckDB, to a CSV in S3.

A report that keeps its records' order is cut into consecutive parts. Two workers render them to files in
/tmp, and they are sent in order while the next ones are made, so memory and disk do not grow with the result.
"""

from __future__ import annotations

import errno
import tempfile
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from runsheet.engine import cells, session, slices
from runsheet.engine.credentials import lake_credentials
from runsheet.engine.errors import too_large
from runsheet.engine.relations import naive, relation
from runsheet.engine.timezones import local_time
from runsheet.engine.upload import Upload
from runsheet.runtime import clients

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
    from datetime import datetime

    from runsheet.catalog import BoundParameters, ReportType
    from runsheet.datasets.model import Snapshot
    from runsheet.engine.relations import Relation
    from runsheet.tenancy import Tenant

# As many as the worker's size of Lambda has processors. A third would hide more of S3's latency, for 45 MB.
WORKERS = 2
# One part is being sent, and one may be waiting for it, while the workers make the next ones.
_AHEAD = WORKERS + 1
_FILES = _AHEAD + 1
# A part is about this large: 4 of them fit /tmp several times over, in case the texts are long.
_PART_BYTES = 128 * 1024 * 1024
_CELL_BYTES = 16
# A smaller part costs more to plan than to render.
_FEWEST_ROWS = 20_000


@dataclass(frozen=True)
class Export:
    """What was written: rows without the header line, bytes, and the SHA-256 (hex) of the object."""

    rows: int
    size: int
    sha256: str


def export(
    tenant: Tenant,
    report_type: ReportType,
    parameters: BoundParameters,
    snapshots: Mapping[str, Snapshot],
    *,
    bucket: str,
    key: str,
    on_progress: Callable[[float], None],
) -> Export:
    """Run a report and put its CSV at `bucket`/`key`, replacing what is there.

    Args:
        tenant: whose data: every file of the snapshots is under the tenant's prefix, and the session's
            credentials reach no other.
        report_type: what to run.
        parameters: of the run, from `report_type.bind`.
        snapshots: the tenant's files of every dataset that the report type reads.
        bucket: where the result goes, with the function's own role.
        key: the result's key.
        on_progress: told the share that is done (up to 1.0) as parts are sent; if it raises, the export ends.

    Raises:
        ReportFailed: the run cannot succeed as it is.
        ValueError: a snapshot holds a file that is not the tenant's.
    """
    for snapshot in snapshots.values():
        _require_own(tenant, snapshot)
    relations = {dataset: relation(snapshots[dataset]) for dataset in report_type.reads}
    with (
        _failures_in_words(),
        tempfile.TemporaryDirectory(prefix="export-") as directory,
        session.connect(directory=Path(directory), threads=_threads(report_type)) as connection,
    ):
        part_size = rows_per_part(parameters, relations.values())
        run = Run(report_type, parameters, relations, Path(directory), part_size)
        session.attach_lake(connection, lake_credentials(tenant))
        session.lock(connection, run.paths)
        run.prepare(connection)
        with closing(run.render(connection)) as parts, Upload(clients.s3(), bucket, key) as upload:
            upload.write(cells.header_line(parameters.columns))
            rows = 0
            for done, (path, count) in enumerate(parts, start=1):
                upload.write_file(path)
                rows += count
                on_progress(done / len(run.parts))
            upload.finish()
            return Export(rows=rows, size=upload.size, sha256=upload.sha256)


@dataclass
class Run:
    """One run: its relations, the parts it is made in, and the files that they pass through.

    Attributes:
        report_type: what to run.
        parameters: of the run.
        relations: the files of each dataset that it reads.
        directory: where the parts are written; nothing else is.
        rows_per_part: about how many records make a part.
    """

    report_type: ReportType
    parameters: BoundParameters
    relations: Mapping[str, Relation]
    directory: Path
    rows_per_part: int
    parts: list[tuple[datetime | None, datetime | None]] = field(init=False)

    def __post_init__(self) -> None:
        start = None if self.parameters.interval_start is None else naive(self.parameters.interval_start)
        end = None if self.parameters.interval_end is None else naive(self.parameters.interval_end)
        if self.report_type.records == "all":
            start = end = None
        elif self.report_type.records == "before_end":
            start = None
        self.relations = {name: part.within(start, end) for name, part in self.relations.items()}
        self.parts = [(start, end)]
        if self.report_type.in_order and start is not None and end is not None:
            (only,) = self.relations.values()
            self.parts = list(slices.cut(only, start, end, rows=self.rows_per_part))

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that the run's session may open: what it reads, and the files of its parts."""
        read = (path for part in self.relations.values() for path in part.paths)
        return (*read, *(str(self._file(number)) for number in range(_FILES)))

    def prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make in the session what the report's SQL and its relations refer to."""
        near = None
        if self.parameters.interval_start is not None and self.parameters.interval_end is not None:
            near = (self.parameters.interval_start, self.parameters.interval_end)
        zone = self.parameters.values.get("timezone") or "Etc/UTC"
        connection.execute("create macro money(minor, currency) as {'minor': minor, 'currency': currency}")
        connection.execute(f"create macro local_time(moment) as {local_time('moment', zone, near)}")
        for part in self.relations.values():
            part.prepare(connection)

    def render(self, connection: duckdb.DuckDBPyConnection) -> Generator[tuple[Path, int]]:
        """Yield the parts in order: a file of CSV lines, removed afterwards, and how many rows it has."""
        cursors = [connection.cursor() for _ in range(min(WORKERS, len(self.parts)))]
        idle = deque(cursors)
        waiting = deque(enumerate(self.parts))
        running: deque[tuple[Path, Future[int]]] = deque()
        with ThreadPoolExecutor(len(cursors), thread_name_prefix="render") as workers:

            def render_one(path: Path, bounds: tuple[datetime | None, datetime | None]) -> int:
                cursor = idle.popleft()
                try:
                    return self._copy(cursor, path, bounds)
                finally:
                    idle.append(cursor)

            def start() -> None:
                while waiting and len(running) < _AHEAD:
                    number, bounds = waiting.popleft()
                    path = self._file(number % _FILES)
                    running.append((path, workers.submit(render_one, path, bounds)))

            try:
                start()
                while running:
                    path, rows = running.popleft()
                    count = rows.result()
                    start()
                    yield path, count
                    path.unlink()
            finally:
                for _, rows in running:
                    rows.cancel()
                for cursor in cursors:
                    cursor.interrupt()

    def query(self, bounds: tuple[datetime | None, datetime | None]) -> tuple[str, dict[str, Any]]:
        """Return the SQL of the CSV's lines of one part, in order, and what to bind to it."""
        start, end = bounds
        given = dict(self.parameters.values)
        if self.report_type.in_order:
            given |= {"interval_start": start, "interval_end": end}
        datasets = ", ".join(f"{name} as ({part.sql(start, end)})" for name, part in self.relations.items())
        select, keys = cells.select_list(
            self.report_type, self.parameters.columns, given.get("decimal_separator")
        )
        rows = self.report_type.sql
        if not self._keeps_order(bounds):
            rows = f"select * from ({rows}) as report order by {self.report_type.order_by}"  # noqa: S608
        line = cells.line(len(self.parameters.columns))
        sql = f"with {datasets} select {line} from (select {select} from ({rows}) as report)"  # noqa: S608
        (statement,) = duckdb.extract_statements(sql)
        return sql, {
            name: value for name, value in (given | keys).items() if name in statement.named_parameters
        }

    def _copy(
        self, cursor: duckdb.DuckDBPyConnection, path: Path, bounds: tuple[datetime | None, datetime | None]
    ) -> int:
        sql, given = self.query(bounds)
        cursor.execute(f"copy ({sql}) to {session.literal(str(path))} ({cells.COPY_OPTIONS})", given)
        answer = cursor.fetchone()
        return int(answer[0]) if answer else 0

    def _keeps_order(self, bounds: tuple[datetime | None, datetime | None]) -> bool:
        if not self.report_type.in_order:
            return False
        (only,) = self.relations.values()
        return only.within(*bounds).is_in_order()

    def _file(self, number: int) -> Path:
        return self.directory / f"part-{number}.csv"


def rows_per_part(parameters: BoundParameters, relations: Iterable[Relation]) -> int:
    """Return how many records make a part: not too large for /tmp, and enough parts to keep the workers busy."""
    most = _PART_BYTES // (_CELL_BYTES * len(parameters.columns))
    records = sum(source.rows for part in relations for source in (*part.base, *part.recent))
    return min(most, max(records // (2 * WORKERS), _FEWEST_ROWS))


def _threads(report_type: ReportType) -> int | None:
    """Return one thread for each worker: it takes the rows as they come, where several would queue them up."""
    return 1 if report_type.in_order else None


def _require_own(tenant: Tenant, snapshot: Snapshot) -> None:
    prefix = f"lake/{snapshot.schema.dataset}/{tenant.organisation_id}/{tenant.mode}/"
    for file in snapshot.files:
        if not file.key.startswith(prefix):
            raise ValueError(f"{file.key} is not under {prefix}")


@contextmanager
def _failures_in_words() -> Iterator[None]:
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise too_large() from error
    except (duckdb.IOException, OSError) as error:
        if getattr(error, "errno", None) == errno.ENOSPC or "No space left" in str(error):
            raise too_large() from error
        raise

"""Runs a report: its SQL over the tenant's files, rendered by DuckDB, to a CSV in S3.

A report that keeps its records' order is cut into consecutive parts. Two workers render them to files in
/tmp, and they are sent in order while the next ones are made, so memory and disk do not grow with the result.
"""

from __future__ import annotations

import tempfile
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from runsheet.engine import cells, metadata, pivot, session, slices
from runsheet.engine.credentials import lake_credentials
from runsheet.engine.errors import REFUSED, failures_in_words
from runsheet.engine.relations import naive, relation
from runsheet.engine.timezones import local_time
from runsheet.engine.upload import Upload
from runsheet.runtime import clients

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from runsheet.catalog import BoundParameters, ReportType
    from runsheet.datasets.model import Snapshot
    from runsheet.engine.metadata import Look
    from runsheet.engine.pivot import PivotColumn
    from runsheet.engine.relations import Relation
    from runsheet.organisations.model import RelatedOrganisation
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
# Every one may open a row of its own in the making, with a sum for each of the pivot's columns.
_PIVOT_RECORDS = 500_000
_UNBOUNDED = (None, None)


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
    organisations: Sequence[RelatedOrganisation] = (),
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
        organisations: the tenant's organisation and its children, if the report type reads them.
        bucket: where the result goes, with the function's own role.
        key: the result's key.
        on_progress: told the share that is done (up to 1.0) as parts are sent; if it raises, the export ends.

    Raises:
        ReportFailed: the run cannot succeed as it is.
        ValueError: a snapshot holds a file that is not the tenant's.
    """
    with (
        prepared(tenant, report_type, parameters, snapshots, organisations) as (run, connection),
        closing(run.render(connection)) as parts,
        Upload(clients.s3(), bucket, key) as upload,
    ):
        upload.write(run.header())
        rows = 0
        for done, (path, count) in enumerate(parts, start=1):
            upload.write_file(path)
            rows += count
            on_progress(done / len(run.parts))
        upload.finish()
        return Export(rows=rows, size=upload.size, sha256=upload.sha256)


@contextmanager
def prepared(
    tenant: Tenant,
    report_type: ReportType,
    parameters: BoundParameters,
    snapshots: Mapping[str, Snapshot],
    organisations: Sequence[RelatedOrganisation] = (),
) -> Iterator[tuple[Run, duckdb.DuckDBPyConnection]]:
    """Open a locked session over the tenant's files, and yield it with the run that is ready to be rendered in it.

    Raises:
        ReportFailed: the run cannot succeed as it is; also of what the body raises.
        ValueError: a snapshot holds a file that is not the tenant's.
    """
    for snapshot in snapshots.values():
        _require_own(tenant, snapshot)
    relations = {dataset: relation(snapshots[dataset]) for dataset in report_type.reads}
    with (
        failures_in_words(),
        tempfile.TemporaryDirectory(prefix="export-") as directory,
        session.connect(directory=Path(directory), threads=_threads(report_type)) as connection,
    ):
        part_size = rows_per_part(report_type, parameters, relations.values())
        run = Run(report_type, parameters, relations, Path(directory), part_size, organisations)
        session.attach_lake(connection, lake_credentials(tenant))
        session.lock(connection, run.paths)
        run.prepare(connection)
        yield run, connection


@dataclass
class Run:
    """One run: its relations, the parts it is made in, and the files that they pass through.

    Attributes:
        report_type: what to run.
        parameters: of the run.
        relations: the files of each dataset that it reads.
        directory: where the parts are written; nothing else is.
        rows_per_part: about how many records make a part.
        organisations: the run's organisation and its children, for a report type that reads them.
        columns: the names of its columns, those included that the data decides; after `prepare`, as the others.
        parts: what it is made in: naive UTC, of the dataset's time.
        pivoted: the columns of its pivot.
    """

    report_type: ReportType
    parameters: BoundParameters
    relations: Mapping[str, Relation]
    directory: Path
    rows_per_part: int
    organisations: Sequence[RelatedOrganisation] = ()
    columns: tuple[str, ...] = field(init=False)
    parts: list[tuple[datetime | None, datetime | None]] = field(init=False)
    pivoted: tuple[PivotColumn, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        start, end = self._interval
        bounds = {"interval": (start, end), "before_end": (None, end), "all": (None, None)}
        self.relations = {
            name: part.within(*bounds[self.report_type.reads[name]]) for name, part in self.relations.items()
        }

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that the run's session may open: what it reads, and the files of its parts."""
        read = (path for part in self.relations.values() for path in part.paths)
        return (*read, *(str(self._file(number)) for number in range(_FILES)))

    def prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make in the session what the report's SQL and its relations refer to."""
        end = self.parameters.interval_end
        near = None if end is None else (self.parameters.interval_start or end, end)
        zone = self.parameters.values.get("timezone") or "Etc/UTC"
        connection.execute("create macro money(minor, currency) as {'minor': minor, 'currency': currency}")
        connection.execute(f"create macro local_time(moment) as {local_time('moment', zone, near)}")
        connection.execute(
            f"create macro refused(code, message) as error(concat('{REFUSED}', code, ': ', message))"
        )
        for part in self.relations.values():
            part.prepare(connection)
        if self.report_type.reads_organisations:
            _create_organisations(connection, self.organisations)
        for name, query in self.report_type.tables.items():
            sql = f"with {self._named(_UNBOUNDED)} {_nested(query)}"
            connection.execute(f"create table {name} as {sql}", _named_in(sql, self.parameters.values))
        self.pivoted = pivot.columns(connection, self.report_type)

        def look(select: str, rest: str = "") -> list[tuple[Any, ...]]:
            sql = f"with {self._named(_UNBOUNDED)} {select} from ({self.report_type.sql}) as report {rest}"
            return connection.execute(sql, _named_in(sql, self.parameters.values)).fetchall()

        self.columns = metadata.with_every_key(self.parameters.columns, look)
        self.parts = list(self._cut(look))

    def header(self) -> bytes:
        """Return the first line of the CSV; after `prepare`."""
        titles = self.columns
        if self.report_type.pivot is not None:
            titles += tuple(column.title for column in self.pivoted)
        return cells.header_line(titles, quotes=self.report_type.quotes)

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
        """Return the SQL of the CSV's lines of one part, in order, and what to bind to it; after `prepare`."""
        start, end = bounds
        given = dict(self.parameters.values)
        if _is_cut(self.report_type):
            given |= {"part_start": start, "part_end": end}
            if self._is_about_interval:
                given |= {"interval_start": start, "interval_end": end}
        rows, known, names = self.report_type.sql, self.report_type.columns, self.columns
        if self.report_type.pivot is not None:
            rows, keys = pivot.gathered(self.report_type, self.pivoted, rows)
            given |= keys
            known = pivot.shown(self.report_type, self.pivoted)
            names = tuple(column.name for column in known)
        select, keys = cells.select_list(known, names, given.get("decimal_separator"))
        if not self._keeps_order(bounds):
            rows = f"select * from ({rows}) as report order by {self.report_type.order_by}"  # noqa: S608
        types = {column.name: column.type for column in known}
        line = cells.line(
            [self.report_type.quotes == "all" or types.get(name, "text") == "text" for name in names]
        )
        named = self._named(bounds if _is_cut(self.report_type) else _UNBOUNDED)
        sql = f"with {named} select {line} from (select {select} from ({rows}) as report)"  # noqa: S608
        return sql, _named_in(sql, given | keys)

    @property
    def _interval(self) -> tuple[datetime | None, datetime | None]:
        start, end = self.parameters.interval_start, self.parameters.interval_end
        return None if start is None else naive(start), None if end is None else naive(end)

    @property
    def _is_about_interval(self) -> bool:
        """Return whether the run's rows are those of records of its interval, by the dataset's time."""
        return self.report_type.pivot is not None or "interval" in self.report_type.reads.values()

    def _cut(self, look: Look) -> Sequence[tuple[datetime | None, datetime | None]]:
        """Return the parts: of the interval, or where that is about something else of all records that have rows."""
        start, end = self._interval
        if not _is_cut(self.report_type):
            return [(start, end)]
        # The run has more columns than it asked for where it asked for every key.
        rows = max(self.rows_per_part * len(self.parameters.columns) // len(self.columns), 1)
        if not self._is_about_interval:
            moment = self.report_type.order_by.split(",")[0]
            return slices.by_day(slices.days(moment, look), rows=rows)
        if start is None or end is None:
            return [(start, end)]
        # The parts are of the dataset that the report is about, which its header names first.
        timed = self.relations[self.report_type.timed[0]]
        cut = slices.cut(timed, start, end, rows=rows)
        if self.report_type.pivot is None:
            return cut
        return pivot.between_periods(cut, self.parameters.values[self.report_type.pivot.period])

    def _named(self, bounds: tuple[datetime | None, datetime | None]) -> str:
        """Return what the SQL names: the datasets, of those that are about time the records of a part, and the views."""
        reads = self.report_type.reads
        datasets = {
            name: self._records(
                part, bounds if reads[name] != "all" or _is_in_parts(self.report_type) else _UNBOUNDED
            )
            for name, part in self.relations.items()
        }
        return ", ".join(
            f"{name} as ({query})" for name, query in (datasets | dict(self.report_type.views)).items()
        )

    def _records(self, part: Relation, bounds: tuple[datetime | None, datetime | None]) -> str:
        """Return the query of a dataset's records: of the accounts that the run is about, and of a part."""
        conditions = []
        if part.schema.column("connected_account") is not None:
            conditions.append(_accounts(self.report_type, self.parameters))
        if bounds != _UNBOUNDED and not self._is_about_interval:
            conditions.append(f"{part.schema.time} >= $part_start and {part.schema.time} < $part_end")
        where = f" where {' and '.join(conditions)}" if conditions else ""
        return f"select * from ({part.sql(*bounds)}) as records{where}"  # noqa: S608 - names of the catalogue

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


def rows_per_part(report_type: ReportType, parameters: BoundParameters, relations: Iterable[Relation]) -> int:
    """Return how many records make a part: not too large for /tmp, and enough parts to keep the workers busy."""
    most = _PART_BYTES // (_CELL_BYTES * len(parameters.columns))
    if report_type.pivot is not None:
        most = _PIVOT_RECORDS
    records = sum(source.rows for part in relations for source in (*part.base, *part.recent))
    return min(most, max(records // (2 * WORKERS), _FEWEST_ROWS))


def _threads(report_type: ReportType) -> int | None:
    """Return one thread for each worker of parts: it takes the rows as they come, where several would queue them up."""
    return 1 if _is_cut(report_type) else None


def _is_cut(report_type: ReportType) -> bool:
    """Return whether the rows of consecutive parts are the rows of the whole."""
    return _is_in_parts(report_type) or report_type.pivot is not None


def _is_in_parts(report_type: ReportType) -> bool:
    return report_type.in_order or report_type.in_parts


def _accounts(report_type: ReportType, parameters: BoundParameters) -> str:
    """Return the condition on records for the accounts that a run is about."""
    if report_type.accounts == "own":
        return "connected_account is null"
    if parameters.values.get("connected_account") is not None:
        return "connected_account = $connected_account"
    if parameters.values.get("connected_accounts") is not None:
        return "list_contains($connected_accounts, connected_account)"
    return "connected_account is not null"


def _create_organisations(
    connection: duckdb.DuckDBPyConnection, related: Sequence[RelatedOrganisation]
) -> None:
    connection.execute(
        "create table organisations as select unnest($ids::varchar[]) as id, unnest($names::varchar[]) as name,"
        " unnest($own::boolean[]) as is_own, unnest($children::boolean[]) as is_child",
        {
            "ids": [one.id for one in related],
            "names": [one.name for one in related],
            "own": [one.is_own for one in related],
            "children": [one.is_child for one in related],
        },
    )


def _named_in(sql: str, given: Mapping[str, Any]) -> dict[str, Any]:
    (statement,) = duckdb.extract_statements(sql)
    # What a type does not take, the SQL that it has of another may still name.
    return {name: given.get(name) for name in statement.named_parameters}


def _nested(query: str) -> str:
    return f"select * from ({query}) as made"  # noqa: S608 - a query of the catalogue


def _require_own(tenant: Tenant, snapshot: Snapshot) -> None:
    prefix = f"lake/{snapshot.schema.dataset}/{tenant.organisation_id}/{tenant.mode}/"
    for file in snapshot.files:
        if not file.key.startswith(prefix):
            raise ValueError(f"{file.key} is not under {prefix}")

"""One run of a report: its relations, the parts that it is made in, and the files that they pass through."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from runsheet.engine import cells, json_lines, parquet, pivot, session, slices
from runsheet.engine.relations import naive
from runsheet.engine.rows import Rows, named_in
from runsheet.engine.timezones import local_time
from runsheet.engine.totals import Totals, money_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    import duckdb

    from runsheet.catalog import BoundParameters, ReportType
    from runsheet.engine.pivot import PivotColumn
    from runsheet.engine.relations import Relation
    from runsheet.organisations.model import RelatedOrganisation

Result = TypeVar("Result")

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
# How often a run that waits for a query asks whether it is still wanted.
_CHECK_SECONDS = 0.5
# The beginning of a refusal by a report's SQL.
REFUSED = "the report is refused, "


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
        check: called while a query runs; if it raises, the query is interrupted.
        totals: of the parts that were rendered.
    """

    report_type: ReportType
    parameters: BoundParameters
    relations: Mapping[str, Relation]
    directory: Path
    rows_per_part: int
    organisations: Sequence[RelatedOrganisation] = ()
    check: Callable[[], None] = lambda: None
    parts: list[tuple[datetime | None, datetime | None]] = field(init=False)
    pivoted: tuple[PivotColumn, ...] = field(init=False, default=())
    totals: Totals = field(init=False, default_factory=Totals)

    def __post_init__(self) -> None:
        start = None if self.parameters.interval_start is None else naive(self.parameters.interval_start)
        end = None if self.parameters.interval_end is None else naive(self.parameters.interval_end)
        bounds = {"interval": (start, end), "before_end": (None, end), "all": (None, None)}
        self.relations = {
            name: part.within(*bounds[self.report_type.reads[name]]) for name, part in self.relations.items()
        }
        self.parts = [(start, end)]
        if is_cut(self.report_type) and start is not None and end is not None:
            # The parts are of the dataset that the report is about, which its header names first.
            timed = self.relations[self.report_type.timed[0]]
            cut = slices.cut(timed, start, end, rows=self.rows_per_part)
            if self.report_type.pivot is not None:
                cut = pivot.between_periods(cut, self.parameters.values[self.report_type.pivot.period])
            self.parts = list(cut)

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that the run's session may open: what it reads, and the files of its parts."""
        read = (path for part in self.relations.values() for path in part.paths)
        return (*read, *(str(self._file(number)) for number in range(self._files)), str(self._result))

    def prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make in the session what the report's SQL and its relations refer to."""
        with ThreadPoolExecutor(1, thread_name_prefix="prepare") as worker:
            self._waited(worker.submit(self._prepare, connection), connection)

    def _prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        near = None
        if self.parameters.interval_start is not None and self.parameters.interval_end is not None:
            near = (self.parameters.interval_start, self.parameters.interval_end)
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
            sql = f"with {self._datasets(*_UNBOUNDED)} {_nested(query)}"
            connection.execute(f"create table {name} as {sql}", named_in(sql, self.parameters.values))
        self.pivoted = pivot.columns(connection, self.report_type)

    def header(self) -> bytes:
        """Return the first line of a CSV, nothing of other formats; after `prepare`."""
        if self.parameters.format != "csv":
            return b""
        return cells.header_line(self.titles, quotes=self.report_type.quotes)

    @property
    def titles(self) -> tuple[str, ...]:
        """The columns of the result by the names that they have in it; after `prepare`."""
        return (*self.parameters.columns, *(column.title for column in self.pivoted))

    def render(self, connection: duckdb.DuckDBPyConnection) -> Generator[tuple[Path, int]]:
        """Yield the parts in order: a file and how many rows it has. It is removed afterwards, unless `whole` needs it."""
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
                    path = self._file(number % self._files)
                    running.append((path, workers.submit(render_one, path, bounds)))

            try:
                start()
                while running:
                    path, rows = running.popleft()
                    count = self._waited(rows, *cursors)
                    start()
                    yield path, count
                    if not self.is_whole:
                        path.unlink()
            finally:
                for _, rows in running:
                    rows.cancel()
                for cursor in cursors:
                    cursor.interrupt()

    @property
    def is_whole(self) -> bool:
        """Whether the parts make one file, as `whole` does it: of Parquet, no part of a file can be sent before its end."""
        return self.parameters.format == "parquet"

    def whole(self, connection: duckdb.DuckDBPyConnection) -> Path:
        """Return the file that the parts make, in order; after all were rendered."""
        paths = [self._file(number) for number in range(len(self.parts))]
        if len(paths) == 1:
            return paths[0]
        sql = f"copy ({parquet.joined(paths)}) to {session.literal(str(self._result))} ({parquet.OPTIONS})"
        with ThreadPoolExecutor(1, thread_name_prefix="join") as worker:
            self._waited(worker.submit(connection.execute, sql), connection)
        return self._result

    def _waited(self, work: Future[Result], *connections: duckdb.DuckDBPyConnection) -> Result:
        """Return the result of work on another thread; if the run is no longer wanted, interrupt what it executes."""
        while not wait([work], _CHECK_SECONDS).done:
            try:
                self.check()
            except BaseException:
                # More than once: between two statements there is nothing to interrupt.
                interrupted = False
                while not interrupted:
                    for connection in connections:
                        connection.interrupt()
                    interrupted = bool(wait([work], _CHECK_SECONDS).done)
                raise
        return work.result()

    def rows(self, bounds: tuple[datetime | None, datetime | None]) -> Rows:
        """Return the rows of one part; after `prepare`."""
        start, end = bounds
        given = dict(self.parameters.values)
        if is_cut(self.report_type):
            given |= {"interval_start": start, "interval_end": end}
        sql, known, names = self.report_type.sql, self.report_type.columns, self.parameters.columns
        if self.report_type.pivot is not None:
            sql, keys = pivot.gathered(self.report_type, self.pivoted, sql)
            given |= keys
            known = pivot.shown(self.report_type, self.pivoted)
            names = tuple(column.name for column in known)
        return Rows(
            datasets=self._datasets(*(bounds if is_cut(self.report_type) else _UNBOUNDED)),
            sql=sql,
            order_by="" if self._keeps_order(bounds) else self.report_type.order_by,
            given=given,
            known=known,
            names=names,
        )

    def _datasets(self, start: datetime | None, end: datetime | None) -> str:
        """Return the datasets by name; of those that are about time, the files of a part."""
        reads = self.report_type.reads
        return ", ".join(
            f"{name} as ({part.sql(*(_UNBOUNDED if reads[name] == 'all' else (start, end)))})"
            for name, part in self.relations.items()
        )

    def _copy(
        self, cursor: duckdb.DuckDBPyConnection, path: Path, bounds: tuple[datetime | None, datetime | None]
    ) -> int:
        rows = self.rows(bounds)
        if not is_cut(self.report_type) and money_columns(rows):
            # They are written and added up.
            rows = rows.stored(cursor)
        sql, given, how = self._written(rows)
        cursor.execute(f"copy ({sql}) to {session.literal(str(path))} ({how})", given)
        answer = cursor.fetchone()
        written = int(answer[0]) if answer else 0
        self.totals.add(cursor, rows, written)
        return written

    def _written(self, rows: Rows) -> tuple[str, dict[str, Any], str]:
        """Return what is copied of rows, what to bind to it, and the options of COPY."""
        match self.parameters.format:
            case "jsonl":
                return *json_lines.lines(rows, self.titles), cells.COPY_OPTIONS
            case "parquet":
                how = parquet.OPTIONS if len(self.parts) == 1 else parquet.PART_OPTIONS
                return *parquet.typed(rows, self.titles), how
            case _:
                return *cells.lines(rows, quotes=self.report_type.quotes), cells.COPY_OPTIONS

    def _keeps_order(self, bounds: tuple[datetime | None, datetime | None]) -> bool:
        if not self.report_type.in_order:
            return False
        (only,) = self.relations.values()
        return only.within(*bounds).is_in_order()

    def _file(self, number: int) -> Path:
        return self.directory / f"part-{number}"

    @property
    def _files(self) -> int:
        return len(self.parts) if self.is_whole else _FILES

    @property
    def _result(self) -> Path:
        return self.directory / "result"


def rows_per_part(report_type: ReportType, parameters: BoundParameters, relations: Iterable[Relation]) -> int:
    """Return how many records make a part: not too large for /tmp, and enough parts to keep the workers busy."""
    most = _PART_BYTES // (_CELL_BYTES * len(parameters.columns))
    if report_type.pivot is not None:
        most = _PIVOT_RECORDS
    records = sum(source.rows for part in relations for source in (*part.base, *part.recent))
    return min(most, max(records // (2 * WORKERS), _FEWEST_ROWS))


def threads(report_type: ReportType) -> int | None:
    """Return one thread for each worker of parts: it takes the rows as they come, where several would queue them up."""
    return 1 if is_cut(report_type) else None


def is_cut(report_type: ReportType) -> bool:
    """Return whether the rows of consecutive parts of the interval are the rows of the whole."""
    return report_type.in_order or report_type.pivot is not None


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


def _nested(query: str) -> str:
    return f"select * from ({query}) as made"  # noqa: S608 - a query of the catalogue

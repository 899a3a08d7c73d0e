"""One run of a report: its relations, the parts that it is made in, and the files that they pass through."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from runsheet.engine import (
    cells,
    gathering,
    json_lines,
    metadata,
    needed,
    parquet,
    pivot,
    session,
    slices,
    timezones,
)
from runsheet.engine.cutting import CELL_BYTES, SORTED_SHARE, WORKERS, is_cut, is_in_parts, is_joined
from runsheet.engine.relations import Gathered, naive
from runsheet.engine.rows import Rows, named_in
from runsheet.engine.totals import Totals, money_columns, totals

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Generator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    import duckdb

    from runsheet.catalog import BoundParameters, ReportType
    from runsheet.engine.metadata import Look
    from runsheet.engine.pivot import PivotColumn
    from runsheet.engine.relations import Relation, Source
    from runsheet.organisations.model import RelatedOrganisation

Result = TypeVar("Result")

# One part is being sent, and one may be waiting for it, while the workers make the next ones.
_AHEAD = WORKERS + 1
_FILES = _AHEAD + 1
# Of a result that is made as a whole; they are named before it is known how many there will be.
_MOST_FILES = 1000
# A result of fewer bytes is made anew sooner than S3 is asked for what there is of it.
KEPT_BYTES = 32 * 1024 * 1024
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
        columns: the names of its columns, those included that the data decides; after `prepare`, as the others.
        parts: what it is made in: naive UTC, of the dataset's time.
        pivoted: the columns of its pivot.
        touched: the recent files that each part depends on, see `gathering.touched`; empty before `find_touched`.
    """

    report_type: ReportType
    parameters: BoundParameters
    relations: Mapping[str, Relation]
    directory: Path
    rows_per_part: int
    organisations: Sequence[RelatedOrganisation] = ()
    check: Callable[[], None] = lambda: None
    columns: tuple[str, ...] = field(init=False)
    parts: list[tuple[datetime | None, datetime | None]] = field(init=False)
    pivoted: tuple[PivotColumn, ...] = field(init=False, default=())
    touched: dict[tuple[datetime | None, datetime | None], Sequence[Source]] = field(
        init=False, default_factory=dict
    )
    _session: duckdb.DuckDBPyConnection | None = field(init=False, default=None, repr=False)

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
        recent = (part.gathered.held for part in self.relations.values() if part.gathered is not None)
        return (
            *read,
            *recent,
            *(str(self._file(number)) for number in range(self._files)),
            str(self._result),
        )

    def gather(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Read recent files once, for a run that is rendered, before its session is locked; else each part reads them."""
        with ThreadPoolExecutor(1, thread_name_prefix="gather") as worker:
            self._waited(worker.submit(self._gather, connection), connection)

    def _gather(self, connection: duckdb.DuckDBPyConnection) -> None:
        named = needed.columns(connection, self.report_type, self.parameters.columns)
        self.relations = {
            name: gathering.gather(connection, part, self._gathered(name), named)
            for name, part in self.relations.items()
        }

    def prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make in the session what the report's SQL and its relations refer to."""
        with ThreadPoolExecutor(1, thread_name_prefix="prepare") as worker:
            self._waited(worker.submit(self._prepare, connection), connection)

    def _prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute("create macro money(minor, currency) as {'minor': minor, 'currency': currency}")
        connection.execute(f"create macro local_time(moment) as {self.local_time('moment')}")
        connection.execute(
            f"create macro refused(code, message) as error(concat('{REFUSED}', code, ': ', message))"
        )
        for part in self.relations.values():
            part.prepare(connection)
        if self.report_type.reads_organisations:
            _create_organisations(connection, self.organisations)
        for name, query in self.report_type.tables.items():
            sql = f"with {self._named(_UNBOUNDED)} {_nested(query)}"
            connection.execute(f"create table {name} as {sql}", named_in(sql, self.parameters.values))
        self._session = connection
        self.pivoted = pivot.columns(connection, self.report_type)

        def look(select: str, rest: str = "") -> list[tuple[Any, ...]]:
            sql = f"with {self._named(_UNBOUNDED)} {select} from ({self.report_type.sql}) as report {rest}"
            return connection.execute(sql, named_in(sql, self.parameters.values)).fetchall()

        self.columns = metadata.with_every_key(self.parameters.columns, look)
        self.parts = list(self._cut(look))
        if self.is_whole:
            self.parts = slices.at_most(_MOST_FILES, self.parts)

    def local_time(self, moment: str) -> str:
        """Return DuckDB's SQL of a moment in the run's time zone."""
        end = self.parameters.interval_end
        near = None if end is None else (self.parameters.interval_start or end, end)
        return timezones.local_time(moment, self.parameters.values.get("timezone") or "Etc/UTC", near)

    def header(self) -> bytes:
        """Return the first line of a CSV, nothing of other formats; after `prepare`."""
        if self.parameters.format != "csv":
            return b""
        return cells.header_line(self.titles, quotes=self.report_type.quotes)

    def made(self, table: str) -> tuple[Mapping[str, str], list[tuple[Any, ...]]]:
        """Return one of the report type's tables: its columns by type, and its rows; after `prepare`, in its session."""
        if self._session is None:
            raise RuntimeError("the run was not prepared")
        found = self._session.sql(f"from {session.identifier(table)}")
        columns = {name: str(kind) for name, kind in zip(found.columns, found.types, strict=True)}
        return columns, found.fetchall()

    @property
    def titles(self) -> tuple[str, ...]:
        """The columns of the result by the names that they have in it; after `prepare`."""
        return (*self.columns, *(column.title for column in self.pivoted))

    def render(
        self, connection: duckdb.DuckDBPyConnection, without: Container[int] = ()
    ) -> Generator[tuple[Path, Totals]]:
        """Yield the parts in order, but for those numbers: a file and its totals.

        The file is removed afterwards, unless `whole` needs it.
        """
        waiting = deque(enumerate(part for number, part in enumerate(self.parts) if number not in without))
        cursors = [connection.cursor() for _ in range(min(WORKERS, len(waiting)))]
        idle = deque(cursors)
        running: deque[tuple[Path, Future[Totals]]] = deque()
        with ThreadPoolExecutor(WORKERS, thread_name_prefix="render") as workers:

            def render_one(path: Path, bounds: tuple[datetime | None, datetime | None]) -> Totals:
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
                    path, written = running.popleft()
                    found = self._waited(written, *cursors)
                    start()
                    yield path, found
                    if not self.is_whole:
                        path.unlink()
            finally:
                for _, written in running:
                    written.cancel()
                for cursor in cursors:
                    cursor.interrupt()

    @property
    def keeps_parts(self) -> bool:
        """Whether a later run may copy parts of this one, and this one those of an earlier: see `kept_parts`.

        Each part is made of the records of its time, of one dataset, and of nothing else; and to join them is less work
        than to make them anew.
        """
        start, end = self._interval
        if not is_joined(self.report_type, self.parameters) or start is None or end is None:
            return False
        (only,) = self.relations.values()
        cells = slices.expected(only, start, end) * len(self.parameters.columns)
        return cells * CELL_BYTES >= KEPT_BYTES

    def find_touched(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Find the parts that recent files touch, and cut these smaller: they are sorted, the others read as they are.

        Only for a run that keeps its parts; after `prepare`.
        """
        (only,) = self.relations.values()
        cut = [(start, end) for start, end in self.parts if start is not None and end is not None]
        found = gathering.touched(connection, only, cut)
        for number, part in enumerate(cut):
            recent = found.get(number, [])
            # By these files alone: what comes later in others does not move the cuts.
            merged = replace(only, recent=tuple(recent))
            pieces = slices.halved(merged, part, rows=self.rows_per_part / SORTED_SHARE) if recent else [part]
            self.touched |= dict.fromkeys(pieces, recent)
        self.parts = list(self.touched)

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
            given |= {"part_start": start, "part_end": end}
            if self._is_about_interval:
                given |= {"interval_start": start, "interval_end": end}
        sql, known, names = self.report_type.sql, self.report_type.columns, self.columns
        if self.report_type.pivot is not None:
            sql, keys = pivot.gathered(self.report_type, self.pivoted, sql)
            given |= keys
            known = pivot.shown(self.report_type, self.pivoted)
            names = tuple(column.name for column in known)
        return Rows(
            datasets=self._named(bounds if is_cut(self.report_type) else _UNBOUNDED),
            sql=sql,
            order_by="" if self._keeps_order(bounds) else self.report_type.order_by,
            given=given,
            known=known,
            names=names,
        )

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
        if not is_cut(self.report_type):
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
        cut = slices.cut(timed, start, end, rows=rows, fewest=rows // 2 if self.keeps_parts else None)
        if self.report_type.pivot is None:
            return cut
        return pivot.between_periods(cut, self.parameters.values[self.report_type.pivot.period])

    def _named(self, bounds: tuple[datetime | None, datetime | None]) -> str:
        """Return what the SQL names: the datasets, of those that are about time the records of a part, and the views."""
        reads = self.report_type.reads
        datasets = {
            name: self._records(
                part, bounds if reads[name] != "all" or is_in_parts(self.report_type) else _UNBOUNDED
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
            conditions.append(accounts(self.report_type, self.parameters))
        if bounds != _UNBOUNDED and not self._is_about_interval:
            conditions.append(f"{part.schema.time} >= $part_start and {part.schema.time} < $part_end")
        where = f" where {' and '.join(conditions)}" if conditions else ""
        sides_of = [bound for bound in self._interval if bound is not None and self.report_type.bounds_only]
        query = self._without_recent(part, bounds).sql(*bounds, sides_of=sides_of)
        return f"select * from ({query}) as records{where}"  # noqa: S608 - names of the catalogue

    def _without_recent(
        self, relation: Relation, bounds: tuple[datetime | None, datetime | None]
    ) -> Relation:
        """Return a relation as a part sees it: where recent files are known not to touch it, without them."""
        return relation if self.touched.get(bounds, True) else replace(relation, recent=())

    def _copy(
        self, cursor: duckdb.DuckDBPyConnection, path: Path, bounds: tuple[datetime | None, datetime | None]
    ) -> Totals:
        rows = self.rows(bounds)
        if not is_cut(self.report_type) and money_columns(rows):
            # They are written and added up.
            rows = rows.stored(cursor)
        sql, given, how = self._written(rows)
        cursor.execute(f"copy ({sql}) to {session.literal(str(path))} ({how})", given)
        answer = cursor.fetchone()
        written = int(answer[0]) if answer else 0
        return totals(cursor, rows, written)

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
        return self._without_recent(only, bounds).within(*bounds).is_in_order()

    def _gathered(self, dataset: str) -> Gathered:
        held = str(self.directory / f"recent-{dataset}")
        return Gathered(held, by_time=is_cut(self.report_type), replaced=self.keeps_parts)

    def _file(self, number: int) -> Path:
        return self.directory / f"part-{number}"

    @property
    def _files(self) -> int:
        return _MOST_FILES if self.is_whole else _FILES

    @property
    def _result(self) -> Path:
        return self.directory / "result"


def accounts(report_type: ReportType, parameters: BoundParameters) -> str:
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


def _nested(query: str) -> str:
    return f"select * from ({query}) as made"  # noqa: S608 - a query of the catalogue

"""A report type, and the parameters of one run of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from runsheet import schedule
from runsheet.catalog import interval, parameters
from runsheet.catalog.options import OPTIONS, check_format
from runsheet.errors import InvalidRequest
from runsheet.runtime import clock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from runsheet.catalog.header import (
        Accounts,
        ColumnType,
        ParameterHeader,
        PivotHeader,
        Records,
        ReportFile,
    )

_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Column:
    """A column that the report can give. `metadata` columns are asked for as `name[key]`."""

    name: str
    type: ColumnType
    meaning: str


@dataclass(frozen=True, slots=True)
class BoundParameters:
    """The parameters of one run, checked.

    Attributes:
        echo: what the caller sent, to store and to answer with; `bind` takes it again.
        values: every parameter of the type by name, as the SQL is given it: instants are naive UTC, what was
            left out is its default or None. A type with an `as_of` has `as_of_end` too: the end (exclusive) of that
            day in the run's time zone. A type with `start_date` and `end_date`, UTC days that are both included,
            has `interval_start` and `interval_end` too.
        columns: the names of the columns in the order of the file; metadata as `payment_metadata[key]`, where the key
            `*` stands for every key that there is.
        interval_start: first instant of the interval (inclusive), aware; None for a type without one.
        interval_end: end of the interval (exclusive), aware; None for a type without one.
        as_of: the day at whose end the report looks; None for a type without one.
        end_date: the last day of the interval; None for a type whose interval ends at an instant.
        resolved: the parameters that stand for `interval`, as a caller would send them; none without it.
        format: csv, jsonl or parquet.
        compress: gzip or zip; None for the file as it is.
        fail: the code of the failure that the run is to end with; None to run it.
        refresh: whether the result is made anew, where one of the same inputs is there.
    """

    echo: dict[str, Any]
    values: Mapping[str, Any]
    columns: tuple[str, ...]
    interval_start: datetime | None
    interval_end: datetime | None
    as_of: date | None = None
    end_date: date | None = None
    resolved: Mapping[str, Any] = field(default_factory=dict)
    format: str = "csv"
    compress: str | None = None
    fail: str | None = None
    refresh: bool = False

    def unavailable(self, name: str, message: str) -> InvalidRequest:
        """Return the refusal of a parameter, or of the period that it was resolved from."""
        if name in self.resolved:
            period = self.echo["interval"]
            return InvalidRequest(f"{message} (`interval` = {period}).", param="parameters.interval")
        return InvalidRequest(f"{message}.", param=f"parameters.{name}")


@dataclass(frozen=True, slots=True)
class ReportType:
    """A report type.

    Attributes:
        tables: the queries of the tables that a run makes once, by name, in order.
        views: queries that other queries refer to by name, in order.
        sql: the query of its rows.

    Those that are not explained here are its header's.
    """

    id: str
    name: str
    version: int
    meaning: str
    aliases: tuple[str, ...]
    requires_live: bool
    reads: Mapping[str, Records]
    reads_organisations: bool
    accounts: Accounts
    in_order: bool
    in_parts: bool
    bounds_only: bool
    order_by: str
    default_columns: tuple[str, ...] | None
    quotes: str
    athena_rows: int | None
    pivot: PivotHeader | None
    columns: tuple[Column, ...]
    parameters: Mapping[str, ParameterHeader]
    tables: Mapping[str, str]
    views: Mapping[str, str]
    sql: str

    @classmethod
    def of(cls, report_type_id: str, file: ReportFile) -> ReportType:
        """Return the report type `<family>.<kind>.<version>` of a file.

        Raises:
            ValueError: the id has no version.
        """
        head = file.header
        return cls(
            id=report_type_id,
            name=head.name,
            version=int(report_type_id.rsplit(".", 1)[-1]),
            meaning=head.meaning,
            aliases=head.aliases,
            requires_live=head.requires_live,
            reads=head.reads,
            reads_organisations=head.reads_organisations,
            accounts=head.accounts,
            in_order=head.in_order,
            in_parts=head.in_parts,
            bounds_only=head.bounds_only,
            order_by=head.order_by,
            default_columns=head.default_columns,
            quotes=head.quotes,
            athena_rows=head.athena_rows,
            pivot=head.pivot,
            columns=tuple(Column(name, column.type, column.meaning) for name, column in head.columns.items()),
            parameters=head.parameters,
            tables=file.tables,
            views=file.views,
            sql=file.rows,
        )

    @property
    def queries(self) -> tuple[str, ...]:
        """All its SQL: that of its tables, of its views, and of its rows."""
        return (*self.tables.values(), *self.views.values(), self.sql)

    def bind(self, given: Any) -> BoundParameters:  # noqa: ANN401 - it is what came over the wire
        """Check the `parameters` of a run: text from a form, or what `BoundParameters.echo` holds.

        An `interval` is resolved as of now, so what is to stay as it is binds what it was resolved to in its place.

        Raises:
            InvalidRequest: the first thing that is wrong, with its field and what is allowed.
        """
        period, resolved = None, {}
        if isinstance(given, dict) and given.get("interval") is not None:
            period = parameters.string("parameters[interval]", given["interval"])
            resolved = interval.resolved(self.parameters, given, period, clock.now())
            given = {name: value for name, value in given.items() if name != "interval"} | resolved
        echo, values = parameters.read({**self.parameters, **OPTIONS}, self._column_names(), given)
        if period is not None:
            echo = {"interval": period} | {k: v for k, v in echo.items() if k not in resolved}
        check_format(values)
        _check_days(values)
        _check_accounts(values)
        start, end = values.get("interval_start"), values.get("interval_end")
        if start is not None and end is not None and start >= end:
            raise InvalidRequest(
                f"`interval_start` must be before `interval_end`; you requested `interval_start` = "
                f"{_utc(start)} and `interval_end` = {_utc(end)}.",
                param="parameters.interval_start",
            )
        bindable = {
            name: parameters.bindable(parameter, values.get(name))
            for name, parameter in self.parameters.items()
            if name != "columns"
        }
        first_day, last_day = values.get("start_date"), values.get("end_date")
        if first_day is not None and last_day is not None:
            start, end = _start_of(first_day), _start_of(last_day + _DAY)
            bindable |= {
                "interval_start": start.replace(tzinfo=None),
                "interval_end": end.replace(tzinfo=None),
            }
        as_of = values.get("as_of")
        if as_of is not None:
            bindable["as_of_end"] = schedule.start_of_day(as_of + _DAY, bindable["timezone"]).replace(
                tzinfo=None
            )
        everything = self.default_columns or tuple(c.name for c in self.columns if c.type != "metadata")
        return BoundParameters(
            echo=echo,
            values=bindable,
            columns=values.get("columns") or everything,
            interval_start=start,
            interval_end=end,
            as_of=as_of,
            end_date=last_day,
            resolved=resolved,
            format=values.get("format", "csv"),
            compress=values.get("compress"),
            fail=values.get("fail"),
            refresh=values.get("refresh", False),
        )

    def check_available(
        self, bound: BoundParameters, availability_start: datetime | None, availability_end: datetime
    ) -> None:
        """Hold the run's interval or day against the data that there is (contracts: v1, 1.3).

        A day that has begun may be asked for: the report then shows how things stand so far.

        Args:
            bound: the run's parameters.
            availability_start: from when on there are records; None when there are none: any start will do.
            availability_end: up to when the records are complete; an `interval_end` may equal it.

        Raises:
            InvalidRequest: the interval begins before the data or ends after it, or the day comes after it.
        """
        start, end = bound.interval_start, bound.interval_end
        if start is not None and availability_start is not None and start < availability_start:
            raise bound.unavailable(
                "interval_start",
                f"Data for the report type {self.id} is only available starting at"
                f" {_utc(availability_start)}; you requested `interval_start` = {_utc(start)}",
            )
        # A day that has begun is there as far as it goes; an instant that has not come is not.
        complete = end if bound.end_date is None else _start_of(bound.end_date) + _MICROSECOND
        if end is not None and complete is not None and complete > availability_end:
            raise bound.unavailable(
                "interval_end",
                f"Data for the report type {self.id} is only available through {_utc(availability_end)};"
                f" you requested `interval_end` = {_utc(end)}",
            )
        if bound.as_of is not None and (
            schedule.start_of_day(bound.as_of, bound.values["timezone"]) >= availability_end
        ):
            raise bound.unavailable(
                "as_of",
                f"Data for the report type {self.id} is only available through {_utc(availability_end)};"
                f" you requested `as_of` = {bound.as_of}, a day that begins later in {bound.values['timezone']}",
            )

    @property
    def timed(self) -> tuple[str, ...]:
        """The datasets whose records are about the time that a run is about; all of them, if it has no interval."""
        return tuple(name for name, records in self.reads.items() if records != "all") or tuple(self.reads)

    def _column_names(self) -> dict[str, bool]:
        return {column.name: column.type == "metadata" for column in self.columns}


def _check_days(values: Mapping[str, Any]) -> None:
    first_day, last_day = values.get("start_date"), values.get("end_date")
    if first_day is not None and last_day is not None and first_day > last_day:
        raise InvalidRequest(
            f"`start_date` must not be after `end_date`; you requested `start_date` = {first_day} and `end_date` ="
            f" {last_day}.",
            param="parameters.start_date",
        )


def _check_accounts(values: Mapping[str, Any]) -> None:
    if "connected_account" in values and "connected_accounts" in values:
        raise InvalidRequest(
            "You may only specify one of these parameters: parameters[connected_account],"
            " parameters[connected_accounts].",
            param="parameters[connected_accounts]",
        )


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"

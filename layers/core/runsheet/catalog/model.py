"""A report type, and the parameters of one run of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from runsheet import schedule
from runsheet.catalog import parameters
from runsheet.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from runsheet.catalog.header import ColumnType, ParameterHeader

_DAY = timedelta(days=1)


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
            left out is None (`timezone` and `decimal_separator` have their defaults). A type with an `as_of` has
            `as_of_end` too: the end (exclusive) of that day in the run's time zone.
        columns: the names of the columns in the order of the file; metadata as `payment_metadata[key]`.
        interval_start: first instant of the interval (inclusive), aware; None for a type without one.
        interval_end: end of the interval (exclusive), aware; None for a type without one.
        as_of: the day at whose end the report looks; None for a type without one.
    """

    echo: dict[str, Any]
    values: Mapping[str, Any]
    columns: tuple[str, ...]
    interval_start: datetime | None
    interval_end: datetime | None
    as_of: date | None = None


@dataclass(frozen=True, slots=True)
class ReportType:
    """A report type; the attributes that are not explained here are those of its header."""

    id: str
    name: str
    version: int
    meaning: str
    aliases: tuple[str, ...]
    requires_live: bool
    reads: tuple[str, ...]
    records: str
    in_order: bool
    order_by: str
    default_columns: tuple[str, ...] | None
    columns: tuple[Column, ...]
    parameters: Mapping[str, ParameterHeader]
    sql: str

    @classmethod
    def parse(cls, report_type_id: str, text: str) -> ReportType:
        """Read the report type `<family>.<kind>.<version>` from the text of its SQL file.

        Raises:
            ValueError: the header is missing or wrong, or the id has no version.
        """
        # Only who reads a report type's file pays for it; most functions that know the catalogue never do.
        from runsheet.catalog import header  # noqa: PLC0415

        head, sql = header.parse(text)
        return cls(
            id=report_type_id,
            name=head.name,
            version=int(report_type_id.rsplit(".", 1)[-1]),
            meaning=head.meaning,
            aliases=head.aliases,
            requires_live=head.requires_live,
            reads=head.reads,
            records=head.records,
            in_order=head.in_order,
            order_by=head.order_by,
            default_columns=head.default_columns,
            columns=tuple(Column(name, column.type, column.meaning) for name, column in head.columns.items()),
            parameters=head.parameters,
            sql=sql,
        )

    def bind(self, given: Any) -> BoundParameters:  # noqa: ANN401 - it is what came over the wire
        """Check the `parameters` of a run: text from a form, or what `BoundParameters.echo` holds.

        Raises:
            InvalidRequest: the first thing that is wrong, with its field and what is allowed.
        """
        echo, values = parameters.read(self.parameters, self._column_names(), given)
        start, end = values.get("interval_start"), values.get("interval_end")
        if start is not None and end is not None and start >= end:
            raise InvalidRequest(
                f"`interval_start` must be before `interval_end`; you requested `interval_start` = "
                f"{_utc(start)} and `interval_end` = {_utc(end)}.",
                param="parameters.interval_start",
            )
        bindable = {
            name: parameters.bindable(self.parameters[name].kind, values.get(name))
            for name in self.parameters
            if name != "columns"
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
            raise InvalidRequest(
                f"Data for the report type {self.id} is only available starting at"
                f" {_utc(availability_start)}; you requested `interval_start` = {_utc(start)}.",
                param="parameters.interval_start",
            )
        if end is not None and end > availability_end:
            raise InvalidRequest(
                f"Data for the report type {self.id} is only available through {_utc(availability_end)};"
                f" you requested `interval_end` = {_utc(end)}.",
                param="parameters.interval_end",
            )
        if bound.as_of is not None and (
            schedule.start_of_day(bound.as_of, bound.values["timezone"]) >= availability_end
        ):
            raise InvalidRequest(
                f"Data for the report type {self.id} is only available through {_utc(availability_end)};"
                f" you requested `as_of` = {bound.as_of}, a day that begins later in {bound.values['timezone']}.",
                param="parameters.as_of",
            )

    def _column_names(self) -> dict[str, bool]:
        return {column.name: column.type == "metadata" for column in self.columns}


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"

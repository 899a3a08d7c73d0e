"""What a scheduled run is about: the parameters that the schedule gives it, and those that a config may add."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runsheet import schedule
from runsheet.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from runsheet.catalog import ReportType
    from runsheet.schedule import Schedule

_FROM_THE_SCHEDULE = (
    "interval_start", "interval_end", "interval", "start_date", "end_date", "as_of", "timezone"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Coverage:
    """The time that a run is about.

    Attributes:
        parameters: as the report type takes them.
        first_day, last_day: local days (UTC days of a report of days), both included.
    """

    parameters: dict[str, Any]
    first_day: date
    last_day: date


def coverage(report_type: ReportType, when: Schedule, slot: datetime) -> Coverage:
    """Return what a run of `report_type` that is sent at `slot` is about: the day, week or month before it.

    A report that looks at the end of a day is about the day before, one that looks at the end of an interval about the
    last day of the period. One of days is about UTC days, those before the UTC day of the send: a local day may end
    before or after the UTC day of its name does.
    """
    if "start_date" in report_type.parameters:
        whole = schedule.period(when.frequency, slot, "Etc/UTC")
        days = {"start_date": whole.first_day.isoformat(), "end_date": whole.last_day.isoformat()}
        return Coverage(days, whole.first_day, whole.last_day)
    day = schedule.day_of(when, slot)
    period = schedule.period(when.frequency, slot, when.timezone, day)
    first_day, last_day = period.first_day, period.last_day
    parameters: dict[str, Any] = {}
    if "timezone" in report_type.parameters:
        parameters["timezone"] = when.timezone
    if "interval_start" in report_type.parameters:
        parameters["interval_start"] = int(period.start.timestamp())
        parameters["interval_end"] = int(period.end.timestamp())
    elif "interval_end" in report_type.parameters:
        first_day = last_day
        parameters["interval_end"] = int(period.end.timestamp())
    elif "as_of" in report_type.parameters:
        first_day = last_day = schedule.as_of(slot, when.timezone, day)
        parameters["as_of"] = last_day.isoformat()
    return Coverage(parameters, first_day, last_day)


def checked_parameters(
    report_type: ReportType, given: Mapping[str, Any], when: Schedule, now: datetime
) -> dict[str, Any]:
    """Return the parameters that a config adds to those of its schedule, as they are stored.

    Raises:
        InvalidRequest: one comes from the schedule, or the report type refuses one.
    """
    for name in _FROM_THE_SCHEDULE:
        if name in given:
            raise InvalidRequest(
                "It comes from the schedule: "
                + ("set the config's own timezone" if name == "timezone" else "leave it out"),
                param=f"parameters[{name}]",
                code="parameter_scheduled",
            )
    scheduled = coverage(report_type, when, schedule.next_send(when, now)).parameters
    echo = report_type.bind(dict(given) | scheduled).echo
    return {name: echo[name] for name in given if name in echo}

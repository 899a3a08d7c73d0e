"""`parameters[interval]`: a calendar period in place of the parameters that say when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runsheet import periods, zones
from runsheet.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_UTC = "Etc/UTC"
_FIELD = "parameters[interval]"


def resolved(takes: Mapping[str, Any], given: Mapping[str, Any], name: str, now: datetime) -> dict[str, Any]:
    """Return the parameters that a period stands for, as a caller would send them.

    A type with an interval gets its instants, in the run's time zone; one of UTC days its first and its last day; one
    that looks at the end of a day the period's last day.

    Args:
        takes: the parameters of the report type, by name.
        given: what was sent.
        name: the period's, from `given`.
        now: what the period is looked at from.

    Raises:
        InvalidRequest: the report type is about no time, `given` has one of the parameters itself, or there is no such
            period.
    """
    parts = replaced(takes)
    if not parts:
        raise InvalidRequest(f"Received unknown parameter: {_FIELD}", param=_FIELD, code="parameter_unknown")
    for part in parts:
        if given.get(part) is not None:
            raise InvalidRequest(f"You cannot use both {_FIELD} and parameters[{part}].", param=_FIELD)
    # One that is no zone is refused with the other parameters, in their words.
    asked = given.get("timezone")
    timezone = asked if isinstance(asked, str) and zones.is_zone(asked) else _UTC
    if parts[0] == "start_date":
        timezone = _UTC
    try:
        period = periods.days(name, periods.today(now, timezone))
    except ValueError:
        raise InvalidRequest(f"Invalid {_FIELD}: must be {periods.FORMS}", param=_FIELD) from None
    if parts[0] == "start_date":
        return {"start_date": period.first.isoformat(), "end_date": period.last.isoformat()}
    if parts[0] == "as_of":
        return {"as_of": period.last.isoformat()}
    start, end = periods.instants(period, now, timezone)
    if start >= end:
        raise InvalidRequest(f"Invalid {_FIELD}: there is no time in {name}, {timezone}", param=_FIELD)
    if start.timestamp() < 0:
        raise InvalidRequest(f"Invalid {_FIELD}: must not begin before 1970", param=_FIELD)
    instants = {"interval_start": int(start.timestamp()), "interval_end": int(end.timestamp())}
    return {part: instants[part] for part in parts}


def replaced(takes: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the parameters of a report type that a period stands for; none if it is about no time."""
    if "start_date" in takes:
        parts: tuple[str, ...] = ("start_date", "end_date")
    else:
        parts = ("interval_start", "interval_end") if "interval_end" in takes else ("as_of",)
    return tuple(part for part in parts if part in takes)

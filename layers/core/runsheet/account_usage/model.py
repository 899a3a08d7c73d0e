"""The account usage export as its contract has it (contracts: account usage, section 2.1)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import AliasGenerator, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from runsheet.runtime.model import Model, is_none

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})", re.ASCII
)
# The day after the last one still has a date, as the report types' dates need it.
_FIRST_YEAR, _LAST_YEAR = 1900, 9998
_DAYS = re.compile(r"[0-9]{1,3}", re.ASCII)
MAX_DAYS = 365


def _day(given: object) -> date:
    """Read a day, or the UTC day of a timestamp: the contract says "without the time" and shows one with it."""
    if isinstance(given, str):
        try:
            if _DAY.fullmatch(given):
                return _in_range(date.fromisoformat(given))
            if _TIMESTAMP.fullmatch(given):
                return _in_range(datetime.fromisoformat(given).astimezone(UTC).date())
        except (ValueError, OverflowError):
            pass
    raise PydanticCustomError(
        "day",
        "must be a day as YYYY-MM-DD, or a timestamp with its offset such as 2026-07-20T00:00:00.000Z, of the years "
        "{first} to {last}",
        {"first": _FIRST_YEAR, "last": _LAST_YEAR},
    )


def _in_range(day: date) -> date:
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise ValueError
    return day


def _flag(given: object) -> bool:
    """Read a boolean, or its name: the vendor's own PowerShell client sends "false" as text."""
    if isinstance(given, str) and given.lower() in {"true", "false"}:
        return given.lower() == "true"
    if isinstance(given, bool):
        return given
    raise PydanticCustomError("flag", "must be true or false")


def _number_of_days(given: object) -> int:
    if isinstance(given, str) and _DAYS.fullmatch(given) and 1 <= int(given) <= MAX_DAYS:
        return int(given)
    raise PydanticCustomError("days", "must be a whole number from 1 to {most}", {"most": MAX_DAYS})


Day = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema(
        {
            "type": "string",
            "description": "YYYY-MM-DD, or a timestamp with its offset, which stands for its UTC day",
        }
    ),
]
Flag = Annotated[
    bool,
    BeforeValidator(_flag),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"type": "string", "enum": ["true", "false"]}]}),
]
NumberOfDays = Annotated[
    int,
    BeforeValidator(_number_of_days),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MAX_DAYS}),
]


class NewUsageReport(Model):
    """The body of create. Both days are included."""

    model_config = ConfigDict(alias_generator=to_camel)

    start_date: Day | None = Field(None, description="First day; by default that of the subscription")
    end_date: Day | None = Field(None, description="Last day; by default that of the subscription")
    group_by: Literal["day", "week", "month"] = "day"
    report_type: Literal["standard", "detailed", "childDetailed"] = "standard"
    include_deployment_charge: Flag = Field(default=False, description="Only for a child organisation")


class ForecastQuery(Model):
    """The query of the forecast."""

    model_config = ConfigDict(alias_generator=to_camel)

    number_of_days: NumberOfDays | None = Field(
        None, description="Whole days to take the average over; by default all of the subscription so far"
    )


class _Answer(Model):
    model_config = ConfigDict(alias_generator=AliasGenerator(serialization_alias=to_camel))


class UsageReportJob(_Answer):
    """What create answers: the report run's id."""

    job_id: str


class UsageReportStatus(_Answer):
    """How far an export is. `code` and `message` are always there: the contract's generated clients insist on them."""

    status: Literal["InProgress", "Success", "Failed"]
    code: str = Field(description="Stable, for programs")
    message: str
    status_message: str
    detail: str | None = Field(None, exclude_if=is_none)
    report_download_url: str | None = Field(
        None,
        exclude_if=is_none,
        serialization_alias="reportDownloadURL",
        description="The CSV in S3, for 10 minutes; a new one at each poll",
    )


class UsageForecast(_Answer):
    """Credits used, and what they come to by the end of the subscription if it goes on so. Percentages are fractions."""

    average_usage: float = Field(description="Credits per day")
    usage_percentage: float = Field(
        description="Credits used so far of those of the subscription; 0.54 is 54 %"
    )
    forecasted_usage: float = Field(description="Credits used by the end of the subscription")
    forecasted_usage_percentage: float
    remaining_days: int = Field(
        description="Days until the credits are used up; at most those of the subscription"
    )

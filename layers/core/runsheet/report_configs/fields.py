"""The field types of a report config's requests (contracts: report configs, 1.1)."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StrictInt, WithJsonSchema
from pydantic_core import PydanticCustomError

from runsheet import catalog, email_addresses, zones
from runsheet.email_addresses import InvalidAddress
from runsheet.errors import NotFound

MAX_RECIPIENTS = 50
MAX_CC = 20
_TIME = re.compile(r"((?:[01][0-9]|2[0-3]):(?:00|30))(?::00)?", re.ASCII)
_DAYS_OF_MONTH = range(1, 29)


def _report_type(value: str) -> str:
    try:
        catalog.report_type(value)
    except NotFound:
        raise PydanticCustomError(
            "enum",
            "Input should be 'ar_aging_report', 'integration_sync_report' or an id of the report types",
        ) from None
    return value


def _time(value: str) -> str:
    matched = _TIME.fullmatch(value)
    if matched is None:
        raise PydanticCustomError(
            "time_parsing",
            "Input should be a local time from 00:00 to 23:30 as HH:MM or HH:MM:SS, its minutes 00 or 30, "
            "its seconds 00, without a time zone",
        )
    return f"{matched[1]}:00"


def _day_of_month(value: object) -> object:
    # Not a union: pydantic would tell of each of its members apart.
    if value == "last" or (type(value) is int and value in _DAYS_OF_MONTH):
        return value
    raise PydanticCustomError("day_of_month", "Input should be an integer from 1 to 28 or 'last'")


def _timezone(value: str) -> str:
    if value not in zones.names():
        raise PydanticCustomError("timezone", "Input should be an IANA time zone such as 'Europe/Berlin'")
    return value


def _email(value: str) -> str:
    try:
        return email_addresses.checked(value)
    except InvalidAddress as wrong:
        raise PydanticCustomError(
            "email", "Input should be an e-mail address: {reason}", {"reason": str(wrong)}
        ) from None


def _distinct(addresses: list[str]) -> list[str]:
    first: dict[str, int] = {}
    for position, address in enumerate(addresses):
        earlier = first.setdefault(email_addresses.folded(address), position)
        if earlier != position:
            raise PydanticCustomError(
                "duplicate",
                "Items {first} and {second} (from 0) are the same e-mail address, whatever their case",
                {"first": earlier, "second": position},
            )
    return addresses


ReportTypeName = Annotated[str, AfterValidator(_report_type)]
LocalTime = Annotated[
    str,
    AfterValidator(_time),
    WithJsonSchema({"type": "string", "format": "time", "pattern": f"^{_TIME.pattern}$"}),
]
Weekday = Annotated[StrictInt, Field(ge=0, le=6, description="0 is Monday; used by weekly configs")]
DayOfMonth = Annotated[
    Any,
    BeforeValidator(_day_of_month),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1, "maximum": 28}, {"const": "last"}]}),
]
Timezone = Annotated[str, AfterValidator(_timezone)]
EmailAddress = Annotated[
    str,
    Field(min_length=1, max_length=email_addresses.MAX_LENGTH, json_schema_extra={"format": "idn-email"}),
    AfterValidator(_email),
]
# The number is held before any item is looked at.
Recipients = Annotated[list[EmailAddress], Field(max_length=MAX_RECIPIENTS), AfterValidator(_distinct)]
CcAddresses = Annotated[list[EmailAddress], Field(max_length=MAX_CC), AfterValidator(_distinct)]

"""Reads the parameters of a run: each kind's text and limits, in the contract's words (v1: 1.3 and 5)."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

from runsheet import money, zones
from runsheet.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runsheet.catalog.header import ParameterHeader
    from runsheet.catalog.options import Option

DEFAULT_TIMEZONE = "Etc/UTC"
_DEFAULTS = {"timezone": DEFAULT_TIMEZONE}

# The contract's 37 values (v1, 2.6); a test holds them against the dataset's own check.
REPORTING_CATEGORIES = (
    "advance", "advance_funding", "anticipation_repayment", "charge", "charge_failure",
    "climate_order_purchase", "climate_order_refund", "connect_collection_transfer",
    "connect_reserved_funds", "contribution", "dispute", "dispute_reversal", "fee", "financing_paydown",
    "financing_paydown_reversal", "financing_payout", "financing_payout_reversal",
    "issuing_authorization_hold", "issuing_authorization_release", "issuing_dispute",
    "issuing_transaction", "network_cost", "other_adjustment", "partial_capture_reversal", "payout",
    "payout_reversal", "platform_earning", "platform_earning_refund", "refund", "refund_failure",
    "risk_reserved_funds", "tax", "topup", "topup_reversal", "transfer", "transfer_reversal",
    "unreconciled_customer_funds",
)  # fmt: skip

MAX_COLUMNS = 500
MAX_IDS = 500
# Bytes: as long as that of a record may be.
MAX_ID = 255
# Bytes: 500 columns of such keys fit into the item of a run, which DynamoDB takes up to 400 KB of.
MAX_METADATA_KEY = 255
# The last second of the year 9999: the last that a date of four digits can show.
LAST_INSTANT = 253_402_300_799
_INTEGER = re.compile(r"-?[0-9]+", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
# The day after the last one still has a date, and the day before the first one an instant.
_FIRST_YEAR, _LAST_YEAR = 1900, 9998
# A value in an error message is shown up to here; a caller may send megabytes.
_SHOWN = 60


def read(
    specification: Mapping[str, ParameterHeader | Option],
    columns: Mapping[str, bool],
    given: Any,  # noqa: ANN401
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Check `given` against a report type's parameters.

    Args:
        specification: the parameters that the report type has, and the options that every one has.
        columns: its columns: True for those that take a key in brackets.
        given: the hash that the caller sent: strings and lists from a form, or JSON.

    Returns:
        What to echo (integers as integers, keys in alphabetical order) and the values: instants aware, dates as
        dates, lists as tuples, without what was not sent.

    Raises:
        InvalidRequest: the first thing that is wrong.
    """
    if given is None:
        given = {}
    if not isinstance(given, dict):
        raise InvalidRequest("Invalid hash: parameters must be a hash.", param="parameters")
    _refuse_unknown(specification, given)
    for name, parameter in specification.items():
        if parameter.required and given.get(name) is None:
            field = f"parameters[{name}]"
            raise InvalidRequest(f"Missing required param: {field}.", param=field, code="parameter_missing")
    echo: dict[str, Any] = {}
    values: dict[str, Any] = {}
    for name in sorted(given):
        if given[name] is None:
            continue
        echo[name] = _read_one(specification[name], columns, f"parameters[{name}]", given[name])
        values[name] = _value(specification[name].kind, echo[name])
    if "columns" in values:
        values["columns"] = tuple(values["columns"])
    return echo, values


def bindable(parameter: ParameterHeader, value: Any) -> Any:  # noqa: ANN401
    """Return a value as SQL takes it: an instant as naive UTC, the default for what was left out."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if value is not None:
        return value
    return _DEFAULTS.get(parameter.kind) if parameter.default is None else parameter.default


def _value(kind: str, echo: Any) -> Any:  # noqa: ANN401
    if kind == "instant":
        return datetime.fromtimestamp(echo, UTC)
    if kind == "date":
        return date.fromisoformat(echo)
    return echo


@cache
def timezones() -> frozenset[str]:
    """Return the names that the contract allows: those of the tz database, and one that left it."""
    return zones.names() | {"US/Pacific-New"}


def _refuse_unknown(specification: Mapping[str, ParameterHeader | Option], given: dict[Any, Any]) -> None:
    unknown = [f"parameters[{_shown(name)}]" for name in given if name not in specification]
    if unknown:
        noun = "parameter" if len(unknown) == 1 else "parameters"
        listed = ", ".join(unknown[:20])
        raise InvalidRequest(f"Received unknown {noun}: {listed}", param=unknown[0], code="parameter_unknown")


def _read_one(
    parameter: ParameterHeader | Option,
    columns: Mapping[str, bool],
    field: str,
    given: Any,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    if parameter.kind == "instant":
        return _instant(field, given)
    if parameter.kind == "columns":
        return _columns(columns, field, given)
    if parameter.kind == "ids":
        return _ids(field, given)
    if parameter.kind == "boolean":
        return _boolean(field, given)
    text = string(field, given)
    if parameter.kind == "id":
        _check_id(field, text)
    if parameter.kind == "date" and not _is_date(text):
        _invalid(field, f"must be a date as YYYY-MM-DD of the years {_FIRST_YEAR} to {_LAST_YEAR}")
    if parameter.kind == "timezone" and text not in timezones():
        _invalid(field, "must be a name of the IANA time zone database, such as Europe/Berlin")
    if parameter.kind == "currency" and text not in money.EXPONENTS:
        _invalid(field, "must be a three-letter ISO 4217 currency code in lowercase, such as usd")
    choices = REPORTING_CATEGORIES if parameter.kind == "reporting_category" else parameter.choices
    if choices and text not in choices:
        _invalid(field, f"must be one of {', '.join(choices)}")
    return text


def _instant(field: str, given: Any) -> int:  # noqa: ANN401
    if isinstance(given, int) and not isinstance(given, bool):
        given = str(given)
    text = string(field, given)
    code = "parameter_invalid_integer"
    if not _INTEGER.fullmatch(text):
        raise InvalidRequest(f"Invalid integer: {_shown(text)}", param=field, code=code)
    if text.startswith("-"):
        raise InvalidRequest("This value must be greater than or equal to 0.", param=field, code=code)
    # A number of many digits is too large without being read: int() refuses thousands of them.
    digits = text.lstrip("0") or "0"
    if len(digits) > len(str(LAST_INSTANT)) or int(digits) > LAST_INSTANT:
        message = (
            f"This value must be less than or equal to {LAST_INSTANT} (it currently is '{_shown(digits)}')."
        )
        raise InvalidRequest(message, param=field, code=code)
    return int(digits)


def _boolean(field: str, given: Any) -> bool:  # noqa: ANN401
    if isinstance(given, bool):
        return given
    text = string(field, given)
    if text not in {"true", "false", "True", "False"}:  # as runtime.model reads those of other forms
        _invalid(field, "must be true or false")
    return text in {"true", "True"}


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        return _FIRST_YEAR <= date.fromisoformat(text).year <= _LAST_YEAR
    except ValueError:
        return False


def _ids(field: str, given: Any) -> list[str]:  # noqa: ANN401
    if not isinstance(given, list) or not given:
        raise InvalidRequest(f"Invalid array: {field} must be an array of ids.", param=field)
    if len(given) > MAX_IDS:
        raise InvalidRequest(f"Invalid array: {field} may have at most {MAX_IDS} items.", param=field)
    for position, item in enumerate(given):
        at = f"{field}[{position}]"
        _check_id(at, string(at, item))
    return list(given)


def _check_id(field: str, text: str) -> None:
    if _has_control_characters(text) or len(text.encode()) > MAX_ID:
        _invalid(field, f"must be an id: up to {MAX_ID} bytes, without control characters")


def _has_control_characters(text: str) -> bool:
    return any(unicodedata.category(character) in {"Cc", "Cs"} for character in text)


def _columns(columns: Mapping[str, bool], field: str, given: Any) -> list[str]:  # noqa: ANN401
    if not isinstance(given, list) or not given:
        raise InvalidRequest(f"Invalid array: {field} must be an array of column names.", param=field)
    if len(given) > MAX_COLUMNS:
        raise InvalidRequest(f"Invalid array: {field} may have at most {MAX_COLUMNS} items.", param=field)
    seen: set[str] = set()
    for position, item in enumerate(given):
        at = f"{field}[{position}]"
        name = string(at, item)
        if name in seen:
            _invalid(at, f"{_shown(name)} is there twice")
        if not _is_column(columns, name):
            _invalid(at, f"must be one of {', '.join(columns)}")
        seen.add(name)
    return list(given)


def _is_column(columns: Mapping[str, bool], name: str) -> bool:
    if columns.get(name) is False:
        return True
    family, bracket, rest = name.partition("[")
    key = rest.removesuffix("]")
    if not bracket or key == rest or not columns.get(f"{family}[key]", False):
        return False
    if _has_control_characters(key):
        return False
    return 0 < len(key.encode()) <= MAX_METADATA_KEY


def string(field: str, given: Any) -> str:  # noqa: ANN401
    """Return what was sent for a field, which must be text and not empty.

    Raises:
        InvalidRequest: it is not.
    """
    if not isinstance(given, str):
        raise InvalidRequest(f"Invalid string: {field} must be a string.", param=field)
    if not given:
        message = (
            f"You passed an empty string for '{field}'. We assume empty values are an attempt to unset"
            f" a field; however '{field}' cannot be unset. You should remove '{field}' from your request or supply"
            " a non-empty value."
        )
        raise InvalidRequest(message, param=field, code="parameter_invalid_empty")
    return given


def _invalid(field: str, allowed: str) -> NoReturn:
    raise InvalidRequest(f"Invalid {field}: {allowed}", param=field)


def _shown(value: object) -> str:
    text = str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"

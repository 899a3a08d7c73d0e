"""What a run of any report type may be asked for, beside the type's own parameters: additions to the contract."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from runsheet.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runsheet.catalog.header import Kind

# `report_runs.failures` has their words; a test holds the two against each other.
FAILURES = (
    "amounts_too_large",
    "cancelled",
    "deadline_exceeded",
    "internal_error",
    "parameters_invalid",
    "result_too_large",
    "too_many_columns",
)


FORMATS = ("csv", "jsonl", "parquet")


@dataclass(frozen=True, slots=True)
class Option:
    """As a parameter of a report type's header."""

    kind: Kind
    choices: tuple[str, ...] = ()
    required: bool = False
    default: None = None


OPTIONS: Mapping[str, Option] = MappingProxyType(
    {
        "fail": Option("choice", FAILURES),
        "interval": Option("period"),
        "refresh": Option("boolean"),
        "format": Option("choice", FORMATS),
        "compress": Option("choice", ("gzip", "zip")),
    }
)
"""Every option by its name. A report type cannot have a parameter of such a name."""


def check_format(given: Mapping[str, Any]) -> None:
    """Refuse what a format does not have.

    Raises:
        InvalidRequest: it is to be compressed, or to have commas in its amounts, and cannot.
    """
    form = given.get("format", "csv")
    if form == "parquet" and given.get("compress") is not None:
        raise InvalidRequest(
            "Invalid parameters[compress]: a Parquet file is compressed already; leave it out, or ask for csv or jsonl.",
            param="parameters[compress]",
        )
    if form != "csv" and given.get("decimal_separator", ".") != ".":
        raise InvalidRequest(
            "Invalid parameters[decimal_separator]: only a CSV can have another than a point.",
            param="parameters[decimal_separator]",
        )


def check_mode(given: Mapping[str, Any], *, livemode: bool) -> None:
    """Refuse in live mode what is for tests only.

    Raises:
        InvalidRequest: the parameters ask for a failure.
    """
    if livemode and given.get("fail") is not None:
        raise InvalidRequest(
            "Invalid parameters[fail]: failures can be asked for with a test-mode API key only; you used a"
            " live-mode key.",
            param="parameters[fail]",
        )

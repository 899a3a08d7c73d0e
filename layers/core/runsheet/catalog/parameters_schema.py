"""A report type's parameters as JSON Schema: what `bind` takes, for programs that make forms or check before they ask.

It describes the JSON of a run's `parameters`. A form says the same in text: `interval_start=1680000000`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runsheet import money, periods
from runsheet.catalog import interval, parameters
from runsheet.catalog.options import FORMATS, OPTIONS

if TYPE_CHECKING:
    from runsheet.catalog.header import ParameterHeader
    from runsheet.catalog.model import ReportType
    from runsheet.catalog.options import Option

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NO_CONTROL = r"[^\u0000-\u001f\u007f-\u009f]"
_ID = {
    "type": "string",
    "pattern": f"^{_NO_CONTROL}+$",
    "maxLength": parameters.MAX_ID,
}
_OF_KIND: dict[str, dict[str, Any]] = {
    "instant": {
        "type": "integer",
        "minimum": 0,
        "maximum": parameters.LAST_INSTANT,
        "description": "Unix seconds",
    },
    "date": {"type": "string", "format": "date"},
    "boolean": {"type": "boolean"},
    "choice": {"type": "string"},
    "currency": {"type": "string", "enum": sorted(money.EXPONENTS)},
    "reporting_category": {"type": "string", "enum": list(parameters.REPORTING_CATEGORIES)},
    "period": {
        "type": "string",
        "pattern": "^(today|yesterday|(this|last)_(week|month|quarter|year)"
        "|[0-9]{4}(-(Q[1-4]|W[0-9]{2}|[0-9]{2}(-[0-9]{2})?))?)$",
        "description": f"{periods.FORMS}; in place of the parameters that say when",
    },
    "id": _ID,
    "ids": {"type": "array", "items": _ID, "minItems": 1, "maxItems": parameters.MAX_IDS},
}


def parameters_schema(report_type: ReportType) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a report type's parameters.

    An interval that ends before it begins, or that there is no data for, a period that no calendar has, and a failure that
    is asked for in live mode are refused beyond what a schema can say.
    """
    when = interval.replaced(report_type.parameters)
    taken: dict[str, ParameterHeader | Option] = {**report_type.parameters, **OPTIONS}
    if not when:
        del taken["interval"]
    required = [name for name, one in report_type.parameters.items() if one.required]
    schema: dict[str, Any] = {
        "$schema": _DIALECT,
        "type": "object",
        "properties": {name: _one(report_type, one) for name, one in taken.items()},
        "required": [name for name in required if name not in when],
        "additionalProperties": False,
        "allOf": _formats(report_type),
    }
    if when:
        schema["oneOf"] = [
            {"required": [name for name in required if name in when], "not": {"required": ["interval"]}},
            {"required": ["interval"], "not": {"anyOf": [{"required": [name]} for name in when]}},
        ]
    if "connected_accounts" in report_type.parameters:
        schema["not"] = {"required": ["connected_account", "connected_accounts"]}
    return schema


def _formats(report_type: ReportType) -> list[dict[str, Any]]:
    """Return what `options.check_format` refuses."""
    refused: list[dict[str, Any]] = [{"format": {"const": "parquet"}, "compress": True}]
    if "decimal_separator" in report_type.parameters:
        others = [name for name in FORMATS if name != "csv"]
        refused.append({"format": {"enum": others}, "decimal_separator": {"not": {"const": "."}}})
    return [{"not": {"required": list(together), "properties": together}} for together in refused]


def _one(report_type: ReportType, parameter: ParameterHeader | Option) -> dict[str, Any]:
    if parameter.kind == "columns":
        return _columns(report_type)
    if parameter.kind == "timezone":
        return {
            "type": "string",
            "enum": sorted(parameters.timezones()),
            "default": parameters.DEFAULT_TIMEZONE,
        }
    schema = dict(_OF_KIND[parameter.kind])
    if parameter.choices:
        schema["enum"] = list(parameter.choices)
    if parameter.default is not None:
        schema["default"] = parameter.default
    return schema


def _columns(report_type: ReportType) -> dict[str, Any]:
    plain = [column.name for column in report_type.columns if column.type != "metadata"]
    families = [
        column.name.removesuffix("[key]") for column in report_type.columns if column.type == "metadata"
    ]
    allowed: list[dict[str, Any]] = [{"type": "string", "enum": plain}]
    if families:
        key = f"{_NO_CONTROL}{{1,{parameters.MAX_METADATA_KEY}}}"
        pattern = rf"^({'|'.join(families)})\[{key}\]$"
        allowed.append({"type": "string", "pattern": pattern, "description": "[*] stands for every key"})
    return {
        "type": "array",
        "items": {"anyOf": allowed} if families else allowed[0],
        "minItems": 1,
        "maxItems": parameters.MAX_COLUMNS,
        "uniqueItems": True,
        "default": list(report_type.default_columns or plain),
    }

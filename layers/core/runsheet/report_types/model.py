"""A report type as the v1 contract shows it (contracts: v1, section 1.4)."""

from __future__ import annotations

from typing import Any, Literal

from runsheet.runtime.model import Model


class ReportTypeColumn(Model):
    """A column that the report can give; one of type `metadata` is asked for once per key, as `name[key]`."""

    name: str
    type: Literal["text", "money", "decimal", "timestamp", "date", "boolean", "integer", "metadata"]
    meaning: str


class ReportTypeObject(Model):
    """A report type; the times are unix seconds and say for which intervals a run is accepted."""

    id: str
    object: Literal["reporting.report_type"] = "reporting.report_type"
    data_available_end: int
    data_available_start: int
    default_columns: list[str] | None
    livemode: bool
    name: str
    updated: int
    version: int


class ReportTypeDetails(ReportTypeObject):
    """A report type with its columns in the order of the file, and its parameters as JSON Schema."""

    columns: list[ReportTypeColumn]
    parameters_schema: dict[str, Any]


class ReportTypeList(Model):
    """All report types, on one page."""

    object: Literal["list"] = "list"
    url: Literal["/v1/reporting/report_types"] = "/v1/reporting/report_types"
    has_more: Literal[False] = False
    data: list[ReportTypeObject]

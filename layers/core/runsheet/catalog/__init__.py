"""The report types: one static SQL file each, with its header (docs: README "to add a report")."""

from __future__ import annotations

from runsheet.catalog.model import BoundParameters, Column, ReportType
from runsheet.catalog.shelf import report_type, report_type_ids, report_types

__all__ = ["BoundParameters", "Column", "ReportType", "report_type", "report_type_ids", "report_types"]

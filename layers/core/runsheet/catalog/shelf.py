"""Finds the report types: the file `report_types/<id>.sql` is the report type `<id>`."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from runsheet.catalog.model import ReportType
from runsheet.errors import missing

if TYPE_CHECKING:
    from collections.abc import Mapping

_FOLDER = Path(__file__).parent / "report_types"


def report_type(report_type_id: str) -> ReportType:
    """Return one report type by its id or an alias; by its id, only its own file is read and parsed.

    Raises:
        NotFound: there is no such report type.
    """
    path = _paths().get(report_type_id)
    if path is not None:
        return _load(path)
    found = _aliases().get(report_type_id)
    if found is None:
        raise missing("report_type", report_type_id[:100])
    return found


@cache
def report_types() -> Mapping[str, ReportType]:
    """Return every report type by its id, in the order of the ids."""
    return MappingProxyType({report_type_id: _load(path) for report_type_id, path in _paths().items()})


@cache
def _aliases() -> dict[str, ReportType]:
    return {alias: found for found in report_types().values() for alias in found.aliases}


@cache
def _paths() -> dict[str, Path]:
    return {path.name.removesuffix(".sql"): path for path in sorted(_FOLDER.glob("*.sql"))}


@cache
def _load(path: Path) -> ReportType:
    parsed = ReportType.parse(path.name.removesuffix(".sql"), path.read_text(encoding="utf-8"))
    if parsed.rows_of is None:
        return parsed
    other = _load(_paths()[parsed.rows_of])
    return replace(parsed, tables=other.tables, sql=other.sql)

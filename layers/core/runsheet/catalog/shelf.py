"""Finds the report types: the file `report_types/<id>.sql` is the report type `<id>`."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from runsheet.catalog.model import ReportType
from runsheet.errors import missing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runsheet.catalog.header import ReportFile

_FOLDER = Path(__file__).parent / "report_types"
_ALIASES = re.compile(r"^aliases = \[.*\]$", re.MULTILINE)


def report_type(report_type_id: str) -> ReportType:
    """Return one report type by its id or an alias; by its id, only its own file and those that it refers to are read.

    Raises:
        NotFound: there is no such report type.
    """
    path = _paths().get(report_type_id) or _aliases().get(report_type_id)
    if path is None:
        raise missing("report_type", report_type_id[:100])
    return _load(path)


def report_type_ids() -> tuple[str, ...]:
    """Return the id of every report type, in order. None of them is read."""
    return tuple(_paths())


@cache
def report_types() -> Mapping[str, ReportType]:
    """Return every report type by its id, in the order of the ids."""
    return MappingProxyType({report_type_id: _load(path) for report_type_id, path in _paths().items()})


@cache
def _aliases() -> dict[str, Path]:
    """Return the files by the aliases in them: they are searched, for to parse them all takes ten times as long."""
    lines = ((path, _ALIASES.search(path.read_text(encoding="utf-8"))) for path in _paths().values())
    return {alias: path for path, line in lines if line for alias in tomllib.loads(line[0])["aliases"]}


@cache
def _paths() -> dict[str, Path]:
    return {path.name.removesuffix(".sql"): path for path in sorted(_FOLDER.glob("*.sql"))}


@cache
def _load(path: Path) -> ReportType:
    report_type_id = path.name.removesuffix(".sql")
    return ReportType.of(report_type_id, _file(report_type_id))


@cache
def _file(report_type_id: str) -> ReportFile:
    # Only who reads a report type's file pays for it; most functions that know the catalogue never do.
    from runsheet.catalog import header  # noqa: PLC0415

    return header.parse(_paths()[report_type_id].read_text(encoding="utf-8"), _file)

"""Schemas, from the `create table` files of `schemas/`. Read as text: API functions have no DuckDB.

A file is `-- name: value` lines, free comments, and one `create table` with one column a line, its meaning in the
comment behind it, and `check (…)` conditions. A test holds what is read here against DuckDB's own reading.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING

from runsheet.datasets.model import DECIMAL, Column, Schema
from runsheet.errors import missing

if TYPE_CHECKING:
    from collections.abc import Mapping

_HEADER = re.compile(r"^-- (title|time|currencies): (.+)$", re.MULTILINE)
_COLUMN = re.compile(
    r"^    (?P<name>[a-z][a-z0-9_]*) "
    r"(?P<type>varchar|bigint|decimal\(18, 9\)|timestamp|date|boolean|map\(varchar, varchar\))"
    r"(?P<rule> not null| primary key)?,  -- (?P<meaning>.+)$",
    re.MULTILINE,
)
_CHECK = re.compile(r"^    check \((?P<condition>.+?)\),?$", re.MULTILINE | re.DOTALL)


def parse(dataset: str, text: str) -> Schema:
    """Return the schema that a `create table` file defines."""
    header = dict(_HEADER.findall(text))
    found = list(_COLUMN.finditer(text))
    [key] = [column["name"] for column in found if column["rule"] == " primary key"]
    return Schema(
        dataset=dataset,
        title=header["title"],
        columns=tuple(
            Column(column["name"], _duckdb_type(column["type"]), column["rule"] is None, column["meaning"])
            for column in found
        ),
        key=key,
        time=header["time"],
        checks=tuple(" ".join(check["condition"].split()) for check in _CHECK.finditer(text)),
        currencies=tuple(header["currencies"].split(", ")) if "currencies" in header else (),
    )


def _duckdb_type(written: str) -> str:
    return DECIMAL if written.startswith("decimal") else written.upper()


@cache
def schemas() -> Mapping[str, Schema]:
    """Return every schema by its dataset's name."""
    files = (
        file
        for file in resources.files(__package__).joinpath("schemas").iterdir()
        if file.name.endswith(".sql")
    )
    read = {file.name.removesuffix(".sql"): file.read_text(encoding="utf-8") for file in files}
    return MappingProxyType({dataset: parse(dataset, text) for dataset, text in sorted(read.items())})


def schema(dataset: str) -> Schema:
    """Return the schema of a dataset.

    Raises:
        NotFound: there is no such dataset.
    """
    found = schemas().get(dataset)
    if found is None:
        raise missing("dataset", dataset[:100], param="dataset")
    return found

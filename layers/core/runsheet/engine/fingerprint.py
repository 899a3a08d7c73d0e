"""What tells whether two results would be the same, without making them."""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import tzdata  # type: ignore[import-untyped]

import runsheet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runsheet.catalog import ReportType
    from runsheet.engine.inputs import Inputs

_INTERVAL = ("interval_start", "interval_end")
# Functions of SQL whose answer is not that of the same call a moment ago.
_FICKLE = re.compile(
    r"\b(current_(date|time|timestamp)|localtime(stamp)?)\b"
    r"|\b(now|today|get_current_\w+|transaction_timestamp|random|setseed|uuid\w*|gen_random_uuid|nextval|currval)\s*\(",
    re.IGNORECASE,
)


def fingerprint(inputs: Inputs, in_force: Mapping[str, Any]) -> str | None:
    """Return the same text (hex) for inputs that give the same bytes, and another for all others.

    None for a report whose SQL looks at the clock or draws lots: no two results of it are known to be the same.

    Args:
        inputs: of a run.
        in_force: the parameters of it, with defaults filled in, as JSON takes them.
    """
    if is_fickle(inputs.report_type):
        return None
    made_from = {
        "program": program(),
        "report_type": inputs.report_type.id,
        "parameters": in_force,
        "columns": inputs.parameters.columns,
        "format": [inputs.parameters.format, inputs.parameters.compress],
        "data_versions": {name: snapshot.version for name, snapshot in inputs.snapshots.items()},
        "organisations": [[one.id, one.name, one.is_own, one.is_child] for one in inputs.organisations],
    }
    return hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()


def family(inputs: Inputs, columns: Sequence[str]) -> str:
    """Return the same text (hex) for runs of which each part has the same bytes if its records are the same.

    Args:
        inputs: of a run that is joined of parts.
        columns: as they are written, those included that the data decides.
    """
    made_from = {
        "program": program(),
        "report_type": inputs.report_type.id,
        "parameters": {
            name: value for name, value in inputs.parameters.values.items() if name not in _INTERVAL
        },
        "columns": columns,
        "format": [inputs.parameters.format, inputs.parameters.compress],
        "datasets": [[name, snapshot.bucket] for name, snapshot in inputs.snapshots.items()],
    }
    text = "parts " + json.dumps(made_from, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()


def is_fickle(report_type: ReportType) -> bool:
    """Return whether the SQL of a report type gives something else each time."""
    return any(_FICKLE.search(sql) for sql in report_type.queries)


@cache
def program() -> str:
    """Return what changes (hex) with any release that may render anything differently: our code, DuckDB, the time zones."""
    package = Path(runsheet.__file__).parent
    digest = hashlib.sha256(f"{duckdb.__version__} {tzdata.IANA_VERSION}".encode())
    for path in sorted(path for ending in ("*.py", "*.sql") for path in package.rglob(ending)):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(package)} {len(content)}\n".encode() + content)
    return digest.hexdigest()

"""The manifest of a result: what it holds, what it was made from, and what its amounts add up to.

It is stored beside the result and shown with the run, so that whoever has the file can tell that it is whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Literal

from runsheet.report_runs.model import ControlTotals, Manifest
from runsheet.runtime import clients
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runsheet.catalog import BoundParameters, ReportType
    from runsheet.engine.report import Export
    from runsheet.files.model import File
    from runsheet.report_runs.model import ReportRun

SUFFIX = ".manifest.json"


@dataclass(frozen=True, slots=True)
class Made:
    """A result that was just made.

    Attributes:
        report_type, parameters: what was run.
        data_versions: of the datasets that it was made from.
        export: what was written.
        fingerprint: of its inputs; None if no two results are known to be the same.
        engine: what has made it.
    """

    report_type: ReportType
    parameters: BoundParameters
    data_versions: Mapping[str, int]
    export: Export
    fingerprint: str | None
    engine: Literal["duckdb", "athena"] = "duckdb"


def manifest(run: ReportRun, made: Made, file: File) -> Manifest:
    """Return the manifest of a result that was just made."""
    export = made.export
    return Manifest(
        report_run=run.id,
        report_type=made.report_type.id,
        parameters=in_force(made.report_type, made.parameters),
        data_versions=dict(sorted(made.data_versions.items())),
        format=made.parameters.format,
        compress=made.parameters.compress,
        engine=made.engine,
        row_count=export.rows,
        column_count=export.columns,
        size=file.size,
        sha256=file.sha256,
        crc32=file.crc32,
        control_totals=_control_totals(export.sums),
        created=file.created,
    )


def store(made: Manifest, file: File) -> None:
    """Put the manifest beside the file."""
    clients.s3().put_object(
        Bucket=settings().results_bucket,
        Key=file.key + SUFFIX,
        Body=made.model_dump_json(indent=2).encode() + b"\n",
        ContentType="application/json",
    )


def in_force(report_type: ReportType, bound: BoundParameters) -> dict[str, Any]:
    """Return the parameters that a result was made with, but for its columns: defaults filled in, a period as its bounds.

    Instants are unix seconds and days ISO dates, as a caller sends them; what filters nothing is left out.
    """
    values = {name: bound.values.get(name) for name in sorted(report_type.parameters) if name != "columns"}
    return {name: _sent(value) for name, value in values.items() if value is not None}


def _sent(value: Any) -> Any:  # noqa: ANN401 - any value of a parameter
    if isinstance(value, datetime):
        return int(value.replace(tzinfo=UTC).timestamp())
    return value.isoformat() if isinstance(value, date) else value


def _control_totals(sums: Mapping[tuple[str | None, str], int]) -> list[ControlTotals]:
    currencies = sorted(
        {currency for currency, _ in sums}, key=lambda currency: (currency is None, currency or "")
    )
    return [
        ControlTotals(
            currency=currency,
            sums={name: total for (of, name), total in sorted(sums.items(), key=_name) if of == currency},
        )
        for currency in currencies
    ]


def _name(item: tuple[tuple[str | None, str], int]) -> str:
    return item[0][1]

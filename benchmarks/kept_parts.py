"""The same report again after one new day, against its first run: closed months are copied by S3, not rendered.

    PYTHONPATH=layers/core python benchmarks/kept_parts.py    # 10 M rows, 14 columns, 24 months

The data are those of itemized_csv.py. The first run lacks the last day; then it comes, within a month that is open: once as
a base file, as new records do, once as a recent one, with a correction of a record of the first month. S3 is a plain server
in another process that takes no time to copy, or to store what the first run sends it. Aim: five times as fast. What it
costs a run that finds nothing is told by the same run with nothing kept.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any

import duckdb
import itemized_csv
from exporting import RESULTS, TENANT, folder, in_process, measured, now, plain_s3, ratio, snapshot, use

from runsheet import catalog
from runsheet.engine import report, run
from runsheet.engine.inputs import Inputs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runsheet.datasets.model import DataFile, Snapshot
    from runsheet.engine.kept_parts import KeptResult
    from runsheet.engine.report import Export

DAY = timedelta(days=1)
LAST = itemized_csv.END - DAY


def prepare(rows: int) -> tuple[Snapshot, DataFile, DataFile]:
    """Return the data without the last day, that day, and the same with a correction of the first month."""
    itemized_csv.prepare(rows)  # what is there stays
    bucket = itemized_csv.bucket(rows)
    whole = snapshot(bucket, itemized_csv.DATASET)
    here = folder(bucket, itemized_csv.DATASET)
    first, last = here / "dsf_00.parquet", here / "dsf_23.parquet"
    day = f"created >= timestamp '{LAST:%Y-%m-%d}'"
    corrected = f"select * replace (gross + 1 as gross) from '{first}' limit 1"
    made = {
        "dsf_23_open": f"select * from '{last}' where not {day}",
        "dsf_23_day": f"select * from '{last}' where {day}",
        "dsf_23_late": f"select * from '{last}' where {day} union all ({corrected})",
    }
    files = {name: _written(here / f"{name}.parquet", sql, whole.files[-1]) for name, sql in made.items()}
    known = replace(whole, files=(*whole.files[:-1], files["dsf_23_open"]))
    late = replace(files["dsf_23_late"], level="recent", version=2)
    return known, files["dsf_23_day"], late


def _written(path: Any, sql: str, like: DataFile) -> DataFile:  # noqa: ANN401 - a path
    described = path.with_suffix(".json")
    if not described.exists():
        options = "format parquet, compression zstd, row_group_size 122880"
        connection = duckdb.connect()
        connection.execute(f"copy ({sql} order by created, id) to '{path}' ({options})")
        found = connection.execute(f"select count(*), min(created), max(created) from '{path}'").fetchall()[0]
        described.write_text(json.dumps(found, default=str))
    count, first, last = json.loads(described.read_text())
    return replace(
        like,
        id=path.stem,
        key=like.key.replace("dsf_23", path.stem),
        rows=count,
        bytes=path.stat().st_size,
        first=datetime.fromisoformat(first).replace(tzinfo=UTC),
        last=datetime.fromisoformat(last).replace(tzinfo=UTC),
    )


def made(data: Snapshot, end: datetime, key: str, kept: KeptResult | None, options: dict[str, str]) -> Export:
    """Make the report of all data up to `end`."""
    report_type = catalog.report_type("balance_change_from_activity.itemized.3")
    bounds = {
        "interval_start": int(itemized_csv.START.timestamp()),
        "interval_end": int(end.timestamp()),
        "columns": itemized_csv.COLUMNS,
        **options,
    }
    return report.export(
        TENANT,
        Inputs(report_type, report_type.bind(bounds), {itemized_csv.DATASET: data}),
        bucket=RESULTS,
        key=key,
        on_progress=lambda _: None,
        find_kept=lambda family: kept if kept and kept.family == family else None,
    )


@contextmanager
def nothing_kept() -> Iterator[None]:
    """Let the body run as if no result were large enough."""
    least, run.KEPT_BYTES = run.KEPT_BYTES, 1 << 60
    try:
        yield
    finally:
        run.KEPT_BYTES = least


def case(name: str, rows: int, endpoint: str, options: dict[str, str]) -> dict[str, Any]:
    """Time one run; those that follow another make that first, and do not count it."""
    use(endpoint, itemized_csv.bucket(rows))
    # As much memory as the worker has: parts that recent files touch are sorted.
    os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] = "3538"
    data, day, late = prepare(rows)
    newer = {"again_base": day, "again_recent": late, "recent": late, "recent_nothing_kept": late}.get(name)
    kept = made(data, LAST, "first.csv", None, options).kept if name.startswith("again") else None
    end = itemized_csv.END if newer else LAST
    if newer:
        data = replace(data, files=(*data.files, newer), version=data.version + 1)
    began = now()
    if name.endswith("nothing_kept"):
        with nothing_kept():
            done = made(data, end, f"{name}.csv", None, options)
    else:
        done = made(data, end, f"{name}.csv", kept, options)
    found = measured(done.rows, began, done.size)
    if kept and done.sha256:
        raise SystemExit("nothing was copied")
    return found | {"parts": len(done.kept.parts) if done.kept else 0}


def compare(rows: int, repeats: int, options: dict[str, str]) -> None:
    """Run every case in turn, several times, and print the ratios that the aim is about."""
    print(
        f"{platform.machine()}, {os.cpu_count()} processors, duckdb {duckdb.__version__}, {options or 'plain'}"
    )
    # Not in this process, nor in that of a case: its memory would count as theirs.
    subprocess.run([sys.executable, __file__, "--case", "prepare", "--rows", str(rows)], check=True)
    names = ("nothing_kept", "first", "again_base", "again_recent", "recent_nothing_kept", "recent")
    results: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    with plain_s3() as endpoint:
        for _ in range(repeats):
            for name in names:
                given = ("--endpoint", endpoint, "--options", json.dumps(options))
                results[name].append(in_process(__file__, name, rows, *given))
    for figure in ("seconds", "cpu_seconds"):
        base = ratio(results, "first", "again_base", figure)
        # Of the same data: to merge what is recent makes a run dearer.
        recent = ratio(results, "recent", "again_recent", figure)
        plain, merged = (
            ratio(results, "first", "nothing_kept", figure),
            ratio(results, "recent", "recent_nothing_kept", figure),
        )
        print(
            f"{figure:12} made anew / again: new records {base:.1f}, with a correction {recent:.1f}  (aim: at least 5)"
        )
        print(
            f"{figure:12} a run that finds nothing / one that keeps nothing: {plain:.3f}, with recent files {merged:.3f}"
        )
    print(
        f"peak of a run again {median(each['peak_mb'] for each in results['again_base'])} MB, the first run's included"
    )


def main() -> None:
    """Run the comparison, or the one case that it asks for in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--case")
    parser.add_argument("--endpoint", default="")
    parser.add_argument("--options", default="{}", help="of the reports, as JSON: format and compress")
    arguments = parser.parse_args()
    options = json.loads(arguments.options)
    if arguments.case is None:
        compare(arguments.rows, arguments.repeats, options)
    elif arguments.case == "prepare":
        prepare(arguments.rows)
    else:
        print(json.dumps(case(arguments.case, arguments.rows, arguments.endpoint, options)))


if __name__ == "__main__":
    main()

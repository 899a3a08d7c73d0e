"""Reports over many small new files, before and after the files are compacted, and what the compaction takes.

    PYTHONPATH=layers/core python benchmarks/compaction.py    # 10 M rows in 24 month files, 1 to 1,000 new files

A new file has 1,000 records: 8 of 10 are newer versions, from all of the 24 months, 1 is deleted, 1 is new; or it has new
records of the last two days alone, as most have. S3 is a
plain server in another process, without the delay that S3 has, each case a process of its own, and the two of a ratio
run one after the other. A compaction has the memory of its function. Aims: `balance.summary.1` over 24 months with 100
new files at most 1.5 of the same after the compaction; the itemized CSV with 5 % newer versions in ten files at most 1.3
of that without. How far bare DuckDB gets with them, newer_versions.py tells.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
from collections import defaultdict
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import duckdb
from exporting import (
    CACHE,
    RESULTS,
    TENANT,
    folder,
    in_process,
    measured,
    now,
    plain_s3,
    ratio,
    snapshot,
    use,
)
from itemized_csv import COLUMNS, DATASET, END, START, prepare

from runsheet import catalog, ids
from runsheet.dataset_compactions import merging, planning
from runsheet.datasets import table, writing
from runsheet.datasets.writing import Written
from runsheet.engine import report
from runsheet.engine.inputs import Inputs
from runsheet.runtime import clock

if TYPE_CHECKING:
    from pathlib import Path

    from runsheet.datasets.model import DataFile

RECORDS = 1_000
COUNTS = (1, 10, 100, 1_000)
REPORTS = {"summary": "balance.summary.1", "itemized": "balance_change_from_activity.itemized.3"}


# What new files hold, by the name of the kind: records of the base, each with its place, as they are written anew.
KINDS = {
    "mixed": """select * replace (
        case when place % 10 = 9 then 'new_' || id else id end as id,
        gross + 1 as gross, net + 1 as net, place % 10 = 8 as _deleted
    )""",
    "appended": """select * replace (
        'txn_' || printf('%08d', 20000000 + place) || right(id, 12) as id,
        timestamp '2025-12-30' + to_milliseconds(place * 172800000 // {count}) as created
    )""",
}


def lake(rows: int, files: int, records: int, kind: str, *, after: bool = False) -> str:
    """Return the name of the lake that has so many new files of so many records."""
    return f"lake-{rows}-{files}x{records}-{kind}" + ("-after" if after else "")


def five_percent(rows: int) -> tuple[int, int]:
    """Return in how many files of how many records each there are newer versions for 5 % of the rows."""
    return 10, rows // 200


def prepare_apart(rows: int, files: int, records: int, kind: str) -> None:
    """Write new files in a process of its own: its memory would count as the peak of those that this one starts."""
    which = ("--rows", str(rows), "--files", str(files), "--records", str(records), "--kind", kind)
    subprocess.run([sys.executable, __file__, "--case", "prepare", *which], check=True)


def prepare_new(rows: int, files: int, records: int, kind: str) -> None:
    """Write new files beside the month files, once."""
    base = prepare(rows)
    here = folder(lake(rows, files, records, kind), DATASET)
    if (here / "files.json").exists():
        return
    shutil.rmtree(here, ignore_errors=True)
    here.mkdir(parents=True)
    listed = json.loads((base / "files.json").read_text())
    for file in listed:
        os.link(base / file["name"], here / file["name"])
    connection = duckdb.connect()
    every = rows // (files * records)
    connection.execute(
        f"""create table fresh as
            select * exclude (place), (row_number() over (order by hash(place * 11))) % {files} as part
            from (
                {KINDS[kind].format(count=files * records)}
                from (
                    select *, row_number() over () as place
                    from read_parquet('{base}/*.parquet') where hash(id) % {max(every, 1)} = 0
                    limit {files * records}
                )
            )"""
    )
    for part in range(files):
        path = here / f"dsf_new_{part:04d}.parquet"
        connection.execute(
            f"copy (select * exclude (part) from fresh where part = {part} order by created, id) to '{path}' "
            "(format parquet, compression zstd, row_group_size 122880)"
        )
        count, first, last = connection.execute(
            f"select count(*), min(created), max(created) from '{path}'"
        ).fetchall()[0]
        listed.append(
            {"name": path.name, "rows": count, "first": first.isoformat(), "last": last.isoformat()}
            | {"level": "recent", "version": part + 1}
        )
    (here / "files.json").write_text(json.dumps(listed))


def compact(rows: int, files: int, records: int, kind: str, endpoint: str) -> dict[str, Any]:
    """Time what a compaction has the engine do, and keep what it makes as a lake."""
    before, after = (lake(rows, files, records, kind, after=state) for state in (False, True))
    use(endpoint, before)
    os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] = "3538"
    here = folder(after, DATASET)
    shutil.rmtree(here, ignore_errors=True)
    here.mkdir(parents=True)
    found = snapshot(before, DATASET)
    listed = []

    def keep(
        _tenant: object, _schema: object, file_id: str, path: Path, count: int, times: tuple[int, int]
    ) -> Written:
        shutil.copyfile(path, here / f"{file_id}.parquet")
        first, last = (table.moment(time) for time in times)
        return Written(file_id, f"{file_id}.parquet", count, path.stat().st_size, first, last)

    writing.put = keep  # type: ignore[assignment]
    began, size = now(), 0
    base = [file for file in found.files if file.level == "base"]
    spans = planning.spans(base)
    with merging.opened(TENANT, found) as merge:
        steps = planning.steps(spans, merge.arrivals(spans), most_rows=merging.most_rows(found.schema))
        for step in steps:
            made = [ids.new_id("dsf", clock.now()) for _ in range(merge.pieces(step))]
            for written in merge.write(step, made, check=lambda: None):
                size += written.bytes
                listed.append(written)
    done = measured(sum(written.rows for written in listed), began, size)
    rewritten = {file.id for step in steps for file in step.removed}
    kept = [file for file in base if file.id not in rewritten]
    for file in kept:
        os.link(folder(before, DATASET) / f"{file.id}.parquet", here / f"{file.id}.parquet")
    both: list[Written | DataFile] = [*listed, *kept]
    described = [asdict(file) for file in both]
    (here / "files.json").write_text(
        json.dumps(
            [
                {"name": f"{file['id']}.parquet", "rows": file["rows"]}
                | {name: file[name].replace(tzinfo=None).isoformat() for name in ("first", "last")}
                for file in described
            ]
        )
    )
    return done | {"files_before": len(found.files), "files_after": len(described)}


def run(rows: int, bucket: str, name: str, endpoint: str) -> dict[str, Any]:
    """Time a report, from the credentials to the finished object."""
    use(endpoint, bucket)
    report_type = catalog.report_type(REPORTS[name])
    bounds: dict[str, Any] = {
        "interval_start": int(START.timestamp()),
        "interval_end": int(END.timestamp()),
    }
    bounds |= {"columns": COLUMNS} if name == "itemized" else {}
    began = now()
    done = report.export(
        TENANT,
        Inputs(report_type, report_type.bind(bounds), {DATASET: snapshot(bucket, DATASET)}),
        bucket=RESULTS,
        key="bench.csv",
        on_progress=lambda _: None,
    )
    return measured(rows, began, done.size) | {"crc32": done.crc32}


def compare(rows: int, repeats: int) -> None:
    """Run every case in turn, several times, and print the ratios that the aims are about."""
    print(f"{platform.machine()}, {os.cpu_count()} processors, duckdb {duckdb.__version__}, {rows} rows")
    cases = [(count, RECORDS, kind) for kind in KINDS for count in COUNTS if count * RECORDS * 2 <= rows] + [
        (*five_percent(rows), "mixed")
    ]
    lines = []
    with plain_s3() as endpoint:
        for files, records, kind in cases:
            given = ("--files", str(files), "--records", str(records), "--kind", kind, "--endpoint", endpoint)
            prepare_apart(rows, files, records, kind)
            made = in_process(__file__, "compact", rows, *given)
            lines.append(
                f"{files:5} files of {records:6} {kind}: compaction {made['seconds']} s, {made['peak_mb']} MB, "
                f"{made['files_before']} files become {made['files_after']}"
            )
            for name in REPORTS:
                results: dict[str, list[dict[str, Any]]] = defaultdict(list)
                for _ in range(repeats):
                    for case, bucket in (
                        ("before", lake(rows, files, records, kind)),
                        ("after", lake(rows, files, records, kind, after=True)),
                        ("none", f"lake-{rows}"),
                    ):
                        results[case].append(in_process(__file__, name, rows, "--lake", bucket, *given))
                if {each["crc32"] for each in results["before"]} != {
                    each["crc32"] for each in results["after"]
                }:
                    print(f"{name}: other rows after the compaction than before, or in another order")
                aim = ""
                if (files, name) == (100, "summary"):
                    aim = "  (aim: at most 1.50)"
                lines.append(
                    f"{files:5} files of {records:6} {kind}: {name:8} before / after "
                    f"{ratio(results, 'before', 'after', 'seconds'):.2f}{aim}, before / without new files "
                    f"{ratio(results, 'before', 'none', 'seconds'):.2f}"
                    + (
                        "  (aim: at most 1.30)"
                        if (files, records, name) == (*five_percent(rows), "itemized")
                        else ""
                    )
                )
    print("\n".join(lines))


def main() -> None:
    """Run the comparison, or the one case that it asks for in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--case", choices=["prepare", "compact", *REPORTS])
    parser.add_argument("--files", type=int, default=1)
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--kind", choices=[*KINDS], default="mixed")
    parser.add_argument("--lake", default="")
    parser.add_argument("--endpoint", default="")
    given = parser.parse_args()
    match given.case:
        case None:
            compare(given.rows, given.repeats)
        case "prepare":
            prepare_new(given.rows, given.files, given.records, given.kind)
        case "compact":
            print(json.dumps(compact(given.rows, given.files, given.records, given.kind, given.endpoint)))
        case name:
            print(json.dumps(run(given.rows, given.lake, name, given.endpoint)))


if __name__ == "__main__":
    (CACHE / RESULTS).mkdir(parents=True, exist_ok=True)
    main()

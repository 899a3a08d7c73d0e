"""Reports that add up 10 M records, from S3 to S3, against a bare DuckDB aggregate over the same files on the disk.

    PYTHONPATH=layers/core python benchmarks/summaries.py    # 10 M records in 24 month files

Both are run on this machine in turn, each in a process of its own, with two threads. The bare statement sums gross, fee and
net by currency and category and fetches the result. Aim: at most 2 of its time.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections import defaultdict

import duckdb
from exporting import (
    RESULTS,
    TENANT,
    Measured,
    folder,
    in_process,
    measured,
    now,
    plain_s3,
    ratio,
    snapshot,
    use,
)
from itemized_csv import DATASET, END, START, bucket, prepare

from runsheet import catalog
from runsheet.engine import report
from runsheet.engine.inputs import Inputs

REPORTS = ("balance_change_from_activity.summary.1", "balance.summary.1")


def bare(rows: int) -> Measured:
    """Time the aggregate alone."""
    connection = duckdb.connect(config={"threads": 2})
    began = now()
    connection.execute(
        "select currency, reporting_category, count(*), sum(gross), sum(fee), sum(net)"
        f" from '{folder(bucket(rows), DATASET)}/*.parquet' where connected_account is null"
        f" and created >= timestamp '{START:%Y-%m-%d}' and created < timestamp '{END:%Y-%m-%d}' group by all"
    ).fetchall()
    return measured(rows, began, 0)


def whole(rows: int, endpoint: str, report_type_id: str) -> Measured:
    """Time a report, from the credentials to the finished object."""
    use(endpoint, bucket(rows))
    report_type = catalog.report_type(report_type_id)
    bounds = {"interval_start": int(START.timestamp()), "interval_end": int(END.timestamp())}
    began = now()
    done = report.export(
        TENANT,
        Inputs(report_type, report_type.bind(bounds), {DATASET: snapshot(bucket(rows), DATASET)}),
        bucket=RESULTS,
        key="bench.csv",
        on_progress=lambda _: None,
    )
    if not done.rows:
        raise SystemExit("nothing came out")
    return measured(rows, began, done.size)


def compare(rows: int, repeats: int) -> None:
    """Run every case in turn, several times, and print the ratios that the aims are about."""
    print(f"{platform.machine()}, {os.cpu_count()} processors, duckdb {duckdb.__version__}")
    subprocess.run([sys.executable, __file__, "--case", "prepare", "--rows", str(rows)], check=True)
    results: dict[str, list[Measured]] = defaultdict(list)
    with plain_s3() as endpoint:
        for _ in range(repeats):
            results["bare"].append(in_process(__file__, "bare", rows))
            for one in REPORTS:
                results[one].append(in_process(__file__, one, rows, "--endpoint", endpoint))
    for one in REPORTS:
        seconds, cpu = (ratio(results, one, "bare", figure) for figure in ("seconds", "cpu_seconds"))
        peak = max(result["peak_mb"] for result in results[one])
        print(
            f"{one:38} {seconds:.2f} of the bare time, {cpu:.2f} of its processor time, peak {peak} MB  (aim: 2.00)"
        )


def main() -> None:
    """Run the comparison, or the one case that it asks for in a process of its own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--case")
    parser.add_argument("--endpoint", default="")
    arguments = parser.parse_args()
    match arguments.case:
        case None:
            compare(arguments.rows, arguments.repeats)
        case "prepare":
            prepare(arguments.rows)
        case "bare":
            print(json.dumps(bare(arguments.rows)))
        case report_type_id:
            print(json.dumps(whole(arguments.rows, arguments.endpoint, report_type_id)))


if __name__ == "__main__":
    main()

"""Taking in a large CSV, from the file to objects in S3, against a bare DuckDB COPY of it to a Parquet file.

    PYTHONPATH=layers/core python benchmarks/ingest.py    # a CSV of about 1 GB, 10 columns

Both are run on this machine in turn, each in a process of its own, with two threads. The bare COPY reads the columns
by their types and writes a local file in the order of the input; the ingest judges every cell, sorts by time and key,
and puts to a plain S3. Not in it: fetching the upload and registering the files, which is a few calls to DynamoDB.
Aims: at most 1.5 of the bare time, and 512 MB.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections import defaultdict
from typing import TYPE_CHECKING

import duckdb
from exporting import CACHE, TENANT, Measured, in_process, measured, now, plain_s3, ratio, use

from runsheet.datasets import ingest, registration, schema

if TYPE_CHECKING:
    from pathlib import Path

DATASET = "balance_transactions"
COLUMNS = (
    "id", "created", "available_on", "currency", "gross", "fee", "net", "reporting_category", "source_id", "description",
)  # fmt: skip


def file(rows: int) -> Path:
    """Write the CSV once, in no order, and return its path."""
    path = CACHE / f"upload-{rows}.csv"
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        duckdb.sql(
            f"""copy (
                select
                    'txn_' || substr(md5(i::varchar), 1, 20) as id,
                    strftime(moment, '%Y-%m-%dT%H:%M:%SZ') as created,
                    strftime(moment + interval 2 day, '%Y-%m-%dT00:00:00Z') as available_on,
                    (['usd', 'eur', 'gbp', 'jpy', 'kwd'])[1 + (hash(i) % 5)::int] as currency,
                    1000 + i % 90000 as gross, i % 90 as fee, 1000 + i % 90000 - i % 90 as net,
                    (['charge', 'charge', 'refund', 'fee'])[1 + (hash(i * 5) % 4)::int] as reporting_category,
                    'ch_' || substr(md5((i * 7)::varchar), 1, 20) as source_id,
                    'Payment for order ' || (i * 7919 % 1000003) as description
                from (
                    select i, timestamp '2024-01-01' + to_seconds((hash(i) % 63072000)::bigint) as moment
                    from range({rows}) as r(i)
                )
            ) to '{path}' (format csv, header)"""
        )
    return path


def bare(rows: int) -> Measured:
    """Time one COPY with the types of the columns."""
    types = {column.name: column.type for column in schema.schema(DATASET).columns}
    declared = ", ".join(f"'{name}': '{types[name]}'" for name in COLUMNS)
    target = CACHE / "bare.parquet"
    connection = duckdb.connect(config={"threads": 2})
    began = now()
    connection.execute(
        f"copy (from read_csv('{file(rows)}', header = true, columns = {{{declared}}})) to '{target}'"
        " (format parquet, compression zstd)"
    )
    found = measured(rows, began, target.stat().st_size)
    target.unlink()
    return found


def ours(rows: int, endpoint: str) -> Measured:
    """Time what `ingest.ingest` does with the file until it registers the objects."""
    use(endpoint, "lake-ingest")
    registered = []

    def register(*arguments: object, **_: object) -> object:
        registered.extend(arguments[3])  # type: ignore[call-overload]
        return arguments[2]

    registration.repeated = lambda *_: None  # type: ignore[assignment]
    registration.register = register  # type: ignore[assignment]
    began = now()
    ingest.ingest(TENANT, DATASET, ingest.Incoming(file(rows), "csv", "batch", ""))
    if sum(one.rows for one in registered) != rows:
        raise SystemExit(f"{registered} is not {rows} rows")
    return measured(rows, began, sum(one.bytes for one in registered))


def compare(rows: int, repeats: int) -> None:
    """Run both in turn, several times, and print the ratios that the aims are about."""
    subprocess.run([sys.executable, __file__, "--case", "prepare", "--rows", str(rows)], check=True)
    print(
        f"{platform.machine()}, {os.cpu_count()} processors, duckdb {duckdb.__version__},"
        f" {file(rows).stat().st_size / 1e9:.2f} GB"
    )
    results: dict[str, list[Measured]] = defaultdict(list)
    with plain_s3() as endpoint:
        for _ in range(repeats):
            results["bare"].append(in_process(__file__, "bare", rows))
            results["ingest"].append(in_process(__file__, "ingest", rows, "--endpoint", endpoint))
    seconds, cpu = (ratio(results, "ingest", "bare", figure) for figure in ("seconds", "cpu_seconds"))
    print(
        f"ingest / bare COPY to Parquet   {seconds:.2f} of its time, {cpu:.2f} of its processor time (aim: at most 1.50)"
    )
    print(
        f"peak memory of the ingest       {max(one['peak_mb'] for one in results['ingest'])} MB  (aim: at most 512)"
    )


def main() -> None:
    """Run the comparison, or the one case that it asks for in a process of its own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=6_500_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--case", choices=["prepare", "bare", "ingest"])
    parser.add_argument("--endpoint", default="")
    arguments = parser.parse_args()
    match arguments.case:
        case None:
            compare(arguments.rows, arguments.repeats)
        case "prepare":
            file(arguments.rows)
        case "bare":
            print(json.dumps(bare(arguments.rows)))
        case _:
            print(json.dumps(ours(arguments.rows, arguments.endpoint)))


if __name__ == "__main__":
    main()

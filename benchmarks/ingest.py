"""Taking in a large CSV, from the file to objects in S3, against a bare DuckDB COPY of it to a Parquet file.

    PYTHONPATH=layers/core python benchmarks/ingest.py    # a CSV of about 1 GB, 10 columns

Both are run on this machine in turn, each in a process of its own, with two threads. The bare COPY reads the columns
by their types and writes a local file in the order of the input; the ingest judges every cell, sorts by time and key,
looks for keys that are there twice, and puts to a plain S3. Not in it: fetching the upload and registering the files, which
is a few calls to DynamoDB. Aims: at most 1.5 of the bare time, and 512 MB.

What these take of it is shown by two more bare statements, below which no ingest gets: the same COPY sorted, with the
memory of the ingest, and reading the cells as text and judging them, which writes nothing.
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

from runsheet.datasets import casting, ingest, one_pass, reading, registration, schema, writing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from runsheet.datasets.model import Batch
    from runsheet.datasets.writing import Written
    from runsheet.tenancy import Tenant

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


def bare(rows: int, order: str = "") -> Measured:
    """Time one COPY with the types of the columns; in an order of its own, it is written as the files of the lake are."""
    types = {column.name: column.type for column in schema.schema(DATASET).columns}
    declared = ", ".join(f"'{name}': '{types[name]}'" for name in COLUMNS)
    target = CACHE / "bare.parquet"
    connection = duckdb.connect(config={"threads": 2, "temp_directory": str(CACHE / "spill")})
    how = "format parquet, compression zstd"
    if order:
        connection.execute(f"set memory_limit = '{one_pass.MEMORY_BYTES // 1024}KiB'")
        how = writing.LAKE_FILE
    began = now()
    connection.execute(
        f"copy (from read_csv('{file(rows)}', header = true, columns = {{{declared}}}) {order}) to '{target}' ({how})"
    )
    found = measured(rows, began, target.stat().st_size)
    target.unlink()
    return found


def judged(rows: int) -> Measured:
    """Time reading every cell as text and judging it."""
    described = schema.schema(DATASET)
    with ingest._session(CACHE, [file(rows)]) as connection:  # noqa: SLF001
        source = reading.opened(connection, described, file(rows), "csv")
        sql, _ = casting.judged(described, source.fields, source.relation, number="null", blank="false")
        values = ", ".join(f"count({name})" for name in COLUMNS)
        began = now()
        connection.execute(f"select count(_fault), {values} from ({sql})").fetchall()
    return measured(rows, began, 0)


def ours(rows: int, endpoint: str) -> Measured:
    """Time what `ingest.ingest` does with the file until it registers the objects."""
    use(endpoint, "lake-ingest")
    registered: list[Written] = []

    def register(
        _tenant: Tenant, _dataset: str, batch: Batch, written: Sequence[Written], **_: object
    ) -> Batch:
        registered.extend(written)
        return batch

    registration.repeated = lambda *_: None
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
            for case in ("sorted", "judged"):
                results[case].append(in_process(__file__, case, rows))
    for case, words in {
        "ingest": "ingest / bare COPY to Parquet  ",
        "sorted": "bare COPY, sorted / bare COPY  ",
        "judged": "cells read and judged / COPY   ",
    }.items():
        seconds, cpu = (ratio(results, case, "bare", figure) for figure in ("seconds", "cpu_seconds"))
        aim = " (aim: at most 1.50)" if case == "ingest" else ""
        print(f"{words} {seconds:.2f} of its time, {cpu:.2f} of its processor time{aim}")
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
    parser.add_argument("--case", choices=["prepare", "bare", "sorted", "judged", "ingest"])
    parser.add_argument("--endpoint", default="")
    arguments = parser.parse_args()
    match arguments.case:
        case None:
            compare(arguments.rows, arguments.repeats)
        case "prepare":
            file(arguments.rows)
        case "bare":
            print(json.dumps(bare(arguments.rows)))
        case "sorted":
            print(json.dumps(bare(arguments.rows, "order by created, id")))
        case "judged":
            print(json.dumps(judged(arguments.rows)))
        case _:
            print(json.dumps(ours(arguments.rows, arguments.endpoint)))


if __name__ == "__main__":
    main()

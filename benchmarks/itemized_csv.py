"""Itemized CSV from S3 to S3, against a bare DuckDB COPY of the same rows to a local file.

    PYTHONPATH=layers/core python benchmarks/itemized_csv.py    # 10 M and 1 M rows, 14 columns, 24 month files

Both are run on this machine one after the other, each in a process of its own, with two threads. S3 is a plain
server in another process: it sends Parquet files from the disk and throws away what it is sent, so that the
export is measured and not an emulator. Aims: the whole export at 0.8 or more of the rows a second of the
bare COPY; at most 400 MB of memory (ru_maxrss); at 10 M rows at most 1.2 of the memory at 1 M.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, datetime
from statistics import median
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

from runsheet import catalog
from runsheet.datasets.schema import schema
from runsheet.engine import report
from runsheet.engine.inputs import Inputs

if TYPE_CHECKING:
    from pathlib import Path

DATASET = "balance_transactions"
MONTHS = 24
START, END = datetime(2024, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
COLUMNS = [
    "balance_transaction_id", "created_utc", "available_on_utc", "currency", "gross", "fee", "net",
    "reporting_category", "source_id", "description", "customer_facing_amount", "customer_facing_currency",
    "automatic_payout_id", "automatic_payout_effective_at_utc",
]  # fmt: skip

_VALUES = {
    "id": "'txn_' || printf('%08d', n) || substr(md5(n::varchar), 1, 12)",
    "created": "created",
    "available_on": "date_trunc('day', created) + interval 2 day",
    "currency": "currency",
    "gross": "gross",
    "fee": "fee",
    "net": "gross - fee",
    "reporting_category": "category",
    "source_id": "'ch_' || substr(md5((n * 7)::varchar), 1, 20)",
    "description": "'Payment for order ' || (n * 7919 % 1000003)",
    "customer_facing_amount": "gross",
    "customer_facing_currency": "currency",
    "automatic_payout_id": "'po_' || substr(md5((n // 500)::varchar), 1, 20)",
    "automatic_payout_effective_at": "date_trunc('day', created) + interval 4 day",
    "customer_email": "'customer' || (n % 100000) || '@example.com'",
    "charge_id": "'ch_' || substr(md5((n * 7)::varchar), 1, 20)",
    "payment_metadata": "map {'order': 'o' || n}",
}

# What the export gives, without its quoting of every cell: the plain way of writing it.
_BARE = """
select
    id, created, available_on, currency, {gross}, {fee}, {net}, reporting_category, source_id, description,
    {customer_facing_amount}, customer_facing_currency, automatic_payout_id, automatic_payout_effective_at
from {source}
where connected_account is null and created >= timestamp '2024-01-01' and created < timestamp '2026-01-01'
    and reporting_category <> 'payout' and reporting_category <> 'payout_reversal'
"""


def _amount(column: str, currency: str) -> str:
    decimal = f"{column}::decimal(16, 0)"
    return (
        f"case {currency} when 'jpy' then {column}::varchar"
        f" when 'kwd' then ({decimal} * 0.001::decimal(3, 3))::varchar"
        f" else ({decimal} * 0.01::decimal(2, 2))::varchar end"
    )


def prepare(rows: int) -> Path:
    """Write the month files of a data set once, sorted as the lake's files are, and return their folder."""
    here = folder(bucket(rows), DATASET)
    if (here / "files.json").exists():
        return here
    here.mkdir(parents=True, exist_ok=True)
    columns = ", ".join(
        f"({_VALUES.get(column.name, 'null')})::{column.type} as {column.name}"
        for column in schema(DATASET).columns
    )
    connection = duckdb.connect()
    files = []
    for month in range(MONTHS):
        begins = START.replace(year=START.year + month // 12, month=month % 12 + 1)
        ends = START.replace(year=START.year + (month + 1) // 12, month=(month + 1) % 12 + 1)
        count = rows // MONTHS
        step = (ends - begins).total_seconds() / count
        path = here / f"dsf_{month:02d}.parquet"
        connection.execute(
            f"""copy (
                select {columns}, false as _deleted
                from (
                    select
                        n, timestamp '{begins:%Y-%m-%d}' + to_microseconds((i * {step} * 1e6)::bigint) as created,
                        (['usd', 'eur', 'gbp', 'jpy', 'kwd'])[1 + (hash(n) % 5)::int] as currency,
                        (hash(n * 3) % 100000)::bigint + 100 as gross, (hash(n * 3) % 3000)::bigint + 30 as fee,
                        (['charge', 'charge', 'charge', 'refund', 'fee'])[1 + (hash(n * 5) % 5)::int] as category
                    from (select i, i + {month * count} as n from range({count}) as r(i))
                ) order by created, id
            ) to '{path}' (format parquet, compression zstd, row_group_size 122880)"""
        )
        first, last = connection.execute(f"select min(created), max(created) from '{path}'").fetchall()[0]
        files.append({"name": path.name, "rows": count, "first": first.isoformat(), "last": last.isoformat()})
    (here / "files.json").write_text(json.dumps(files))
    return here


def lines(source: str) -> str:
    """Return the query of the CSV's columns from a table of records."""
    amounts = {name: _amount(name, "currency") for name in ("gross", "fee", "net")}
    amounts["customer_facing_amount"] = _amount("customer_facing_amount", "customer_facing_currency")
    return _BARE.format(source=source, **amounts)


def bare(rows: int, options: str) -> dict[str, Any]:
    """Time a COPY of the same rows to a local file."""
    here = prepare(rows)
    files = ", ".join(f"'{here / file['name']}'" for file in json.loads((here / "files.json").read_text()))
    target = CACHE / "bare.csv"
    connection = duckdb.connect(config={"threads": 2, "preserve_insertion_order": True})
    began = now()
    connection.execute(
        f"copy ({lines(f'read_parquet([{files}])')}) to '{target}' (format csv, header{options})"
    )
    found = measured(rows, began, target.stat().st_size)
    target.unlink()
    return found


def whole(rows: int, endpoint: str, options: dict[str, str]) -> dict[str, Any]:
    """Time the export, from the credentials to the finished object."""
    use(endpoint, bucket(rows))
    prepare(rows)
    report_type = catalog.report_type("balance_change_from_activity.itemized.3")
    bounds = {
        "interval_start": int(START.timestamp()),
        "interval_end": int(END.timestamp()),
        "columns": COLUMNS,
        **options,
    }
    began = now()
    done = report.export(
        TENANT,
        Inputs(report_type, report_type.bind(bounds), {DATASET: snapshot(bucket(rows), DATASET)}),
        bucket=RESULTS,
        key="bench.csv",
        on_progress=lambda _: None,
    )
    if done.rows != rows // MONTHS * MONTHS:
        raise SystemExit(f"{done.rows} rows came out of {rows}")
    return measured(done.rows, began, done.size)


def bucket(rows: int) -> str:
    """Return the bucket of the data set of so many rows."""
    return f"lake-{rows}"


def compare(rows: int, repeats: int) -> None:
    """Run every case in turn, several times, and print the ratios that the aims are about."""
    print(f"{platform.machine()}, {os.cpu_count()} processors, duckdb {duckdb.__version__}")
    small = min(rows, 1_000_000)
    for size in {rows, small}:
        # Not in this process: its memory would count as the peak of those that it starts.
        subprocess.run([sys.executable, __file__, "--case", "prepare", "--rows", str(size)], check=True)
    results: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with plain_s3() as endpoint:
        for _ in range(repeats):
            results["copy"].append(in_process(__file__, "copy", rows))
            results["copy_quoted"].append(in_process(__file__, "copy_quoted", rows))
            results["export"].append(in_process(__file__, "export", rows, "--endpoint", endpoint))
            results["export_small"].append(in_process(__file__, "export", small, "--endpoint", endpoint))
        for options in (
            {"compress": "gzip"},
            {"compress": "zip"},
            {"format": "jsonl"},
            {"format": "parquet"},
        ):
            given = ("--endpoint", endpoint, "--options", json.dumps(options))
            results["others"].append(in_process(__file__, "export", rows, *given))
    plain, quoted = (
        ratio(results, "export", case, "million_rows_per_second") for case in ("copy", "copy_quoted")
    )
    print(f"export / bare COPY                     {plain:.2f}  (aim: at least 0.80)")
    print(f"export / bare COPY that quotes cells   {quoted:.2f}")
    peak = max(result["peak_mb"] for result in results["export"])
    growth = peak / median(result["peak_mb"] for result in results["export_small"])
    print(f"peak memory of the export              {peak} MB  (aim: at most 400)")
    print(f"peak at {rows} rows / at {small}   {growth:.2f}  (aim: at most 1.20)")


def main() -> None:
    """Run the comparison, or the one case that it asks for in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--case", choices=["prepare", "copy", "copy_quoted", "export"])
    parser.add_argument("--endpoint", default="")
    parser.add_argument("--options", default="{}", help="of the export, as JSON: format and compress")
    arguments = parser.parse_args()
    if arguments.case is None:
        compare(arguments.rows, arguments.repeats)
    elif arguments.case == "prepare":
        prepare(arguments.rows)
    elif arguments.case == "export":
        print(json.dumps(whole(arguments.rows, arguments.endpoint, json.loads(arguments.options))))
    else:
        print(json.dumps(bare(arguments.rows, ", force_quote *" if arguments.case == "copy_quoted" else "")))


if __name__ == "__main__":
    main()

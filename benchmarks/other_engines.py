"""Itemized CSV of ours, S3 to S3, against other ways of making one: polars, pandas, and DynamoDB's items in Python.

    PYTHONPATH=layers/core python benchmarks/other_engines.py    # 10 M rows; pandas 1 M, items 100,000

Each case is a process of its own, in turn, on this machine; the ratios are those of rows a second. polars streams from
and to the same plain S3 as the export. pandas reads and writes local files. The items are pages of DynamoDB's Query as
boto3 makes records of them, without network and without DynamoDB: botocore's parsing, boto3's types, csv. Aims: at least
1.0 of polars, plain and gzip, at no more than 400 MB; 12 times pandas; 100 times the items.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import subprocess
import sys
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Literal

from exporting import CACHE, RESULTS, Measured, folder, in_process, measured, now, plain_s3, ratio
from itemized_csv import DATASET, END, START, bare, bucket, prepare, whole

if TYPE_CHECKING:
    import polars as pl

_DIGITS = {"jpy": 0, "kwd": 3}
_ITEMS_IN_A_PAGE = 1_000
_AMOUNTS = {
    "gross": "currency",
    "fee": "currency",
    "net": "currency",
    "customer_facing_amount": "customer_facing_currency",
}
_TIMES = ("created", "available_on", "automatic_payout_effective_at")
_COLUMNS = (
    "id", "created", "available_on", "currency", "gross", "fee", "net", "reporting_category", "source_id", "description",
    "customer_facing_amount", "customer_facing_currency", "automatic_payout_id", "automatic_payout_effective_at",
)  # fmt: skip


def polars(rows: int, endpoint: str, compression: Literal["uncompressed", "gzip"]) -> Measured:
    """Time polars, tuned for little memory: it streams, in order, with few row groups ahead and small morsels."""
    os.environ |= {"POLARS_ROW_GROUP_PREFETCH_SIZE": "2", "POLARS_IDEAL_MORSEL_SIZE": "25000"}
    import polars as pl  # noqa: PLC0415 - reads its settings when it is imported

    def amount(name: str, currency: str) -> pl.Expr:
        minor, unit = pl.col(name), pl.col(currency)

        def major(decimals: int) -> pl.Expr:
            return minor.cast(pl.Decimal(18, decimals)) * pl.lit(10**-decimals).cast(pl.Decimal(18, decimals))

        return (
            pl.when(unit == "jpy").then(minor.cast(pl.String)).when(unit == "kwd").then(major(3).cast(pl.String))
            .otherwise(major(2).cast(pl.String)).alias(name)
        )  # fmt: skip

    storage: dict[str, Any] = {
        "aws_endpoint_url": endpoint, "aws_access_key_id": "bench", "aws_secret_access_key": "bench",
        "aws_region": "eu-west-1", "aws_allow_http": "true",
    }  # fmt: skip
    files = sorted(folder(bucket(rows), DATASET).glob("*.parquet"))
    began = now()
    made = (
        pl.scan_parquet(
            [f"s3://{file.relative_to(CACHE)}" for file in files], storage_options=storage
        )
        .filter(
            pl.col("connected_account").is_null(),
            pl.col("created") >= START.replace(tzinfo=None),
            pl.col("created") < END.replace(tzinfo=None),
            ~pl.col("reporting_category").is_in(["payout", "payout_reversal"]),
        )
        .select(
            amount(name, _AMOUNTS[name]) if name in _AMOUNTS
            else pl.col(name).dt.strftime("%Y-%m-%d %H:%M:%S") if name in _TIMES
            else pl.col(name)
            for name in _COLUMNS
        )
    )  # fmt: skip
    target = f"s3://{RESULTS}/polars.csv"
    made.sink_csv(
        target, storage_options=storage, maintain_order=True, quote_style="always", compression=compression,
        check_extension=False,
    )  # fmt: skip
    return measured(rows, began, 0)


def pandas(rows: int) -> Measured:
    """Time pandas over local files, in the way that most begin with."""
    import pandas as pd  # type: ignore[import-untyped] # noqa: PLC0415 - it is in no other case's process

    target = CACHE / "pandas.csv"
    began = now()
    records = pd.read_parquet(sorted(folder(bucket(rows), DATASET).glob("*.parquet")))
    records = records[
        records.connected_account.isna() & ~records.reporting_category.isin(["payout", "payout_reversal"])
    ]
    records = records[list(_COLUMNS)]
    for name, currency in _AMOUNTS.items():
        decimals = records[currency].map(_DIGITS).fillna(2).astype(int)
        records[name] = [
            f"{minor / 10**digits:.{digits}f}" for minor, digits in zip(records[name], decimals, strict=True)
        ]
    records.to_csv(target, index=False, quoting=csv.QUOTE_ALL, date_format="%Y-%m-%d %H:%M:%S")
    found = measured(len(records), began, target.stat().st_size)
    target.unlink()
    return found


def items(rows: int, lake_rows: int) -> Measured:
    """Time what a Lambda does with pages of a Query: boto3's types become Python's, and `csv` writes them."""
    import duckdb  # noqa: PLC0415 - only to make the pages
    from boto3.dynamodb.types import TypeDeserializer, TypeSerializer  # noqa: PLC0415 - in no other case
    from botocore.parsers import create_parser  # noqa: PLC0415
    from botocore.session import get_session  # noqa: PLC0415

    file = min(folder(bucket(lake_rows), DATASET).glob("*.parquet"))
    cursor = duckdb.sql(f"select {', '.join(_COLUMNS)} from '{file}' limit {rows}")
    serialize = TypeSerializer().serialize
    page = [
        {
            name: serialize(value if isinstance(value, int | str) else str(value))
            for name, value in zip(_COLUMNS, row, strict=True)
        }
        for row in cursor.fetchmany(_ITEMS_IN_A_PAGE)
    ]
    answer = {
        "status_code": 200,
        "headers": {},
        "body": json.dumps({"Items": page, "Count": len(page)}).encode(),
    }
    shape: Any = get_session().get_service_model("dynamodb").operation_model("Query").output_shape
    parser = create_parser("json")
    target = CACHE / "items.csv"
    deserialize = TypeDeserializer().deserialize
    began = now()
    with target.open("w", newline="") as output:
        writer = csv.DictWriter(output, _COLUMNS, quoting=csv.QUOTE_ALL)
        writer.writeheader()
        for _ in range(rows // _ITEMS_IN_A_PAGE):
            for item in parser.parse(answer, shape)["Items"]:
                record = {name: deserialize(value) for name, value in item.items()}
                for name, currency in _AMOUNTS.items():
                    record[name] = record[name].scaleb(-_DIGITS.get(record[currency], 2))
                writer.writerow(record)
    found = measured(rows, began, target.stat().st_size)
    target.unlink()
    return found


def compare(rows: int, repeats: int) -> None:
    """Run every case in turn, several times, and print the ratios that the aims are about."""
    print(f"{platform.machine()}, {os.cpu_count()} processors")
    few = min(rows, 1_000_000)
    for size in {rows, few}:
        subprocess.run([sys.executable, __file__, "--case", "prepare", "--rows", str(size)], check=True)
    results: dict[str, list[Measured]] = defaultdict(list)
    with plain_s3() as endpoint:
        for _ in range(repeats):
            for case in ("export", "polars", "copy_quoted", "export_gzip", "polars_gzip"):
                results[case].append(in_process(__file__, case, rows, "--endpoint", endpoint))
            results["pandas"].append(in_process(__file__, "pandas", few))
            results["items"].append(in_process(__file__, "items", min(few, 100_000), "--lake", str(few)))
    for ours, theirs, aim in (
        ("export", "polars", 1), ("export_gzip", "polars_gzip", 1), ("export", "pandas", 12), ("export", "items", 100)
    ):  # fmt: skip
        times = ratio(results, ours, theirs, "million_rows_per_second")
        print(f"{ours:11} / {theirs:11} {times:7.2f}  (aim: at least {aim})")
    floor = ratio(results, "copy_quoted", "polars", "million_rows_per_second")
    print(f"bare COPY that quotes cells, to a local file / polars {floor:.2f}")
    for case in ("export", "export_gzip", "polars", "polars_gzip"):
        print(f"peak memory of {case:11} {max(result['peak_mb'] for result in results[case])} MB")


def main() -> None:
    """Run the comparison, or the one case that it asks for in a process of its own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--case")
    parser.add_argument("--endpoint", default="")
    parser.add_argument(
        "--lake", type=int, default=0, help="of how many rows the lake is that items are taken from"
    )
    arguments = parser.parse_args()
    rows, endpoint = arguments.rows, arguments.endpoint
    match arguments.case:
        case None:
            compare(rows, arguments.repeats)
        case "prepare":
            prepare(rows)
        case "export":
            print(json.dumps(whole(rows, endpoint, {})))
        case "export_gzip":
            print(json.dumps(whole(rows, endpoint, {"compress": "gzip"})))
        case "copy_quoted":
            print(json.dumps(bare(rows, ", force_quote *")))
        case "polars":
            print(json.dumps(polars(rows, endpoint, "uncompressed")))
        case "polars_gzip":
            print(json.dumps(polars(rows, endpoint, "gzip")))
        case "pandas":
            print(json.dumps(pandas(rows)))
        case "items":
            print(json.dumps(items(rows, arguments.lake)))


if __name__ == "__main__":
    main()

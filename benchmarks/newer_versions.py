"""What newer versions cost by bare DuckDB, without S3 and without anything of ours: what no report gets below.

    PYTHONPATH=layers/core python benchmarks/newer_versions.py    # 10 M rows in 24 month files

Two aims of compaction.py are held against it. The itemized CSV, month by month: as it lies, beside 5 % newer versions, and
beside these without putting the rows of a month in order, which no report may leave out. The sums of the balance: as it
lies, with the keys read too, and beside 100 files of changes from all months. The files lie on the disk, the CSV is thrown
away, the latest versions are looked for once, in memory. Each case is a process of its own, one after the other.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections import defaultdict
from typing import TYPE_CHECKING

import duckdb
from compaction import RECORDS, five_percent, lake, prepare_apart
from exporting import Measured, folder, in_process, measured, now, ratio
from itemized_csv import DATASET, lines

if TYPE_CHECKING:
    from pathlib import Path

# Files, and records of each.
_MANY = 100, RECORDS
_SUMS = "select currency, reporting_category, count(*), sum(gross), sum(fee), sum(net)"


def itemized(rows: int, *, newer: bool, in_order: bool = True) -> Measured:
    """Time the CSV of every month, one after the other."""
    connection, base = _opened(rows, *five_percent(rows))
    began = now()
    if newer:
        _latest(connection)
    for file in base:
        source = f"'{file}'"
        if newer:
            source = f"""(
                select * from '{file}' where id not in (select id from latest)
                union all by name
                select latest.* from latest, (select min(created) as low, max(created) as high from '{file}')
                where created >= low and created <= high and not _deleted
            ) as records"""
        order = "order by created, id" if newer and in_order else ""
        connection.execute(f"copy ({lines(source)} {order}) to '/dev/null' (format csv, force_quote *)")
    return measured(rows, began, 0)


def sums(rows: int, *, keys: bool, newer: bool) -> Measured:
    """Time the sums of all months."""
    connection, base = _opened(rows, *_MANY)
    source = f"read_parquet({list(map(str, base))})"
    began = now()
    if newer:
        _latest(connection)
        source = f"""(
            select * from {source} where id not in (select id from latest)
            union all by name select * from latest where not _deleted
        )"""
    more = ", max(hash(id))" if keys else ""
    connection.execute(f"{_SUMS}{more} from {source} where connected_account is null group by all").fetchall()
    return measured(rows, began, 0)


def _opened(rows: int, new: int, records: int) -> tuple[duckdb.DuckDBPyConnection, list[Path]]:
    """Return a connection that sees the newer files as `newer`, and the base files."""
    files = sorted(folder(lake(rows, new, records, "mixed"), DATASET).glob("*.parquet"))
    base = [file for file in files if not file.name.startswith("dsf_new")]
    connection = duckdb.connect(config={"threads": 2})
    newer = [str(file) for file in files if file not in base]
    connection.execute(f"create view newer as select * from read_parquet({newer}, filename = true)")
    return connection, base


def _latest(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "create table latest as select * exclude (filename) from newer"
        " qualify row_number() over (partition by id order by filename desc) = 1"
    )


CASES = {
    "itemized": lambda rows: itemized(rows, newer=False),
    "itemized_newer": lambda rows: itemized(rows, newer=True),
    "itemized_newer_unordered": lambda rows: itemized(rows, newer=True, in_order=False),
    "sums": lambda rows: sums(rows, keys=False, newer=False),
    "sums_keys": lambda rows: sums(rows, keys=True, newer=False),
    "sums_newer": lambda rows: sums(rows, keys=False, newer=True),
}


def compare(rows: int, repeats: int) -> None:
    """Run every case in turn, several times, and print the ratios."""
    print(f"{platform.machine()}, {os.cpu_count()} processors, duckdb {duckdb.__version__}")
    for files, records in (five_percent(rows), _MANY):
        prepare_apart(rows, files, records, "mixed")
    results: dict[str, list[Measured]] = defaultdict(list)
    for _ in range(repeats):
        for case in CASES:
            results[case].append(in_process(__file__, case, rows))
    for case, reference in (
        ("itemized_newer", "itemized"),
        ("itemized_newer_unordered", "itemized"),
        ("sums_keys", "sums"),
        ("sums_newer", "sums"),
    ):
        clock, cpu = (ratio(results, case, reference, figure) for figure in ("seconds", "cpu_seconds"))
        print(f"{case:24} / {reference:8} {clock:.2f} of its time, {cpu:.2f} of its processor time")


def main() -> None:
    """Run the comparison, or the one case that it asks for in a process of its own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--case", choices=list(CASES))
    given = parser.parse_args()
    if given.case is None:
        compare(given.rows, given.repeats)
    else:
        print(json.dumps(CASES[given.case](given.rows)))


if __name__ == "__main__":
    main()

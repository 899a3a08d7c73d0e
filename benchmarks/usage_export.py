"""The child detailed usage export from S3 to S3, against a bare DuckDB aggregate and COPY over the same files.

    PYTHONPATH=layers/core python benchmarks/usage_export.py    # 24 months x 20 categories x 1,000 children, by day

Both are run on this machine one after the other, each in a process of its own, with two threads. The bare statement has
the rates written into it; the export looks up the rate of each day, and uses up promotional credits in a second case.
Aims: at most 1.5 of the bare statement's time; at most 768 MB of memory (ru_maxrss).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections import defaultdict
from datetime import date, timedelta

import duckdb
from exporting import (
    CACHE,
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

from runsheet import catalog
from runsheet.engine import report
from runsheet.engine.inputs import Inputs
from runsheet.organisations.model import RelatedOrganisation

REPORT_TYPE = "account_usage.child_detailed.1"
START, END = date(2024, 1, 1), date(2025, 12, 31)
CATEGORIES = [f"Category {number:02d}" for number in range(20)]
UNITS = [("GB", "DPM", "GB")[number % 3] for number in range(20)]
RATES = [f"{0.5 + number}" for number in range(20)]
# Of one category, used up after about half of the time.
PROMOTION = """
    select
        'p1' as id, date '2024-01-01' as valid_from, date '2025-12-31' as valid_until, 'Category 03' as category,
        {credits}::decimal(18, 9) as credits, false as _deleted
"""


def prepare(children: int) -> None:
    """Write the datasets once, a file of usage for each month, sorted as the lake's files are."""
    here = folder(_bucket(children), "usage_records")
    if (here / "files.json").exists():
        return
    here.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    files: list[dict[str, object]] = []
    month = START
    while month < END:
        following = (month + timedelta(days=32)).replace(day=1)
        days = (following - month).days
        path = here / f"dsf_{len(files):02d}.parquet"
        connection.execute(
            f"""copy (
                select
                    'ur_' || substr(md5(concat('{month}', day, child, category)), 1, 16) as id,
                    (date '{month}' + day::int)::timestamp as used_at, {_child("child")} as organisation_id,
                    'Category ' || printf('%02d', category) as category, (['GB', 'DPM', 'GB'])[1 + category % 3] as unit,
                    ((hash('{month}', day, child, category) % 1000000000)::decimal(18, 0) * 0.000001::decimal(9, 6))
                        ::decimal(18, 9) as quantity,
                    false as _deleted
                from range({days}) as d(day), range({children}) as o(child), range({len(CATEGORIES)}) as k(category)
                order by used_at, id
            ) to '{path}' (format parquet, compression zstd, row_group_size 122880)"""
        )
        last = following - timedelta(days=1)
        rows = days * children * len(CATEGORIES)
        files.append({"name": path.name, "rows": rows, "first": f"{month}", "last": f"{last}"})
        month = following
    rates = ", ".join(
        f"('r{number}', date '2020-01-01', '{category}', '{unit}', {rate}::decimal(18, 9), {number}::bigint, false)"
        for number, (category, unit, rate) in enumerate(zip(CATEGORIES, UNITS, RATES, strict=True))
    )
    names = "id, effective_from, category, unit, credits_per_unit, position, _deleted"
    _write(connection, children, "credit_rates", f"from (values {rates}) as rates({names})", "2020-01-01")
    promotion = PROMOTION.format(credits=children * 650_000)
    _write(connection, children, "promotional_credits", promotion, "2024-01-01")
    (here / "files.json").write_text(json.dumps(files))


def bare(children: int) -> Measured:
    """Time one statement that aggregates the same rows and writes them to a local file."""
    files = folder(_bucket(children), "usage_records") / "*.parquet"
    rate = " ".join(f"when '{c}' then {r}::decimal(18, 9)" for c, r in zip(CATEGORIES, RATES, strict=True))
    sums = ", ".join(
        f"sum(quantity) filter (where category = '{category}') as \"{category} ({unit})\","
        f" sum(credits) filter (where category = '{category}') as \"{category} Credits\""
        for category, unit in zip(CATEGORIES, UNITS, strict=True)
    )
    target = CACHE / "bare.csv"
    connection = duckdb.connect(config={"threads": 2})
    began = now()
    connection.execute(
        f"""copy (
            select organisation_id, used_at::date as "Date", sum(credits) as "Total Credits", {sums}
            from (select *, quantity * case category {rate} end as credits from '{files}')
            group by all order by "Date", organisation_id
        ) to '{target}' (format csv, header)"""
    )
    found = measured(_records(children), began, target.stat().st_size)
    target.unlink()
    return found


def whole(children: int, endpoint: str, *, promotion: bool) -> Measured:
    """Time the export, from the credentials to the finished object."""
    use(endpoint, _bucket(children))
    report_type = catalog.report_type(REPORT_TYPE)
    snapshots = {dataset: snapshot(_bucket(children), dataset) for dataset in report_type.reads}
    if not promotion:
        snapshots["promotional_credits"] = snapshot("no-such-lake", "promotional_credits")
    ids = duckdb.sql(f"select {_child('child')} from range({children}) as o(child)").fetchall()
    family = [
        RelatedOrganisation(one, f"Child {number}", is_own=number == 0, is_child=number > 0)
        for number, (one,) in enumerate(ids)
    ]
    began = now()
    done = report.export(
        TENANT,
        Inputs(
            report_type, report_type.bind({"start_date": str(START), "end_date": str(END)}), snapshots, family
        ),
        bucket=RESULTS,
        key="bench.csv",
        on_progress=lambda _: None,
    )
    if done.rows != _days() * children:
        raise SystemExit(f"{done.rows} rows came out, not {_days() * children}")
    return measured(_records(children), began, done.size)


def _child(number: str) -> str:
    return f"'org_' || substr(md5({number}::varchar), 1, 20)"


def _days() -> int:
    return (END - START).days + 1


def _records(children: int) -> int:
    return _days() * children * len(CATEGORIES)


def _bucket(children: int) -> str:
    return f"usage-{children}"


def _write(
    connection: duckdb.DuckDBPyConnection, children: int, dataset: str, query: str, first: str
) -> None:
    here = folder(_bucket(children), dataset)
    here.mkdir(parents=True, exist_ok=True)
    [(rows,)] = connection.execute(
        f"copy ({query}) to '{here / 'dsf_1.parquet'}' (format parquet)"
    ).fetchall()
    (here / "files.json").write_text(
        json.dumps([{"name": "dsf_1.parquet", "rows": rows, "first": first, "last": first}])
    )


def compare(children: int, repeats: int) -> None:
    """Run every case in turn, several times, and print the ratios that the aims are about."""
    print(f"{platform.machine()}, {os.cpu_count()} processors, duckdb {duckdb.__version__}")
    # Not in this process: its memory would count as the peak of those that it starts.
    subprocess.run([sys.executable, __file__, "--case", "prepare", "--rows", str(children)], check=True)
    results: dict[str, list[Measured]] = defaultdict(list)
    with plain_s3() as endpoint:
        for _ in range(repeats):
            results["bare"].append(in_process(__file__, "bare", children))
            for case in ("export", "promotion"):
                results[case].append(in_process(__file__, case, children, "--endpoint", endpoint))
    for case in ("export", "promotion"):
        seconds, cpu = (ratio(results, case, "bare", figure) for figure in ("seconds", "cpu_seconds"))
        print(
            f"{case:9} / bare aggregate and COPY   {seconds:.2f} of its time, {cpu:.2f} of its processor time"
        )
    print("          (aim: at most 1.50)")
    peak = max(result["peak_mb"] for case in ("export", "promotion") for result in results[case])
    print(f"peak memory of the export          {peak} MB  (aim: at most 768)")


def main() -> None:
    """Run the comparison, or the one case that it asks for in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000, help="how many children there are")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--case", choices=["prepare", "bare", "export", "promotion"])
    parser.add_argument("--endpoint", default="")
    arguments = parser.parse_args()
    if arguments.case is None:
        compare(arguments.rows, arguments.repeats)
    elif arguments.case == "prepare":
        prepare(arguments.rows)
    elif arguments.case == "bare":
        print(json.dumps(bare(arguments.rows)))
    else:
        print(json.dumps(whole(arguments.rows, arguments.endpoint, promotion=arguments.case == "promotion")))


if __name__ == "__main__":
    main()

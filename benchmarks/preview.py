"""A page of the preview of a large result, from any place of it, over plain HTTP.

    PYTHONPATH=layers/core python benchmarks/preview.py    # 10 M rows, 14 columns, 2 GB; 200 pages of 100 rows

Times the whole operation but for reading the run's item: two range reads, and the rows as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

from runsheet.files.model import File
from runsheet.report_runs import preview, service
from runsheet.report_runs.model import PreviewQuery, ReportRun
from runsheet.runtime.http import encode
from runsheet.tenancy import Tenant

CACHE = Path(tempfile.gettempdir()) / "runsheet-bench" / "preview"
KEY = "results/org_bench/live/frr_1/x.csv"
TENANT = Tenant("org_bench", "live")
_NAMES = [
    "balance_transaction_id", "created_utc", "available_on_utc", "currency", "gross", "fee", "net",
    "reporting_category", "source_id", "description", "customer_facing_amount", "customer_facing_currency",
    "automatic_payout_id", "automatic_payout_effective_at_utc",
]  # fmt: skip
_LINE = (
    '"txn_{n:08d}abcdef012345","2024-03-01 10:{m:02d}:00","2024-03-03 00:00:00","usd","{n}.00","0.59","{n}.41","charge",'
    '"ch_0123456789abcdef0123","Payment for order {n}","{n}.00","usd","po_0123456789abcdef0123","2024-03-05 00:00:00"\n'
)


def prepare(rows: int) -> Path:
    """Write the CSV once, and return its path."""
    path = CACHE / f"results-{rows}" / KEY
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w") as file:
            file.write(",".join(f'"{name}"' for name in _NAMES) + "\n")
            for first in range(0, rows, 10_000):
                file.write(
                    "".join(_LINE.format(n=n, m=n % 60) for n in range(first, min(first + 10_000, rows)))
                )
    return path


def place(path: Path, size: int, chance: random.Random) -> int:
    """Return the beginning of a row somewhere in the file."""
    with path.open("rb") as file:
        file.seek(chance.randrange(1000, size - 100_000))
        file.readline()
        return file.tell()


def main() -> None:
    """Print the median and the slowest of the pages, and that of a page at the very end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--limit", type=int, default=100)
    asked = parser.parse_args()
    path = prepare(asked.rows)
    size = path.stat().st_size
    server = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("plain_s3.py")), str(CACHE)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        if server.stdout is None:
            raise SystemExit("the server has no output")
        os.environ |= {
            "AWS_ENDPOINT_URL": server.stdout.readline().strip(),
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "RESULTS_BUCKET": f"results-{asked.rows}",
        }
        file = File("file_1", KEY, "x.csv", "t", size, asked.rows, 0, 2**40, sha256="0" * 64)
        run = ReportRun(
            TENANT,
            "frr_1",
            "balance_change_from_activity.itemized.3",
            {},
            0,
            1,
            status="succeeded",
            file=file,
        )
        service.retrieve = lambda *_: run
        chance = random.Random(1)  # noqa: S311
        taken = []
        for number in range(asked.pages + 1):
            cursor = preview._cursor(file, place(path, size, chance), 1)  # noqa: SLF001 - of any place
            began = time.perf_counter()
            answer = encode(preview.preview(TENANT, "frr_1", PreviewQuery(limit=asked.limit, cursor=cursor)))
            if number:  # the first opens the connection
                taken.append((time.perf_counter() - began) * 1000)
            if len(json.loads(answer["body"])["data"]) != asked.limit:
                raise SystemExit("a page is not whole")
    finally:
        server.terminate()
        server.wait()
    print(
        f"{asked.rows} rows, {size / 1e9:.2f} GB, pages of {asked.limit}: median {median(taken):.1f} ms, "
        f"95 % {quantiles(taken, n=20)[-1]:.1f} ms, slowest {max(taken):.1f} ms (aim: at most 300)"
    )


if __name__ == "__main__":
    main()

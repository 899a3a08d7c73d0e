"""What the benchmarks of exports share: a plain S3 beside them, processes of their own, and what is measured of one."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from runsheet.datasets.model import DataFile, Snapshot
from runsheet.datasets.schema import schema
from runsheet.tenancy import Tenant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

CACHE = Path(__file__).resolve().parent.parent / ".local" / "bench"
RESULTS = "results"
# DuckDB imports them with the first value that is bound, where they are installed: half a second, and 100 MB.
_NOT_IN_A_WORKER = ("numpy", "pandas", "pyarrow")
TENANT = Tenant("org_bench", "live")

Measured = dict[str, Any]


def folder(bucket: str, dataset: str) -> Path:
    """Return where the files of a dataset of the lake `bucket` are kept between runs."""
    return CACHE / bucket / "lake" / dataset / TENANT.organisation_id / TENANT.mode


def snapshot(bucket: str, dataset: str) -> Snapshot:
    """Return the dataset that `files.json` in its folder describes; without one, a dataset without records."""
    here = folder(bucket, dataset)
    listed = json.loads((here / "files.json").read_text()) if (here / "files.json").exists() else []
    files = tuple(
        DataFile(
            id=file["name"].removesuffix(".parquet"),
            key=str((here / file["name"]).relative_to(CACHE / bucket)),
            rows=file["rows"],
            bytes=(here / file["name"]).stat().st_size,
            first=datetime.fromisoformat(file["first"]).replace(tzinfo=UTC),
            last=datetime.fromisoformat(file["last"]).replace(tzinfo=UTC),
            level=file.get("level", "base"),
            version=file.get("version", 0),
        )
        for file in listed
    )
    return Snapshot(schema(dataset), bucket, files, max((file.version for file in files), default=0) + 1)


def use(endpoint: str, bucket: str) -> None:
    """Make this process a worker whose AWS is the plain server, and which has no packages but a worker's."""
    for name in _NOT_IN_A_WORKER:
        sys.modules[name] = None  # type: ignore[assignment] # Python's own way to say that it is not there
    os.environ |= {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "LAKE_BUCKET": bucket,
        "LAKE_ROLE_ARN": "arn:aws:iam::123456789012:role/lake",
    }


@contextmanager
def plain_s3(delay: float = 0) -> Iterator[str]:
    """Run the plain server over CACHE, which puts each answer off by `delay` seconds, and yield its address."""
    server = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("plain_s3.py")), str(CACHE), str(delay)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        if server.stdout is None:
            raise SystemExit("the server has no output")
        yield server.stdout.readline().strip()
    finally:
        server.terminate()
        server.wait()


def now() -> tuple[float, float]:
    """Return the time on the clock and that of the processors, in seconds."""
    return time.monotonic(), time.process_time()


def measured(rows: int, began: tuple[float, float], size: int) -> Measured:
    """Return what a case took since it `began`; memory is the peak of this process."""
    seconds, cpu = (at - then for at, then in zip(now(), began, strict=True))
    return {
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 1),
        "million_rows_per_second": round(rows / seconds / 1e6, 3),
        "bytes": size,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def in_process(script: str, case: str, rows: int, *arguments: str) -> Measured:
    """Run one case of a benchmark in a process of its own: peak memory is the process's."""
    command = [sys.executable, script, "--case", case, "--rows", str(rows), *arguments]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    found: Measured = json.loads(answer.stdout.splitlines()[-1])
    print(f"{case:12} {rows:>10}  {json.dumps(found)}", flush=True)
    return found


def ratio(results: Mapping[str, Sequence[Measured]], ours: str, theirs: str, figure: str) -> float:
    """Return the median, over the rounds, of one case's figure by another's."""
    return float(median(a[figure] / b[figure] for a, b in zip(results[ours], results[theirs], strict=True)))

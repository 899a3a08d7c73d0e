"""How fast a dispatcher claims, against DynamoDB and SQS that answer in 5 ms (a local stand-in that waits).

    PYTHONPATH=layers/core python benchmarks/dispatch.py [--configs 20000]

One worker is one process that dispatches one shard; several dispatch one shard each. Aims: 1,000 claims a second for
a worker, in proportion to the workers; a tick with nothing due in under 1 s. Simulated: DynamoDB, SQS, and that every
config is due and claimed by nobody else. Each worker has a stand-in of its own, so two workers and two stand-ins share
the processors of this machine, which Lambda's do not.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 3, 2, 13, 5, tzinfo=UTC)
HERE = Path(__file__).parent


def worker(endpoint: str) -> dict[str, float]:
    """Dispatch one shard in this process."""
    os.environ |= {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "REPORT_CONFIGS_TABLE": "configs",
        "REPORT_RUNS_TABLE": "runs",
        "ORGANISATIONS_TABLE": "organisations",
        "REPORT_RUNS_QUEUE_URL": f"{endpoint}/1/runs",
        "RETENTION_DAYS": "365",
    }
    from runsheet.report_configs.dispatching import Dispatcher  # noqa: PLC0415 - the environment comes first

    Dispatcher(NOW)._zone_of("org_1")  # noqa: SLF001 - the first call makes the client
    started, used = time.monotonic(), time.process_time()
    dispatcher = Dispatcher(NOW)
    claimed = dispatcher.dispatch("0")
    seconds = time.monotonic() - started
    if dispatcher.failures:
        raise SystemExit(f"{dispatcher.failures} configs failed")
    return {"claims": claimed, "seconds": seconds, "cpu_seconds": time.process_time() - used}


@contextmanager
def stand_in(configs: int) -> Iterator[str]:
    """Run a stand-in in a process of its own and yield its address."""
    command = [sys.executable, str(HERE / "dispatch_stand_in.py"), str(configs)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None  # noqa: S101 - for the type checker
        yield server.stdout.readline().strip()
        server.terminate()


def measure(workers: int, configs: int) -> float:
    """Print and return the claims a second of so many workers together."""
    with_servers = [stand_in(configs) for _ in range(workers)]
    endpoints = [server.__enter__() for server in with_servers]
    started = [
        subprocess.Popen([sys.executable, __file__, "--worker", endpoint], stdout=subprocess.PIPE, text=True)
        for endpoint in endpoints
    ]
    results = [json.loads(process.communicate()[0]) for process in started]
    for server in with_servers:
        server.__exit__(None, None, None)
    total = sum(result["claims"] for result in results)
    slowest = max(result["seconds"] for result in results)
    cpu = sum(result["cpu_seconds"] for result in results)
    rate = total / slowest if total else 0.0
    print(
        f"{workers} worker(s), {configs} due each: {slowest:6.2f} s  {rate:7.0f} claims/s "
        f"{cpu / total * 1000 if total else 0:6.2f} ms of processor a claim",
        flush=True,
    )
    return rate


def main() -> None:
    """Measure ticks with nothing due and with everything due, by one worker and by two."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--configs", type=int, default=20_000)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        print(json.dumps(worker(arguments.worker)))
        return
    measure(1, 0)
    one = measure(1, arguments.configs)
    two = measure(2, arguments.configs)
    print(f"two workers / one worker: {two / one:.2f} on {os.cpu_count()} processors")


if __name__ == "__main__":
    main()

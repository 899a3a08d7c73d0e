"""How fast a dispatcher claims, against DynamoDB and SQS that answer in 5 ms (a local stand-in that waits).

    PYTHONPATH=layers/core python benchmarks/dispatch.py [--configs 100000]

One worker is one process that dispatches one shard; several dispatch one shard each. Aims: 1,000 claims a second for
a worker, 3.6 times that for four; a tick with nothing due in under 1 s. Simulated: DynamoDB, SQS, and that every
config is due and claimed by nobody else. Each worker has a stand-in of its own, so four workers and four stand-ins share
the processors of this machine, which Lambda's do not: each has one of its own. A claim at 5 ms is work of the processor, so
two processors cannot show what four do. What they can show: where calls are so slow that waiting is nearly all there is,
four workers are four times one, so nothing that they share (there is nothing but the tables) keeps one waiting for another.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

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
def stand_in(configs: int, milliseconds: int) -> Iterator[str]:
    """Run a stand-in in a process of its own and yield its address."""
    command = [sys.executable, str(HERE / "dispatch_stand_in.py"), str(configs), str(milliseconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None  # noqa: S101 - for the type checker
        yield server.stdout.readline().strip()
        server.terminate()


class Rate(NamedTuple):
    """Claims a second of all workers together, and the processor's milliseconds that one takes."""

    a_second: float
    milliseconds: float


def measure(workers: int, configs: int, *, answers_after: int = 5) -> Rate:
    """Print and return how fast so many workers are together.

    Args:
        workers: processes, a shard each.
        configs: due, all shards together.
        answers_after: milliseconds that a call of AWS takes.
    """
    with ExitStack() as servers:
        endpoints = [
            servers.enter_context(stand_in(configs // workers, answers_after)) for _ in range(workers)
        ]
        started = [
            subprocess.Popen(
                [sys.executable, __file__, "--worker", endpoint], stdout=subprocess.PIPE, text=True
            )
            for endpoint in endpoints
        ]
        results = [json.loads(process.communicate()[0]) for process in started]
    total = sum(result["claims"] for result in results)
    slowest = max(result["seconds"] for result in results)
    cpu = sum(result["cpu_seconds"] for result in results)
    found = Rate(total / slowest, cpu / total * 1000) if total else Rate(0.0, 0.0)
    print(
        f"{workers} worker(s), {configs} due, calls of {answers_after} ms: {slowest:6.2f} s  {found.a_second:7.0f} claims/s "
        f"{found.milliseconds:6.2f} ms of processor a claim",
        flush=True,
    )
    return found


def main() -> None:
    """Measure ticks with nothing due and with everything due, by one worker and by four."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--configs", type=int, default=100_000)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        print(json.dumps(worker(arguments.worker)))
        return
    measure(1, 0)
    one, four = measure(1, arguments.configs), measure(4, arguments.configs)
    print(
        f"four workers / one: {four.a_second / one.a_second:.2f} on {os.cpu_count()} processors, "
        f"{4 * one.milliseconds / four.milliseconds:.2f} with one for each, by the processor's time"
    )
    slow = [measure(workers, workers * 400, answers_after=200) for workers in (1, 4)]
    print(f"four workers / one, where calls are all: {slow[1].a_second / slow[0].a_second:.2f}")


if __name__ == "__main__":
    main()

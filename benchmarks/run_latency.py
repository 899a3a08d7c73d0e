"""From the create of a report run to `succeeded`, over HTTP on the running local stack, warm.

    make up && python benchmarks/run_latency.py [--runs 15]

`balance.summary.1` and the itemized report run over all records of the first sample organisation (at least 100,000).
The aim is a median of at most 1.5 s for each. It is a time on this machine and no ratio: compare runs of one day.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from pathlib import Path

import httpx

STACK = Path(__file__).resolve().parent.parent / ".local" / "stack.json"
REPORTS = ("balance.summary.1", "balance_change_from_activity.itemized.3")
AIM_SECONDS = 1.5
_WARM_UP = 3


def main() -> int:
    """Print a line per report; return 1 if one misses the aim."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    stack = json.loads(STACK.read_text())
    key = stack["organisations"][0]["test_key"]
    print(f"{platform.machine()}, Python {platform.python_version()}, {runs} runs after {_WARM_UP}")
    print(f"{'report':42} {'records':>9} {'rows':>9} {'min s':>6} {'median s':>8} {'max s':>6}")
    missed = False
    with httpx.Client(base_url=stack["base_url"], auth=(key, ""), timeout=60) as client:
        records = client.get("/v1/datasets/balance_transactions").raise_for_status().json()["row_count"]
        for report in REPORTS:
            taken = [_run(client, report) for _ in range(_WARM_UP + runs)][_WARM_UP:]
            seconds = [second for second, _ in taken]
            median = statistics.median(seconds)
            missed |= median > AIM_SECONDS
            rows = taken[-1][1]
            print(
                f"{report:42} {records:9} {rows:9} {min(seconds):6.2f} {median:8.2f} {max(seconds):6.2f}",
                flush=True,
            )
    return int(missed)


def _run(client: httpx.Client, report: str) -> tuple[float, int]:
    """Return the seconds until the run succeeded, and its rows."""
    known = client.get(f"/v1/reporting/report_types/{report}").raise_for_status().json()
    form = {
        "report_type": report,
        "parameters[interval_start]": known["data_available_start"],
        "parameters[interval_end]": known["data_available_end"],
    }
    started = time.perf_counter()
    run = client.post("/v1/reporting/report_runs", data=form).raise_for_status().json()
    while run["status"] == "pending":
        time.sleep(0.02)
        run = client.get(f"/v1/reporting/report_runs/{run['id']}").raise_for_status().json()
    if run["status"] != "succeeded":
        raise RuntimeError(f"{run['id']} ended as {run['status']}: {run['error']}")
    return time.perf_counter() - started, run["row_count"]


if __name__ == "__main__":
    raise SystemExit(main())

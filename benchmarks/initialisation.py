"""How long each function takes to start, by cause, against a bare handler, in the same run.

    python benchmarks/initialisation.py [--runs 7] [report_runs.create …]

The bare handler imports boto3 and makes one DynamoDB client, no more. Ours is imported as Lambda does it, from the
built layers with their .pyc files, and makes the client it needs. Each start is a new process; the two alternate,
and the ratio is that of each pair. Milliseconds are of the processor, medians; `python` is the interpreter's own start, in
both. Nothing here is a Lambda: there half a processor (884 MB) takes twice as long. The target is 1.2 for the API functions.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
START = Path(__file__).parent / "one_start.py"
TARGET = 1.2
CAUSES = ("botocore", "client", "pydantic", "powertools", "engine", "ours")
_LAYERS = ("core", "dependencies", "engine")


def main() -> int:
    """Print a line per function, in order of their names; return 1 if an API function misses the target."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("handlers", nargs="*", help="such as report_runs.create; all by default")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = _build(Path(folder))
        print(
            f"{'function':34} {'python':>7} {'bare':>6} {'ours':>6} {'ratio':>6}  of ours: {' '.join(CAUSES)}"
        )
        handlers = sorted(arguments.handlers or _handlers())
        ratios = {handler: _compare(handler, path, arguments.runs) for handler in handlers}
    missed = [
        handler for handler, ratio in ratios.items() if ratio > TARGET and not handler.startswith("workers.")
    ]
    for handler in missed:
        print(f"over {TARGET}: {handler}")
    return 1 if missed else 0


def _handlers() -> list[str]:
    files = sorted((ROOT / "functions").rglob("*.py"))
    return [".".join(file.relative_to(ROOT / "functions").with_suffix("").parts) for file in files]


def _build(folder: Path) -> str:
    """Build the layers for this interpreter and return the module path of a function that has them all."""
    for layer in _LAYERS:
        environment = os.environ | {"RUNSHEET_RUNTIME": "host"}
        command = [sys.executable, str(ROOT / "layers" / "build.py"), layer, str(folder / layer)]
        subprocess.run(
            command, check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    layers = [str(folder / layer / "python") for layer in _LAYERS]
    # boto3 comes from the environment, as it comes with the runtime in Lambda.
    return os.pathsep.join([str(ROOT / "functions"), *layers, sysconfig.get_paths()["purelib"]])


def _compare(handler: str, path: str, runs: int) -> float:
    modules = ",".join(_start(path, handler))
    pairs = [(_start(path, "bare"), _start(path, handler, modules)) for _ in range(runs + 1)][1:]
    python = statistics.median(own["python"] * 1000 for _, own in pairs)
    bare = statistics.median(_total(other) for other, _ in pairs)
    own = statistics.median(_total(own) for _, own in pairs)
    ratio = statistics.median(_total(own) / _total(other) for other, own in pairs)
    parts = " ".join(
        f"{statistics.median(own[cause] for _, own in pairs):{len(cause)}.0f}" for cause in CAUSES
    )
    print(f"{handler:34} {python:7.0f} {bare:6.0f} {own:6.0f} {ratio:6.2f}           {parts}", flush=True)
    return ratio


def _total(causes: dict[str, float]) -> float:
    return sum(milliseconds for cause, milliseconds in causes.items() if cause != "python")


def _start(path: str, *arguments: str) -> Any:  # noqa: ANN401 - what one_start.py prints
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": path,
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_LAMBDA_FUNCTION_NAME": "function",
        "PYDANTIC_DISABLE_PLUGINS": "__all__",  # as in template.yaml
    }
    # -S keeps the environment's own site folder from shadowing the layers.
    command = [sys.executable, "-S", str(START), *arguments]
    return json.loads(subprocess.run(command, check=True, env=environment, capture_output=True).stdout)


if __name__ == "__main__":
    raise SystemExit(main())

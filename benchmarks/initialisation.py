"""How long each function takes to start, against a bare handler, in the same run.

    python benchmarks/initialisation.py [--runs 15] [report_runs.create …]

The bare handler imports boto3 and makes one DynamoDB client, no more. Ours is imported as Lambda does it, from the
built layers with their .pyc files, and makes the client it needs. Each start is a new process; the two alternate,
and the ratio is that of each pair. The target is 1.4 for the API functions.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
TARGET = 1.4
# botocore loads these two where they are installed, as here by other tools; in Lambda they are not.
_AS_IN_LAMBDA = "import sys; sys.modules['awscrt'] = sys.modules['OpenSSL'] = None; "
_TIMED = (
    _AS_IN_LAMBDA
    + "import time; _t = time.perf_counter(); {statement}; print((time.perf_counter() - _t) * 1000)"
)
_BARE = "import boto3; boto3.client('dynamodb')"
_LAYERS = ("core", "dependencies", "engine")


def main() -> int:
    """Print a line per function; return 1 if an API function misses the target."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("handlers", nargs="*", help="such as report_runs.create; all by default")
    arguments = parser.parse_args()
    runs = arguments.runs
    with tempfile.TemporaryDirectory() as folder:
        path = _build(Path(folder))
        print(f"{'function':32} {'bare ms':>8} {'ours ms':>8} {'ratio':>6}")
        ratios = {handler: _compare(handler, path, runs) for handler in arguments.handlers or _handlers()}
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
    client = "from runsheet.runtime import clients; clients.dynamodb()"
    ours = f"import importlib; importlib.import_module('{handler}'); {client}"
    pairs = [(_start(_BARE, path), _start(ours, path)) for _ in range(runs + 1)][1:]
    bare = statistics.median(pair[0] for pair in pairs)
    own = statistics.median(pair[1] for pair in pairs)
    ratio = statistics.median(pair[1] / pair[0] for pair in pairs)
    print(f"{handler:32} {bare:8.0f} {own:8.0f} {ratio:6.2f}", flush=True)
    return ratio


def _start(statement: str, path: str) -> float:
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
    command = [sys.executable, "-S", "-c", _TIMED.format(statement=statement)]
    done = subprocess.run(command, check=True, env=environment, capture_output=True, text=True)
    return float(done.stdout)


if __name__ == "__main__":
    raise SystemExit(main())

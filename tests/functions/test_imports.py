"""What the functions of routes import before their first request: what is not listed here, somebody has looked at."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HANDLERS = sorted(
    ".".join(file.relative_to(ROOT / "functions").with_suffix("").parts)
    for file in (ROOT / "functions").rglob("*.py")
    if "workers" not in file.parts
)
# They answer with what DuckDB has made of a batch, and load it while they start: Lambda lends a whole processor then.
WITH_ENGINE = {"dataset_records.create", "dataset_records.delete"}
# Top-level packages, beside the standard library's.
PACKAGES = {
    "annotated_types", "aws_lambda_powertools", "botocore", "dateutil", "jmespath", "pydantic", "pydantic_core", "runsheet",
    "six", "typing_extensions", "typing_inspection", "urllib3",
}  # fmt: skip
ENGINE = {"_duckdb", "duckdb", "duckdb_extension_httpfs"}
# The parts of Powertools; of its utilities what the logger needs.
POWERTOOLS = {
    "utilities",
    "exceptions",
    "logging",
    "metrics",
    "middleware_factory",
    "package_logger",
    "shared",
    "tracing",
    "warnings",
}
# Of the standard library: each takes several milliseconds, and no route needs it.
HEAVY = {"asyncio", "ctypes", "multiprocessing", "sqlite3", "unittest", "xmlrpc"}
# Words and numbers of the engine's that a route shows; nothing of it is run.
LIGHT = {"runsheet.engine", "runsheet.engine.errors"}
NEVER = ("runsheet.engine", "runsheet.report_runs.execution", "runsheet.datasets.ingest", "runsheet.mail")


@cache
def imported() -> dict[str, set[str]]:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in ("layers/core", "functions", ""))
        + os.pathsep
        + sysconfig.get_path("purelib"),
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_LAMBDA_FUNCTION_NAME": "function",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "PYDANTIC_DISABLE_PLUGINS": "__all__",
    }
    # -S: what the environment's own site folder loads at each start is not in a function.
    command = [sys.executable, "-S", "-c", _AS_IN_LAMBDA, *HANDLERS]
    done = subprocess.run(command, check=True, env=environment, cwd=ROOT, capture_output=True, text=True)
    return {handler: set(modules) for handler, modules in json.loads(done.stdout).items()}


# botocore loads these where they are installed, as here by other tools; in Lambda they are not.
_AS_IN_LAMBDA = (
    "import runpy, sys; sys.modules['awscrt'] = sys.modules['OpenSSL'] = sys.modules['certifi'] = None; "
    "runpy.run_module('tests.functions.imported', run_name='__main__')"
)


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_route_imports_what_is_listed(handler: str) -> None:
    modules = imported()[handler]
    tops = {name.partition(".")[0] for name in modules}
    of_tests = {"tests", "awscrt", "OpenSSL", "certifi", handler.partition(".")[0]}
    others = {
        top
        for top in tops - of_tests - sys.stdlib_module_names
        if not top.startswith(("_sysconfigdata", "__"))
    }
    allowed = PACKAGES | (ENGINE if handler in WITH_ENGINE else set())
    assert others <= allowed
    assert tops & HEAVY == set()
    assert {name.split(".")[1] for name in modules if name.startswith("aws_lambda_powertools.")} <= POWERTOOLS
    utilities = "aws_lambda_powertools.utilities"
    assert {name for name in modules if name.startswith(utilities)} == {
        utilities,
        f"{utilities}.jmespath_utils",
    }
    if handler not in WITH_ENGINE:
        assert not [name for name in modules - LIGHT if name.startswith(NEVER)]


def test_the_engine_is_where_it_is_allowed() -> None:
    """The list does not outlive its reason."""
    assert {handler for handler, modules in imported().items() if "duckdb" in modules} == WITH_ENGINE

"""How long a warm handler takes without its AWS calls, against a Powertools handler that does nothing, in the same run.

    PYTHONPATH=layers/core python benchmarks/warm_handlers.py

The handlers of creating and retrieving a report run answer their sample events over moto; the time within AWS calls is
taken off. The empty handler has Powertools' Logger, Metrics and HTTP resolver, and one route. Aim: at most 3 ms more at p50.
"""

from __future__ import annotations

import argparse
import importlib
import io
import json
import logging
import os
import platform
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[1]
sys.path += [str(ROOT), str(ROOT / "functions")]
os.environ |= {
    "AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_DEFAULT_REGION": "eu-west-1",
    "PUBLIC_BASE_URL": "https://reports.example.com", "RETENTION_DAYS": "365", "POWERTOOLS_SERVICE_NAME": "bench",
    "POWERTOOLS_METRICS_NAMESPACE": "Bench", "LIVE_REQUESTS_PER_SECOND": "100000", "TEST_REQUESTS_PER_SECOND": "100000",
    "USAGE_REQUESTS_PER_SECOND": "100000",
}  # fmt: skip

import boto3  # noqa: E402 - after the environment of a function
from aws_lambda_powertools import Logger, Metrics  # noqa: E402
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver  # noqa: E402
from botocore.client import BaseClient  # noqa: E402
from moto import mock_aws  # noqa: E402

from runsheet.api_keys import service as api_keys  # noqa: E402
from runsheet.organisations import service as organisations  # noqa: E402
from runsheet.organisations.model import NewOrganisation  # noqa: E402
from runsheet.tenancy import Tenant  # noqa: E402
from tests.gateway import Context  # noqa: E402
from tests.template.template import environment_name, resources  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

_AIM_MILLISECONDS = 3.0


class Clock:
    """Adds up the time within AWS calls."""

    def __init__(self) -> None:
        self.in_calls = 0.0
        self.calls = 0
        whole = BaseClient._make_api_call  # type: ignore[attr-defined] # noqa: SLF001

        def timed(client: Any, operation: str, arguments: dict[str, Any]) -> Any:  # noqa: ANN401 - botocore's own
            began = time.perf_counter()
            try:
                return whole(client, operation, arguments)
            finally:
                self.in_calls += time.perf_counter() - began
                self.calls += 1

        BaseClient._make_api_call = timed  # type: ignore[attr-defined] # noqa: SLF001

    def milliseconds(self, handler: Callable[[dict[str, Any], Any], Any], event: dict[str, Any]) -> float:
        """Return how long the handler took, without its AWS calls."""
        self.in_calls, self.calls = 0.0, 0
        began = time.perf_counter()
        answer = handler(event, Context())
        taken = time.perf_counter() - began
        if answer["statusCode"] != 200:
            raise SystemExit(answer["body"])
        return (taken - self.in_calls) * 1000


def empty() -> Callable[[dict[str, Any], Any], Any]:
    """Return a handler of Powertools with one route that answers nothing."""
    logger, metrics, app = Logger(), Metrics(), APIGatewayHttpResolver()

    @app.get("/v1/reporting/report_runs/<_id>")
    def nothing(_id: str) -> dict[str, Any]:
        return {}

    @metrics.log_metrics
    @logger.inject_lambda_context
    def handler(event: dict[str, Any], context: Any) -> Any:  # noqa: ANN401 - Lambda's own
        metrics.add_metric("Requests", "Count", 1)
        logger.info("GET 200")
        return app.resolve(event, context)

    return handler


def provide() -> str:
    """Make the tables, the queues and an organisation, and return a key of it."""
    dynamodb, sqs = boto3.client("dynamodb"), boto3.client("sqs")
    for logical_id, properties in resources("AWS::DynamoDB::Table").items():
        names = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
        dynamodb.create_table(TableName=logical_id, **{k: properties[k] for k in names if k in properties})
        os.environ[environment_name(logical_id)] = logical_id
    for logical_id in resources("AWS::SQS::Queue"):
        os.environ[f"{environment_name(logical_id)}_URL"] = sqs.create_queue(QueueName=logical_id)["QueueUrl"]
    organisation = organisations.create(NewOrganisation("Acme", "Etc/UTC"))
    return api_keys.create(Tenant(organisation.id, "test"), "secret", "bench")[1]


def sample(operation: str, **placeholders: str) -> dict[str, Any]:
    """Return the sample event of an operation with its placeholders filled in."""
    text = (ROOT / "events" / "report_runs" / f"{operation}.json").read_text()
    for placeholder, value in placeholders.items():
        text = text.replace(placeholder, value)
    event: dict[str, Any] = json.loads(text)
    return event


def main() -> int:
    """Print the median and the 99th percentile of each; return 1 if one misses the aim."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=500)
    count = parser.parse_args().calls
    with mock_aws(), redirect_stdout(io.StringIO()):
        key, clock = provide(), Clock()
        create, retrieve = (
            importlib.import_module(f"report_runs.{name}").handler for name in ("create", "retrieve")
        )
        creation = sample("create", sk_test_EXAMPLE=key)
        run_id = json.loads(create(creation, Context())["body"])["id"]
        retrieval = sample("retrieve", sk_test_EXAMPLE=key, frr_EXAMPLE=run_id)
        cases = {
            "empty": (empty(), retrieval),
            "create": (create, creation),
            "retrieve": (retrieve, retrieval),
        }
        found: dict[str, list[float]] = {name: [] for name in cases}
        calls = {}
        logging.disable()
        for number in range(count + 20):
            for name, (handler, event) in cases.items():
                milliseconds = clock.milliseconds(handler, event)
                calls[name] = clock.calls
                if number >= 20:
                    found[name].append(milliseconds)
    print(f"{platform.machine()}, Python {platform.python_version()}, {count} calls each")
    print(f"{'handler':10} {'AWS calls':>9} {'p50 ms':>7} {'p99 ms':>7} {'over empty':>10}")
    missed = False
    for name, times in found.items():
        parts = quantiles(times, n=100)
        over = parts[49] - quantiles(found["empty"], n=100)[49]
        missed |= over > _AIM_MILLISECONDS
        print(f"{name:10} {calls[name]:9} {parts[49]:7.2f} {parts[98]:7.2f} {over:10.2f}")
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())

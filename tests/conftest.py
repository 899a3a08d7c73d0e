"""What every test may ask for: the tables, buckets and queues of template.yaml, made in moto."""

from __future__ import annotations

import gc
import pickle
from functools import cache
from typing import TYPE_CHECKING

import boto3
import botocore.loaders
import botocore.session
import pytest
from hypothesis import settings as hypothesis_settings
from moto import backend_index, mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID as ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.s3.models import s3_backends
from moto.sqs.models import sqs_backends

from runsheet.api_keys import acting, authentication
from runsheet.rate_limits import service as rate_limits
from runsheet.runtime import base_url, clients, secrets, settings
from tests import memoised
from tests.template.template import environment_name, resources

if TYPE_CHECKING:
    from collections.abc import Iterator


# A busy machine is no failure; a test that hangs has its own limit.
hypothesis_settings.register_profile("runsheet", deadline=None)
hypothesis_settings.load_profile("runsheet")

memoised.apply()

# Every test has sessions of its own; what they read from botocore's files stays the same.
botocore.session.create_loader = cache(botocore.loaders.create_loader)

_REGION = "eu-west-1"
_AWS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": _REGION,
    "PUBLIC_BASE_URL": "https://reports.example.com",
    "RETENTION_DAYS": "365",
    # Off: tests ask for a lot within an instant. Those of the limits turn them on.
    "LIVE_REQUESTS_PER_SECOND": "0",
    "TEST_REQUESTS_PER_SECOND": "0",
    "USAGE_REQUESTS_PER_SECOND": "0",
    "REPORT_RUNS_PER_ORGANISATION": "50",
    "LAKE_ROLE_ARN": "arn:aws:iam::123456789012:role/lake",
    "LAKE_QUERY_ROLE_ARN": "arn:aws:iam::123456789012:role/lake-query",
    "LAKE_DATABASE": "lake",
    "ATHENA_WORK_GROUP": "runsheet-report-runs",
    # Off, as nothing stands in for Athena. Tests of it turn it on.
    "ATHENA_ROWS": "0",
    "ATHENA_BYTES_PER_DAY": "0",
    "MAIL_FROM": "reports@example.com",
    "MAIL_CONFIGURATION_SET": "mails",
    "MAILS_PER_SECOND": "0",
    "BASE_URL_PARAMETER": "/runsheet/base-url",
    "ALLOW_LOCAL_WEBHOOKS": "false",
    "EVENT_BUS": "runsheet-events",
}

# Moto tries the addresses of each of its services, for every call, and makes seven answers of each for every test. What is
# none of these is refused.
_SERVICES = {*clients.SERVICES, "cloudformation", "dynamodbstreams", "glue", "iam", "ses"}
backend_index.backend_url_patterns[:] = [
    (service, pattern) for service, pattern in backend_index.backend_url_patterns if service in _SERVICES
]

# The local stack of a test run, for the tests of more than one folder.
pytest_plugins = ["tests.running_stack"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests of the local stack: some wait for it, and others can be run meanwhile."""
    items.sort(key=lambda item: "place" not in getattr(item, "fixturenames", ()))


def pytest_collection_finish() -> None:
    """Look for garbage seldom, and not among what was imported, which stays: that took a fifth of the tests' time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 5)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Moto in place of AWS, empty, and the environment of a function."""
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in _AWS.items():
        monkeypatch.setenv(name, value)
    _forget()
    with mock_aws():
        yield
    _forget()


@pytest.fixture
def tables(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - it needs moto
    """Every table of template.yaml, as the template defines it."""
    # Copies of those that the process made once: moto takes 10 ms for a table, and most tests need none of most.
    dynamodb_backends[ACCOUNT_ID][_REGION].tables.update(pickle.loads(_empty_tables()))  # noqa: S301 - made below
    for logical_id in resources("AWS::DynamoDB::Table"):
        monkeypatch.setenv(environment_name(logical_id), logical_id)


@cache
def _empty_tables() -> bytes:
    dynamodb = boto3.client("dynamodb")
    for logical_id, properties in resources("AWS::DynamoDB::Table").items():
        keys = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
        definition = {key: properties[key] for key in keys if key in properties}
        dynamodb.create_table(TableName=logical_id, **definition)
    return pickle.dumps(dict(dynamodb_backends[ACCOUNT_ID][_REGION].tables))


@pytest.fixture
def buckets(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - it needs moto
    """Every bucket of template.yaml, without its policies."""
    for logical_id in resources("AWS::S3::Bucket"):
        name = logical_id.lower()
        s3_backends[ACCOUNT_ID]["aws"].create_bucket(name, _REGION)
        monkeypatch.setenv(environment_name(logical_id), name)


@pytest.fixture
def queues(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - it needs moto
    """Every queue of template.yaml, without its dead-letter queue."""
    for logical_id in resources("AWS::SQS::Queue"):
        sqs_backends[ACCOUNT_ID][_REGION].create_queue(logical_id)
        url = f"https://sqs.{_REGION}.amazonaws.com/{ACCOUNT_ID}/{logical_id}"
        monkeypatch.setenv(f"{environment_name(logical_id)}_URL", url)


@pytest.fixture(name="secrets")
def stored_secrets(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - it needs moto
    """Every secret of template.yaml, with a text of its own."""
    secretsmanager = boto3.client("secretsmanager")
    for logical_id in resources("AWS::SecretsManager::Secret"):
        answer = secretsmanager.create_secret(Name=logical_id, SecretString=f"{logical_id} 1")
        monkeypatch.setenv(f"{environment_name(logical_id)}_ARN", answer["ARN"])


@pytest.fixture
def bus(aws: None) -> None:  # noqa: ARG001 - it needs moto
    """The event bus of template.yaml."""
    boto3.client("events").create_event_bus(Name=_AWS["EVENT_BUS"])


def _forget() -> None:
    """Drop what a process keeps between calls: a test is a process of its own as far as the code can tell."""
    settings.settings.cache_clear()
    base_url.base_url.cache_clear()
    secrets.secret.cache_clear()
    authentication.forget_cached_keys()
    acting.forget_cached_parents()
    clients.forget()
    rate_limits.forget()

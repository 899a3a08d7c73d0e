"""AWS clients, made once per process and only those that are used.

They are botocore's, which boto3's are: importing boto3 for its transfers and resources takes a tenth of a start.
"""

from __future__ import annotations

import os
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.loaders import Loader
from botocore.session import Session, get_session

if TYPE_CHECKING:
    from pathlib import Path

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_sts import STSClient

# What clients are made for below.
SERVICES = ("athena", "dynamodb", "events", "s3", "secretsmanager", "sesv2", "sqs", "ssm", "sts")

# The type checker holds every call against the service's model; botocore would do it again, a tenth of a call's cost.
_RETRIES = Config(
    retries={"mode": "standard", "max_attempts": 4},
    connect_timeout=2,
    read_timeout=20,
    max_pool_connections=20,
    parameter_validation=False,
)


def s3_endpoint() -> str | None:
    """Return the address that S3 is given in place of AWS's own, as botocore takes it from the environment."""
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")


def s3_config() -> Config:
    """Return how S3 is addressed: by host and region in AWS, by path where an endpoint is given (the local stack).

    Left to itself botocore presigns for the global host, which redirects a young bucket's URL and breaks its signature.
    """
    return _RETRIES.merge(
        Config(
            signature_version="s3v4",
            s3={
                "addressing_style": "path" if s3_endpoint() else "virtual",
                # TLS and a CRC32 protect a body already; its SHA-256 in the signature would double the hashing.
                "payload_signing_enabled": False,
            },
        )
    )


@cache
def athena() -> Any:  # noqa: ANN401 - its type would be a dependency more for three calls
    """Return the Athena client of this process, with the function's own role."""
    return _client("athena", config=_RETRIES)


@lru_cache(maxsize=8)
def athena_as(access_key_id: str, secret_access_key: str, session_token: str, region: str) -> Any:  # noqa: ANN401
    """Return an Athena client with the given temporary credentials in place of the function's role."""
    return _client(
        "athena",
        config=_RETRIES,
        region_name=region,
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret_access_key,
        aws_session_token=session_token,
    )


@cache
def dynamodb() -> DynamoDBClient:
    """Return the DynamoDB client of this process."""
    client: DynamoDBClient = _client("dynamodb", config=_RETRIES)
    return client


@cache
def dynamodb_in_passing() -> DynamoDBClient:
    """Return a DynamoDB client that gives up within a second: for what a request can be answered without."""
    at_once = Config(retries={"total_max_attempts": 1}, connect_timeout=1, read_timeout=1)
    client: DynamoDBClient = _client("dynamodb", config=_RETRIES.merge(at_once))
    return client


@cache
def events() -> EventBridgeClient:
    """Return the EventBridge client of this process."""
    client: EventBridgeClient = _client("events", config=_RETRIES)
    return client


@cache
def s3() -> S3Client:
    """Return the S3 client of this process, with the function's own role."""
    client: S3Client = _client("s3", config=s3_config())
    return client


@lru_cache(maxsize=8)
def s3_as(access_key_id: str, secret_access_key: str, session_token: str, region: str) -> S3Client:
    """Return an S3 client with the given temporary credentials in place of the function's role."""
    client: S3Client = _client(
        "s3",
        config=s3_config(),
        region_name=region,
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret_access_key,
        aws_session_token=session_token,
    )
    return client


def upload_file(client: S3Client, path: Path, bucket: str, key: str) -> None:
    """Put a file of any size up to 5 TB, in parts if it is large, several at a time."""
    from boto3.s3.transfer import S3Transfer  # noqa: PLC0415 - only those who store files pay for its import

    with S3Transfer(client) as transfer:
        transfer.upload_file(str(path), bucket, key)


@cache
def sqs() -> SQSClient:
    """Return the SQS client of this process."""
    client: SQSClient = _client("sqs", config=_RETRIES)
    return client


@cache
def secretsmanager() -> Any:  # noqa: ANN401 - its type would be a dependency more for one call
    """Return the Secrets Manager client of this process."""
    return _client("secretsmanager", config=_RETRIES)


@cache
def sesv2() -> Any:  # noqa: ANN401 - its type would be a dependency more for one call
    """Return the SES client of this process. It never repeats a call by itself: that could send a mail twice."""
    return _client("sesv2", config=_RETRIES.merge(Config(retries={"total_max_attempts": 1})))


@cache
def ssm() -> SSMClient:
    """Return the SSM client of this process."""
    client: SSMClient = _client("ssm", config=_RETRIES)
    return client


@cache
def sts() -> STSClient:
    """Return the STS client of this process."""
    client: STSClient = _client("sts", config=_RETRIES)
    return client


def forget() -> None:
    """Drop every client, as a new process has none: after the environment has changed."""
    for made in (
        athena,
        athena_as,
        dynamodb,
        dynamodb_in_passing,
        events,
        s3,
        s3_as,
        secretsmanager,
        sesv2,
        sqs,
        ssm,
        sts,
        _session,
    ):
        made.cache_clear()


class _Loader(Loader):
    """Reads botocore's data, and less of it: what is left out is two thirds of what the first client costs at a start.

    * Which services there are: botocore's own looks through the folders of all its 430.
    * Where each of them is in each region, a megabyte: of the services here botocore computes the address by each one's own
      rules, and needs the regions of a partition, which another, small file has too. tests/runsheet/runtime/test_clients.py
      holds the clients to those that botocore makes.
    """

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - all have every type
        return list(SERVICES)

    def load_data_with_path(self, name: str) -> tuple[Any, str]:
        if name != "endpoints" or any(os.environ.get(variable) for variable in _OTHER_ADDRESSES):
            return super().load_data_with_path(name)
        found, path = super().load_data_with_path("partitions")
        try:
            return {"partitions": [_addresses(partition) for partition in found["partitions"]]}, path
        except KeyError:  # a runtime whose botocore has come to write it otherwise
            return super().load_data_with_path(name)


_OTHER_ADDRESSES = ("AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT")
# Only S3 has an address without a region that botocore asks for still: that of us-east-1.
_S3 = {
    "partitionEndpoint": "aws-global",
    "endpoints": {"aws-global": {"hostname": "s3.amazonaws.com", "credentialScope": {"region": "us-east-1"}}},
}


def _addresses(partition: dict[str, Any]) -> dict[str, Any]:
    """Return a partition in the form of botocore's `endpoints`: every service at its name and region."""
    return {
        "partition": partition["id"],
        "dnsSuffix": partition["outputs"]["dnsSuffix"],
        "regionRegex": partition["regionRegex"],
        "regions": partition["regions"],
        "services": {"s3": _S3} if partition["id"] == "aws" else {},
        "defaults": {
            "hostname": "{service}.{region}.{dnsSuffix}",
            "protocols": ["https"],
            "signatureVersions": ["v4"],
        },
    }


# What it has read, files of botocore's, stays the same whatever is forgotten.
_LOADER = _Loader()


@cache
def _session() -> Session:
    session = get_session()
    session.register_component("data_loader", _LOADER)
    return session


def _client(service: str, config: Config | None = None, **options: Any) -> Any:  # noqa: ANN401 - each caller names its own type
    session = _session()
    # Left to itself botocore puts it together anew for each call, which is a quarter of what the call takes.
    agent = Config(user_agent=session.user_agent())
    return session.create_client(service, config=config.merge(agent) if config else agent, **options)

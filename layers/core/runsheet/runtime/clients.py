"""boto3 clients, made once per process and only those that are used."""

from __future__ import annotations

import os
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient

_RETRIES = Config(retries={"mode": "standard", "max_attempts": 4}, connect_timeout=2, read_timeout=20)


def s3_config() -> Config:
    """Return how S3 is addressed: by host and region in AWS, by path where an endpoint is given (the local stack).

    Left to itself boto3 presigns for the global host, which redirects a young bucket's URL and breaks its signature.
    """
    return _RETRIES.merge(
        Config(
            signature_version="s3v4",
            s3={
                "addressing_style": "path" if "AWS_ENDPOINT_URL" in os.environ else "virtual",
                # TLS and a CRC32 protect a body already; its SHA-256 in the signature would double the hashing.
                "payload_signing_enabled": False,
            },
        )
    )


@cache
def dynamodb() -> DynamoDBClient:
    """Return the DynamoDB client of this process."""
    return boto3.client("dynamodb", config=_RETRIES)


@cache
def s3() -> S3Client:
    """Return the S3 client of this process, with the function's own role."""
    return boto3.client("s3", config=s3_config())


@lru_cache(maxsize=8)
def s3_as(access_key_id: str, secret_access_key: str, session_token: str, region: str) -> S3Client:
    """Return an S3 client with the given temporary credentials in place of the function's role."""
    return boto3.client(
        "s3",
        config=s3_config(),
        region_name=region,
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret_access_key,
        aws_session_token=session_token,
    )


@cache
def sqs() -> SQSClient:
    """Return the SQS client of this process."""
    return boto3.client("sqs", config=_RETRIES)


@cache
def sts() -> STSClient:
    """Return the STS client of this process."""
    return boto3.client("sts", config=_RETRIES)

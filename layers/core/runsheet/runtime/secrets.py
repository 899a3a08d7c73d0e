"""Secrets out of Secrets Manager, read once per process: a changed one is used by functions that start afterwards."""

from __future__ import annotations

from functools import cache

from runsheet.runtime import clients


@cache
def secret(arn: str) -> bytes:
    """Return the bytes of a secret's text."""
    text: str = clients.secretsmanager().get_secret_value(SecretId=arn)["SecretString"]
    return text.encode()

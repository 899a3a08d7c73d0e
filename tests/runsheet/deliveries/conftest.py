"""Where mails can be sent from."""

from __future__ import annotations

import boto3
import pytest

from runsheet.runtime.settings import settings


@pytest.fixture(autouse=True)
def mail(tables: None, buckets: None, queues: None, secrets: None) -> None:  # noqa: ARG001 - they must be there
    """A sender that SES has verified."""
    boto3.client("ses", region_name="eu-west-1").verify_email_identity(EmailAddress=settings().mail_from)

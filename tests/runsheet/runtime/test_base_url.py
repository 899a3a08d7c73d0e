"""The address of the API outside a request."""

from __future__ import annotations

import boto3
import pytest

from runsheet.runtime.base_url import base_url


@pytest.mark.usefixtures("aws")
def test_the_address_that_was_given_is_taken() -> None:
    assert base_url() == "https://reports.example.com"


@pytest.mark.usefixtures("aws")
def test_without_one_it_is_the_apis_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_BASE_URL", "")
    boto3.client("ssm").put_parameter(
        Name="/runsheet/base-url", Value="https://abc.example.com", Type="String"
    )
    assert base_url() == "https://abc.example.com"

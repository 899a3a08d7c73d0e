"""Clients are made with less of botocore's data, and are the same as botocore's own."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from botocore.awsrequest import AWSResponse, HTTPHeaders
from botocore.loaders import Loader
from botocore.session import get_session

from runsheet.runtime import clients

if TYPE_CHECKING:
    from collections.abc import Iterator

REGIONS = ("us-east-1", "eu-west-1", "cn-north-1", "us-gov-west-1", "xx-new-1")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    clients.forget()
    yield
    clients.forget()


class Body(BytesIO):
    """Of an answer, as botocore reads it."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


def properties(client: Any) -> tuple[Any, ...]:
    """Return where a client sends its calls, how it signs them, and what it can do."""
    meta, signer = client.meta, client._request_signer
    return (
        meta.endpoint_url,
        meta.region_name,
        meta.partition,
        signer._region_name,
        signer._signing_name,
        signer._signature_version,
        client._ruleset_resolver is not None,
        meta.service_model.operation_names,
    )


def test_who_asks_for_other_addresses_gets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    own = clients._client("dynamodb", region_name="us-gov-west-1")
    assert properties(own) == properties(get_session().create_client("dynamodb", region_name="us-gov-west-1"))


@pytest.mark.parametrize("present", [True, False])
def test_the_large_file_is_read_only_where_the_small_one_is_not_enough(
    present: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    load = Loader.load_data_with_path

    def noting(loader: Loader, name: str) -> Any:
        read.append(name)
        data, path = load(loader, name)
        return (data if present or name != "partitions" else {"partitions": [{"name": "new"}]}), path

    monkeypatch.setattr(Loader, "load_data_with_path", noting)
    assert clients._session().get_component("data_loader").load_data("endpoints")["partitions"]
    assert ("endpoints" in read) is not present


@pytest.mark.parametrize("service", clients.SERVICES)
def test_a_client_is_the_one_that_botocore_makes(service: str) -> None:
    plain = get_session()
    for region in REGIONS:
        own = clients._client(service, region_name=region)
        assert properties(own) == properties(plain.create_client(service, region_name=region))


def test_there_is_a_client_of_every_service_of_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(clients, "_client", lambda service, **_: asked.append(service))
    for service in clients.SERVICES:
        getattr(clients, service)()
    assert tuple(asked) == clients.SERVICES


def test_a_call_says_who_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EXECUTION_ENV", "AWS_Lambda_python3.13")
    client = clients._client("dynamodb", region_name="eu-west-1")
    sent: list[bytes] = []

    def answer(request: Any, **_: Any) -> AWSResponse:
        sent.append(request.headers["User-Agent"])
        return AWSResponse(request.url, 200, HTTPHeaders(), Body(b"{}"))

    client.meta.events.register("before-send.dynamodb", answer)
    client.get_item(TableName="t", Key={"id": {"S": "1"}})
    [agent] = sent
    assert re.match(rb"Botocore/[0-9.]+ Python/[0-9.]+ .*exec-env/AWS_Lambda_python3\.13", agent)

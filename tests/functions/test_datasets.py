"""The routes of datasets, records and uploads as a client sees them: forms, errors, permissions, tenants."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from dataset_records import create as records_create
from dataset_records import delete as records_delete
from dataset_uploads import create as uploads_create
from dataset_uploads import retrieve as uploads_retrieve
from datasets import list as datasets_list
from datasets import retrieve as datasets_retrieve
from datasets import update as datasets_update
from runsheet.api_keys import service as api_keys
from runsheet.datasets.schema import schemas
from runsheet.organisations import service as organisations
from runsheet.organisations.model import NewOrganisation
from runsheet.tenancy import Tenant
from tests import lake as lakes
from tests.gateway import Answer, event, send
from tests.lake import ndjson, record, rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAME = "balance_transactions"


@pytest.fixture(autouse=True)
def lake(tables: None, buckets: None, queues: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:  # noqa: ARG001
    with lakes.served(monkeypatch):
        yield


@pytest.fixture
def tenant() -> Tenant:
    return Tenant(organisations.create(NewOrganisation("Acme")).id, "test")


@pytest.fixture
def call(tenant: Tenant) -> Callable[..., Answer]:
    secret = api_keys.create(tenant, "secret", "k")[1]

    def made(handler: Any, method: str, url: str, key: str = secret, **request: Any) -> Answer:
        headers = request.pop("headers", {}) | {"authorization": f"Bearer {key}"}
        return send(handler.handler, event(method, url, headers=headers, **request))

    return made


def records(
    call: Callable[..., Answer], body: bytes, content_type: str = "application/x-ndjson", **more: Any
) -> Answer:
    query = more.pop("query", "")
    return call(
        records_create,
        "POST",
        f"/v1/datasets/{more.pop('dataset', NAME)}/records{query}",
        path={"dataset": more.pop("path", NAME)},
        body=body,
        headers={"content-type": content_type},
        **more,
    )


def test_records_in_a_dataset_out(call: Callable[..., Answer]) -> None:
    sent = json.dumps([record(id="a"), record(id="b")]).encode()
    answer = records(call, sent, "application/json", query="?batch_id=day-1")
    assert answer.status == 200
    assert answer.json | {"created": 0} == {
        "id": "day-1",
        "object": "dataset_batch",
        "created": 0,
        "dataset": NAME,
        "deleted_count": 0,
        "livemode": False,
        "row_count": 2,
    }
    assert records(call, sent, "application/json", query="?batch_id=day-1").json == answer.json
    gone = call(records_delete, "DELETE", f"/v1/datasets/{NAME}/records/a", path={"dataset": NAME, "id": "a"})
    assert gone.json == {"id": "a", "object": "dataset_record", "dataset": NAME, "deleted": True}
    shown = call(datasets_retrieve, "GET", f"/v1/datasets/{NAME}", path={"dataset": NAME}).json
    assert (shown["id"], shown["object"], shown["row_count"]) == (NAME, "dataset", 1)
    assert shown["columns"][0]["name"] == "id"
    listed = call(datasets_list, "GET", "/v1/datasets").json
    assert (listed["object"], listed["url"], listed["has_more"]) == ("list", "/v1/datasets", False)
    assert [dataset["id"] for dataset in listed["data"]] == sorted(schemas())
    assert shown in listed["data"]
    assert {dataset["row_count"] for dataset in listed["data"] if dataset["id"] != NAME} == {0}


def test_bad_records_are_a_400_that_names_the_field(call: Callable[..., Answer], tenant: Tenant) -> None:
    answer = records(call, ndjson(record(), record(gross="12,50")))
    assert answer.status == 400
    error = answer.json["error"]
    assert error["type"] == "invalid_request_error"
    assert (error["code"], error["param"]) == ("records_invalid", "records[1].gross")
    assert error["bad_rows"][0]["line"] == 2
    assert rows(tenant) == []


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"\xff\xfe[]", 400),
        ("application/json", b"{", 400),
        ("application/json", b"[[]]", 400),
        ("application/x-ndjson", b"\x00", 400),
        ("application/x-ndjson", b"\xff", 400),
        ("text/csv", b"id\n1\n", 415),
        ("multipart/form-data; boundary=x", b"--x", 415),
    ],
)
def test_no_body_is_a_fault_of_ours(
    call: Callable[..., Answer], content_type: str, body: bytes, status: int
) -> None:
    answer = records(call, body, content_type)
    assert answer.status == status
    assert answer.json["error"]["message"]


def test_unknown_datasets_queries_and_forms_are_refused(call: Callable[..., Answer]) -> None:
    assert records(call, b"", path="nope").json["error"]["message"] == "No such dataset: 'nope'"
    assert records(call, b"", path="nope").status == 404
    assert records(call, b"", query="?batch=1").json["error"]["code"] == "parameter_unknown"
    uploads = f"/v1/datasets/{NAME}/uploads"
    for body, code in (
        ("", "parameter_missing"),
        ("format=xlsx", None),
        ("format=csv&x=1", "parameter_unknown"),
        ("format=csv&batch_id=", "parameter_invalid_empty"),
    ):
        answer = call(uploads_create, "POST", uploads, path={"dataset": NAME}, body=body)
        assert (answer.status, answer.json["error"].get("code")) == (400, code)


def test_complete_through_is_set_and_unset(call: Callable[..., Answer]) -> None:
    def update(body: str) -> Answer:
        return call(datasets_update, "POST", f"/v1/datasets/{NAME}", path={"dataset": NAME}, body=body)

    assert update("complete_through=1700000000").json["complete_through"] == 1_700_000_000
    assert update("complete_through=").json["complete_through"] is None
    for body in (
        "",
        "complete_through=x",
        "complete_through=99999999999",
        "complete_through=1.5",
        "row_count=1",
    ):
        assert update(body).status == 400


def test_an_upload_is_created_and_retrieved_without_its_url(call: Callable[..., Answer]) -> None:
    path = {"dataset": NAME}
    made = call(uploads_create, "POST", f"/v1/datasets/{NAME}/uploads", path=path, body="format=csv").json
    assert made["url"].startswith("http")
    shown = call(
        uploads_retrieve, "GET", f"/v1/datasets/{NAME}/uploads/{made['id']}", path=path | {"id": made["id"]}
    ).json
    assert shown == made | {"url": None}
    assert "error" not in shown
    other = api_keys.create(Tenant(organisations.create(NewOrganisation("Other")).id, "test"), "secret", "k")[
        1
    ]
    answer = call(
        uploads_retrieve,
        "GET",
        f"/v1/datasets/{NAME}/uploads/{made['id']}",
        other,
        path=path | {"id": made["id"]},
    )
    assert (answer.status, answer.json["error"]["code"]) == (404, "resource_missing")


def test_a_key_that_may_only_read_cannot_write(call: Callable[..., Answer], tenant: Tenant) -> None:
    reader = api_keys.create(tenant, "restricted", "k", permissions=["datasets_read"])[1]
    assert records(call, ndjson(record()), key=reader).status == 403
    assert (
        call(datasets_retrieve, "GET", f"/v1/datasets/{NAME}", reader, path={"dataset": NAME}).status == 200
    )

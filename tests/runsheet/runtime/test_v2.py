"""The entrypoint in the dialect of /v2: JSON in, FastAPI's words out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from pydantic import ConfigDict, Field

from runsheet.api_keys import service as api_keys
from runsheet.errors import Conflict, InvalidRequest
from runsheet.organisations import service as organisations
from runsheet.organisations.model import NewOrganisation
from runsheet.runtime import http
from runsheet.runtime.dialects.v2 import MAX_BODY_BYTES
from runsheet.runtime.http import Request, endpoint
from runsheet.runtime.model import Model
from runsheet.tenancy import Tenant
from tests.gateway import Answer, event, send

if TYPE_CHECKING:
    from collections.abc import Callable


class NewThing(Model):
    name: str
    sizes: list[int] = []
    options: dict[str, Any] = {}


class ThingQuery(Model):
    model_config = ConfigDict(extra="ignore")
    limit: int | None = Field(None, ge=1)


class Thing(Model):
    name: str


@endpoint("POST /v2/things", permission="files_read")
def create(request: Request, body: NewThing) -> Thing:  # noqa: ARG001
    match body.name:
        case "refused":
            raise InvalidRequest("No.", param="options[a][0]", code="no")
        case "plain":
            raise InvalidRequest("No.")
        case "conflict":
            raise Conflict("Again.")
        case "crash":
            raise RuntimeError("sk_live_secret")
        case "throttled":
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "GetItem")
    return Thing(name=body.name)


@endpoint("POST /v2/things/{id}/send", permission="files_read")
def optional(request: Request, body: NewThing | None) -> Thing:  # noqa: ARG001
    return Thing(name=body.name if body else "nobody")


@endpoint("GET /v2/things", permission="datasets_read")
def listing(request: Request, query: ThingQuery) -> list[Thing]:  # noqa: ARG001
    return [Thing(name="x" * 1000) for _ in range(query.limit or 0)]


@endpoint("DELETE /v2/things/{id}", permission="datasets_read")
def delete(request: Request) -> None: ...


@pytest.fixture
def tenant(tables: None) -> Tenant:  # noqa: ARG001
    return Tenant(organisations.create(NewOrganisation("Acme")).id, "test")


@pytest.fixture
def call(tenant: Tenant) -> Callable[..., Answer]:
    secret = api_keys.create(tenant, "secret", "k")[1]

    def made(handler: Any, method: str, url: str, **request: Any) -> Answer:
        headers = {"authorization": f"Bearer {secret}", "content-type": "application/json"}
        return send(handler, event(method, url, headers=headers | request.pop("headers", {}), **request))

    return made


@pytest.fixture
def post(call: Callable[..., Answer]) -> Callable[..., Answer]:
    return lambda body, **headers: call(
        create, "POST", "/v2/things", body=body, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


def test_json_in_and_json_out(post: Callable[..., Answer]) -> None:
    answer = post('{"name": "é", "sizes": [1]}'.encode())
    assert (answer.status, answer.json) == (200, {"name": "é"})
    assert answer.headers["content-type"] == "application/json"
    for media_type in ("application/json; charset=utf-8", "APPLICATION/JSON", "application/merge-patch+json"):
        assert post(b'{"name": "a"}', content_type=media_type).status == 200


def test_a_body_without_a_type_is_taken_for_json(tenant: Tenant) -> None:
    key = api_keys.create(tenant, "secret", "k")[1]
    made = event("POST", "/v2/things", body=b'{"name": "a"}', headers={"authorization": f"Bearer {key}"})
    del made["headers"]["content-type"]
    assert send(create, made).status == 200


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", {"loc": ["body"], "msg": "Field required", "type": "missing"}),
        (b'{"name": ', {"loc": ["body", 9], "msg": "JSON decode error", "type": "json_invalid"}),
        (
            b'{"name": "\xff"}',
            {"loc": ["body", 10], "msg": "JSON decode error: not UTF-8", "type": "json_invalid"},
        ),
        (
            b'{"name": "a", "name": "b"}',
            {
                "loc": ["body", 0],
                "msg": "JSON decode error: a name stands twice in one object",
                "type": "json_invalid",
            },
        ),
        (b"{}", {"loc": ["body", "name"], "msg": "Field required", "type": "missing"}),
        (
            b'{"name": "a", "colour": "sk_live_x"}',
            {"loc": ["body", "colour"], "msg": "Extra inputs are not permitted", "type": "extra_forbidden"},
        ),
        (
            b'{"name": "a", "sizes": [1, "x"]}',
            {
                "loc": ["body", "sizes", 1],
                "msg": "Input should be a valid integer, unable to parse string as an integer",
                "type": "int_parsing",
            },
        ),
        (b'{"name": "refused"}', {"loc": ["body", "options", "a", 0], "msg": "No.", "type": "no"}),
        (b'{"name": "plain"}', {"loc": ["body"], "msg": "No.", "type": "value_error"}),
    ],
)
def test_what_is_wrong_is_told_as_fastapi_tells_it(
    post: Callable[..., Answer], body: bytes, detail: dict[str, Any]
) -> None:
    answer = post(body)
    assert (answer.status, answer.json) == (422, {"detail": [detail]})


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b"1", b"[" * 100_000, b"x" * (MAX_BODY_BYTES + 1)])
def test_what_is_no_object_is_422(post: Callable[..., Answer], body: bytes) -> None:
    answer = post(body)
    assert answer.status == 422
    assert answer.json["detail"][0]["loc"][0] == "body"


def test_a_thousand_mistakes_are_told_in_part_and_without_what_was_sent(post: Callable[..., Answer]) -> None:
    secret = "s" * 300
    fields = ",".join(f'"{secret}{number}": "hidden"' for number in range(1000))
    answer = post(f'{{"name": 1, {fields}}}'.encode())
    assert answer.status == 422
    assert len(answer.json["detail"]) == 20
    assert len(answer.body) < 10_000
    assert b"hidden" not in answer.body
    assert {frozenset(problem) for problem in answer.json["detail"]} == {frozenset({"loc", "msg", "type"})}


@pytest.mark.parametrize(
    "media_type",
    [
        "application/x-www-form-urlencoded",
        "text/plain",
        "",
        "application/jsonp",
        "multipart/form-data; boundary=x",
    ],
)
def test_another_media_type_is_415(post: Callable[..., Answer], media_type: str) -> None:
    answer = post(b'{"name": "a"}', content_type=media_type)
    assert (answer.status, answer.json) == (415, {"detail": "The body must be application/json."})


def test_a_body_may_be_left_out_where_the_route_says_so(call: Callable[..., Answer]) -> None:
    url = "/v2/things/x/send"
    assert call(optional, "POST", url, path={"id": "x"}).json == {"name": "nobody"}
    assert call(optional, "POST", url, path={"id": "x"}, body=b'{"name": "a"}').json == {"name": "a"}
    assert call(optional, "POST", url, path={"id": "x"}, body=b"{}").status == 422


def test_a_list_is_a_bare_array_and_nothing_is_204(call: Callable[..., Answer]) -> None:
    assert call(listing, "GET", "/v2/things").json == []
    assert call(listing, "GET", "/v2/things?limit=1&other=1&limit=2&x=%ff").json == [{"name": "x" * 1000}] * 2
    gone = call(delete, "DELETE", "/v2/things/x", path={"id": "x"})
    assert (gone.status, gone.body) == (204, b"")
    assert "content-type" not in gone.headers
    assert gone.headers["request-id"].startswith("req_")


def test_an_answer_that_no_function_can_give_is_refused(
    call: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "_MAX_ANSWER_BYTES", 10_000)
    assert call(listing, "GET", "/v2/things?limit=9").status == 200
    answer = call(listing, "GET", "/v2/things?limit=10")
    assert answer.status == 422
    assert "too long" in answer.json["detail"][0]["msg"]


def test_a_wrong_query_is_422(call: Callable[..., Answer]) -> None:
    answer = call(listing, "GET", "/v2/things?limit=0")
    assert answer.status == 422
    assert answer.json["detail"] == [
        {
            "loc": ["query", "limit"],
            "msg": "Input should be greater than or equal to 1",
            "type": "greater_than_equal",
        }
    ]


def test_other_errors_are_a_text(
    call: Callable[..., Answer], post: Callable[..., Answer], tenant: Tenant
) -> None:
    assert (post(b'{"name": "conflict"}').status, post(b'{"name": "conflict"}').json) == (
        409,
        {"detail": "Again."},
    )
    crashed = post(b'{"name": "crash"}')
    assert crashed.status == 500
    assert b"sk_live" not in crashed.body
    assert post(b'{"name": "throttled"}').status == 503
    restricted = api_keys.create(tenant, "restricted", "k", ["datasets_read"])[1]
    denied = post(b'{"name": "a"}', authorization=f"Bearer {restricted}")
    assert denied.status == 403
    assert isinstance(denied.json["detail"], str)
    anonymous = post(b'{"name": "a"}', authorization="")
    assert anonymous.status == 401
    assert anonymous.headers["www-authenticate"] == "Bearer"
    assert "stripe" not in anonymous.json["detail"]
    unknown = send(http.unknown_route, event("PUT", "/v2/things"))
    assert (unknown.status, unknown.json) == (404, {"detail": "Not Found"})
    assert call(listing, "GET", "/v2/things").status == 200

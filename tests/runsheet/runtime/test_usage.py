"""The entrypoint in the dialect of account usage: JSON in, its envelope out, everything wrong at once."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from pydantic import ConfigDict

from runsheet.api_keys import service as api_keys
from runsheet.errors import InvalidRequest, NotFound
from runsheet.organisations import service as organisations
from runsheet.organisations.model import NewOrganisation
from runsheet.runtime.dialects import usage
from runsheet.runtime.http import Request, endpoint
from runsheet.runtime.model import Model
from runsheet.tenancy import Tenant
from tests.gateway import Answer, event, send

if TYPE_CHECKING:
    from collections.abc import Callable

PATH = "/v1/account/things"


def camel(name: str) -> str:
    return "theName" if name == "the_name" else name


class NewThing(Model):
    model_config = ConfigDict(alias_generator=camel)

    the_name: str
    sizes: list[int] = []


class Thing(Model):
    name: str


@endpoint(f"POST {PATH}", also_under="/api", permission="account_usage_read")
def create(request: Request, body: NewThing) -> Thing:  # noqa: ARG001
    match body.the_name:
        case "refused":
            raise InvalidRequest("No.", code="things:refused", details={"detail": "Never."})
        case "plain":
            raise InvalidRequest("No.", param="name")
        case "missing":
            raise NotFound("No such thing.")
        case "crash":
            raise RuntimeError("sk_live_secret")
        case "throttled":
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "GetItem")
    return Thing(name=body.the_name)


@pytest.fixture
def post(tables: None) -> Callable[..., Answer]:  # noqa: ARG001
    tenant = Tenant(organisations.create(NewOrganisation("Acme")).id, "live")
    secret = api_keys.create(tenant, "access", "k")[1]

    def made(body: bytes | None, media_type: str | None = "application/json", path: str = PATH) -> Answer:
        request = event("POST", path, body=body, headers={"authorization": f"Basic {basic(secret)}"})
        request["headers"].pop("content-type", None)
        if media_type is not None:
            request["headers"]["content-type"] = media_type
        return send(create, request)

    return made


def basic(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("path", [PATH, f"/api{PATH}"])
@pytest.mark.parametrize(
    "media_type", [None, "application/json", "application/json; charset=utf-8", "APPLICATION/JSON"]
)
def test_json_is_taken_and_so_is_what_names_no_type(
    post: Callable[..., Answer], path: str, media_type: str | None
) -> None:
    answer = post(b'{"theName": "a"}', media_type, path)
    assert (answer.status, answer.json) == (200, {"name": "a"})


@pytest.mark.parametrize("media_type", ["application/x-www-form-urlencoded", "text/plain", "json", ""])
def test_another_content_type_is_415(post: Callable[..., Answer], media_type: str) -> None:
    answer = post(b'{"theName": "a"}', media_type)
    assert (answer.status, answer.json["errors"][0]["code"]) == (415, "contenttype.invalid")
    assert answer.json["errors"][0]["detail"] == "Send application/json."


@pytest.mark.parametrize("media_type", [None, "application/json", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("body", [None, b"", b" \r\n"])
def test_no_body_is_told_what_to_send(
    post: Callable[..., Answer], body: bytes | None, media_type: str | None
) -> None:
    answer = post(body, media_type)
    assert answer.status == 400
    assert answer.json["errors"] == [
        {
            "code": "request:empty_body",
            "message": "The body is empty.",
            "detail": "Send a JSON object; {} asks for all defaults.",
        }
    ]


@pytest.mark.parametrize(
    ("body", "code", "detail"),
    [
        (b"{", "request:invalid_json", "JSON decode error (at 1)."),
        (b'{"theName": "\xff"}', "request:invalid_json", "JSON decode error: not UTF-8 (at 13)."),
        (
            b'{"theName": "a", "theName": "b"}',
            "request:invalid_json",
            "JSON decode error: a name stands twice in one object (at 0).",
        ),
        (b'{"theName": NaN}', "request:invalid_json", "JSON decode error: NaN is no number (at 0)."),
        (b"[" * 30_000, "request:invalid_json", "JSON decode error"),
        (b"[]", "request:not_an_object", "Send a JSON object"),
        (b"null", "request:not_an_object", "Send a JSON object"),
        (b'"{}"', "request:not_an_object", "Send a JSON object"),
        (b"{}", "request:missing_field", "theName is needed."),
        (b'{"theName": null}', "request:missing_field", "theName is needed."),
        (b'{"theName": 1}', "request:invalid_the_name", "theName must be a valid string."),
        (b'{"theName": "a", "sizes": [1, "x"]}', "request:invalid_sizes", "sizes.1 must be a valid integer"),
        (
            b'{"theName": "a", "the_name": "b"}',
            "request:unknown_field",
            "'the_name' is none of theName, sizes.",
        ),
        (b'{"theName": "a", "colour": null}', "request:unknown_field", "'colour' is none of theName, sizes."),
    ],
)
def test_what_is_wrong_has_a_code_and_says_what_is_allowed(
    post: Callable[..., Answer], body: bytes, code: str, detail: str
) -> None:
    answer = post(body)
    assert answer.status == 400
    (error,) = answer.json["errors"]
    assert error["code"] == code
    assert error["detail"].startswith(detail)
    assert error["message"]


@pytest.mark.parametrize(
    ("name", "status", "code", "detail"),
    [
        ("refused", 400, "things:refused", "Never."),
        ("plain", 400, "request:invalid", None),
        ("missing", 404, "notfound", None),
        ("crash", 500, "internal.error", None),
        ("throttled", 503, "service.unavailable", None),
    ],
)
def test_what_a_service_raises_is_worded_with_the_contracts_codes(
    post: Callable[..., Answer], name: str, status: int, code: str, detail: str | None
) -> None:
    answer = post(f'{{"theName": "{name}"}}'.encode())
    (error,) = answer.json["errors"]
    assert (answer.status, error["code"], error.get("detail")) == (status, code, detail)
    assert "secret" not in answer.body.decode()


def test_everything_wrong_is_told_at_once_and_no_more_than_twenty(post: Callable[..., Answer]) -> None:
    answer = post(b'{"sizes": 1, "colour": 2}')
    assert [error["code"] for error in answer.json["errors"]] == [
        "request:missing_field",
        "request:invalid_sizes",
        "request:unknown_field",
    ]
    secret = "s" * 300
    fields = ",".join(f'"{secret}{number}": "hidden"' for number in range(100))
    answer = post(f'{{"theName": "a", {fields}}}'.encode())
    assert len(answer.json["errors"]) == 20
    assert "hidden" not in answer.body.decode()
    assert len(answer.body) < 6_000


def test_a_body_over_the_limit_is_413(post: Callable[..., Answer]) -> None:
    answer = post(b'{"theName": "' + b"x" * usage.MAX_BODY_BYTES + b'"}')
    assert (answer.status, answer.json["errors"][0]["code"]) == (413, "request:body_too_large")


def test_each_error_has_an_id_of_its_own(post: Callable[..., Answer]) -> None:
    ids = {post(b"{}").json["id"] for _ in range(5)}
    assert len(ids) == 5
    assert all(re.fullmatch("[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}", one) for one in ids)

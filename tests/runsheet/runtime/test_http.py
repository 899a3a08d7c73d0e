"""The HTTP entrypoint, around an operation made for these tests, with real keys in moto."""

from __future__ import annotations

import base64
import io
import json
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from botocore.exceptions import ClientError
from pydantic import Field

from runsheet.api_keys import service as api_keys
from runsheet.errors import InvalidRequest
from runsheet.organisations import service as organisations
from runsheet.organisations.model import NewOrganisation
from runsheet.runtime.dialects.v1 import MAX_FORM_BYTES
from runsheet.runtime.http import Request, Response, endpoint, unknown_route
from runsheet.runtime.model import CreatedListQuery, FormInt, FormText, Model
from runsheet.runtime.observability import logger
from runsheet.tenancy import Tenant
from tests.gateway import Answer, event, send

if TYPE_CHECKING:
    from runsheet.api_keys.model import Kind
    from runsheet.tenancy import Mode


class NewThing(Model):
    name: FormText
    size: Annotated[FormInt, Field(ge=1)] = 1
    nested: dict[str, Any] = {}
    tags: list[str] = []


class Thing(Model):
    id: str
    name: str
    size: int
    organisation: str
    livemode: bool


@endpoint("POST /v1/things", permission="files_read")
def create(request: Request, body: NewThing) -> Thing | Response:
    match body.name:
        case "bytes":
            return Response(201, {"Content-Type": "text/csv"}, b"\x00\xff")
        case "crash":
            raise RuntimeError("secret sk_live_internal detail")
        case "Throttling" | "SlowDown" | "InternalServerError" | "ValidationException" as code:
            status = 500 if code == "InternalServerError" else 400
            answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
            raise ClientError(answer, "GetItem")  # type: ignore[arg-type]
        case "refused":
            raise InvalidRequest("No.", param="name", details={"bad_rows": [1]})
    return Thing(
        id="thing_1",
        name=body.name,
        size=body.size,
        organisation=request.tenant.organisation_id,
        livemode=request.tenant.livemode,
    )


@endpoint("GET /v1/things", permission="datasets_read")
def listing(request: Request, query: CreatedListQuery) -> Thing:  # noqa: ARG001 - the query is what is tested
    return Thing(
        id="x", name=str(query.limit), size=query.created.since() or 0, organisation="o", livemode=True
    )


@pytest.fixture
def organisation_id(tables: None) -> str:  # noqa: ARG001 - it needs the tables
    return organisations.create(NewOrganisation("Acme", "Europe/Berlin")).id


def secret(
    organisation_id: str, mode: Mode = "test", kind: Kind = "secret", permissions: list[str] | None = None
) -> str:
    return api_keys.create(Tenant(organisation_id, mode), kind, "a key", permissions)[1]


def post(body: bytes | str, authorization: str | None, **headers: str) -> Answer:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if authorization is not None:
        sent["authorization"] = authorization
    return send(create, event("POST", "/v1/things", body=body, headers=sent))


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def test_a_key_is_taken_as_bearer_and_as_basic_user_and_tells_whose_data_it_opens(
    organisation_id: str,
) -> None:
    test, live = secret(organisation_id, "test"), secret(organisation_id, "live")
    for authorization in (f"Bearer {test}", f"bearer {test}", basic(f"{test}:")):
        answer = post("name=a", authorization)
        assert (answer.status, answer.json["livemode"]) == (200, False)
        assert answer.json["organisation"] == organisation_id
    assert post("name=a", f"Bearer {live}").json["livemode"] is True


def test_an_access_pair_is_taken_as_basic(organisation_id: str) -> None:
    pair = secret(organisation_id, "live", "access")
    assert post("name=a", basic(pair)).status == 200
    access_id, access_key = pair.split(":")
    assert post("name=a", basic(f"{access_id}:{access_key[:-1]}x")).status == 401
    assert post("name=a", basic(f"{access_id}:")).status == 401


@pytest.mark.parametrize(
    ("authorization", "message"),
    [
        (None, "You did not provide an API key."),
        ("", "You did not provide an API key."),
        ("Bearer ", "You did not provide an API key."),
        ("Bearer sk_test_" + "0" * 39 + "abcd", "Invalid API Key provided: sk_test_****************abcd"),
        ("Bearer pk_test_0000000000000000", "publishable"),
        ("Bearer \x00\xff", "Invalid API Key provided: ****************"),
        ("Basic !!!", "Invalid API Key provided"),
        ("Digest x", "You did not provide an API key."),
    ],
)
def test_without_a_key_in_force_the_answer_is_401_in_the_contracts_words(
    organisation_id: str,  # noqa: ARG001 - there is an organisation, and still
    authorization: str | None,
    message: str,
) -> None:
    answer = post("name=a", authorization)
    assert answer.status == 401
    assert message in answer.json["error"]["message"]
    assert answer.json["error"]["type"] == "invalid_request_error"
    assert answer.headers["www-authenticate"].startswith("Basic realm=")
    assert answer.headers["stripe-should-retry"] == "false"


def test_a_revoked_key_is_refused(organisation_id: str) -> None:
    key, token = api_keys.create(Tenant(organisation_id, "test"), "secret", "k")
    api_keys.revoke(organisation_id, key.id)
    answer = post("name=a", f"Bearer {token}")
    assert (answer.status, answer.json["error"]["code"]) == (401, "api_key_expired")


def test_a_restricted_key_needs_the_routes_permission(organisation_id: str) -> None:
    token = secret(organisation_id, "test", "restricted", ["files_read"])
    headers = {"authorization": f"Bearer {token}"}
    assert post("name=a", f"Bearer {token}").status == 200
    refused = send(listing, event("GET", "/v1/things", headers=headers))
    assert refused.status == 403
    assert "does not have the required permissions" in refused.json["error"]["message"]
    assert token not in refused.body.decode()


@pytest.mark.parametrize(
    ("body", "code", "param", "message"),
    [
        ("", "parameter_missing", "name", "Missing required param: name."),
        ("name=", "parameter_invalid_empty", "name", "You passed an empty string for 'name'."),
        ("name=a&foo=1", "parameter_unknown", "foo", "Received unknown parameter: foo"),
        ("foo=1&bar=2", "parameter_unknown", "foo", "Received unknown parameters: foo, bar"),
        ("name=a&size=abc", "parameter_invalid_integer", "size", "Invalid integer: abc"),
        ("name=a&size=1.0", "parameter_invalid_integer", "size", "Invalid integer: 1.0"),
        (
            "name=a&size=0",
            "parameter_invalid_integer",
            "size",
            "This value must be greater than or equal to 1.",
        ),
        ("name=a&size=" + "9" * 30, "parameter_invalid_integer", "size", "Invalid integer: 9999"),
        ("name=a&size[x]=1", "parameter_invalid_integer", "size", "Invalid integer"),
        ("name[]=a", None, "name", "Invalid string"),
        ("name=a&nested=1", None, "nested", "Invalid object"),
        ("name=a&tags=1", None, "tags", "Invalid array"),
        ("name=a&tags[0][x]=1", None, "tags[0]", "Invalid string"),
        ("x" * 1_000_000, "parameter_unknown", "x" * 100, "Received unknown parameter: xxx"),
        (b"name=\xff", None, None, "Invalid UTF-8"),
    ],
)
def test_a_wrong_form_is_refused_by_its_field(
    organisation_id: str, body: bytes | str, code: str | None, param: str | None, message: str
) -> None:
    answer = post(body, f"Bearer {secret(organisation_id)}")
    error = answer.json["error"]
    assert answer.status == 400
    assert error["message"].startswith(message)
    assert (error.get("code"), error.get("param")) == (code, param)
    assert error.get("doc_url", "").endswith((code or "").replace("_", "-"))
    assert len(answer.body) < 2_000


def test_the_last_of_two_scalars_wins_and_base64_bodies_are_read(organisation_id: str) -> None:
    request = event(
        "POST",
        "/v1/things",
        body="name=a&name=b",
        headers={"authorization": f"Bearer {secret(organisation_id)}"},
        base64_body=True,
    )
    assert send(create, request).json["name"] == "b"
    request["body"] = "§"
    assert send(create, request).status == 400


def test_json_is_refused_and_a_body_over_the_limit_too(organisation_id: str) -> None:
    bearer = f"Bearer {secret(organisation_id)}"
    refused = post(json.dumps({"name": "a"}), bearer, content_type="application/json")
    assert refused.status == 415
    assert "application/x-www-form-urlencoded" in refused.json["error"]["message"]
    assert post("name=" + "x" * MAX_FORM_BYTES, bearer).status == 413
    assert (
        post("name=a", bearer, content_type="application/x-www-form-urlencoded; charset=utf-8").status == 200
    )


def test_a_crash_is_a_500_without_its_cause_and_a_refusal_keeps_its_details(
    organisation_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", log)
    token = secret(organisation_id)
    crashed = post("name=crash", f"Bearer {token}")
    assert (crashed.status, crashed.json["error"]["type"]) == (500, "api_error")
    assert "internal detail" not in crashed.body.decode()
    refused = post("name=refused", f"Bearer {token}")
    assert refused.json["error"]["bad_rows"] == [1]
    logged = log.getvalue()
    assert crashed.headers["request-id"] in logged
    assert token not in logged
    assert "authorization" not in logged.lower()


@pytest.mark.parametrize(
    ("code", "status", "retry"),
    [
        ("Throttling", 503, "true"),
        ("SlowDown", 503, "true"),
        ("InternalServerError", 503, "true"),
        ("ValidationException", 500, "false"),
    ],
)
def test_what_aws_turns_away_for_now_may_be_tried_again(
    organisation_id: str, code: str, status: int, retry: str
) -> None:
    answer = post(f"name={code}", f"Bearer {secret(organisation_id)}")
    assert (answer.status, answer.headers["stripe-should-retry"]) == (status, retry)


def test_bytes_are_sent_as_they_are(organisation_id: str) -> None:
    answer = post("name=bytes", f"Bearer {secret(organisation_id)}")
    assert (answer.status, answer.body, answer.headers["content-type"]) == (201, b"\x00\xff", "text/csv")


def test_the_contracts_headers_are_on_every_answer(organisation_id: str) -> None:
    bearer = f"Bearer {secret(organisation_id)}"
    plain = post("name=a", bearer)
    assert plain.headers["request-id"].startswith("req_")
    assert plain.headers["stripe-version"] == "2026-10-28.endive"
    assert "idempotency-key" not in plain.headers
    echoed = post("name=a", bearer, stripe_version="2023-10-16", idempotency_key="k-1")
    assert echoed.headers["stripe-version"] == "2023-10-16"
    assert echoed.headers["idempotency-key"] == "k-1"
    failed = post("name=a", "Bearer x", stripe_version="2023-10-16")
    assert failed.headers["request-id"] != plain.headers["request-id"]
    assert failed.headers["stripe-version"] == "2023-10-16"


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("stripe_version", "latest\r\nx: y", 400),
        ("idempotency_key", "k" * 256, 400),
        ("stripe_account", "acct_123", 403),
    ],
)
def test_headers_that_cannot_be_honoured_are_refused(
    organisation_id: str, header: str, value: str, status: int
) -> None:
    answer = post("name=a", f"Bearer {secret(organisation_id)}", **{header: value})
    assert answer.status == status
    assert answer.headers["stripe-version"] == "2026-10-28.endive"
    assert "idempotency-key" not in answer.headers


@pytest.mark.parametrize("header", ["stripe_account", "stripe_context"])
def test_a_request_for_an_account_is_about_its_data(
    organisation_id: str, header: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", log)
    child = organisations.create(NewOrganisation("Child", parent_id=organisation_id)).id
    token = secret(organisation_id, "live", "restricted", ["files_read"])
    answer = post("name=a", f"Bearer {token}", **{header: child})
    assert (answer.json["organisation"], answer.json["livemode"]) == (child, True)
    assert answer.headers.get("stripe-account") == (child if header == "stripe_account" else None)
    own = post("name=a", f"Bearer {token}")
    assert own.json["organisation"] == organisation_id
    assert "stripe-account" not in own.headers
    first, second = (json.loads(line) for line in log.getvalue().splitlines() if '"POST 200"' in line)
    assert (first["organisation"], first["account"]) == (organisation_id, child)
    assert "account" not in second
    headers = {"authorization": f"Bearer {token}", "stripe-account": child}
    assert send(listing, event("GET", "/v1/things", headers=headers)).status == 403


def test_an_account_is_looked_at_after_the_key(organisation_id: str) -> None:
    bearer = f"Bearer {secret(organisation_id)}"
    assert post("name=a", "Bearer x", stripe_account="org_none").status == 401
    refused = post("name=a", bearer, stripe_account="org_none")
    assert (refused.status, refused.json["error"]["code"]) == (403, "account_invalid")
    assert post("name=a", bearer, stripe_account="").status == 403
    two = post("name=a", bearer, stripe_account="org_a", stripe_context="org_b")
    assert (two.status, two.json["error"]["type"]) == (400, "invalid_request_error")


@pytest.mark.parametrize(
    ("query", "limit", "since"),
    [
        ("", 10, 0),
        ("limit=3", 3, 0),
        ("created=5", 10, 5),
        ("created[gt]=5", 10, 6),
        ("created%5Bgte%5D=5", 10, 5),
    ],
)
def test_queries_are_read_like_forms(organisation_id: str, query: str, limit: int, since: int) -> None:
    headers = {
        "authorization": f"Bearer {secret(organisation_id)}",
        "content-type": "application/x-www-form-urlencoded",
    }
    answer = send(listing, event("GET", f"/v1/things?{query}", headers=headers))
    assert (answer.json["name"], answer.json["size"]) == (str(limit), since)


@pytest.mark.parametrize(
    ("query", "param", "message"),
    [
        ("limit=0", "limit", "This value must be greater than or equal to 1."),
        ("limit=101", "limit", "This value must be less than or equal to 100 (it currently is '101')."),
        ("limit=abc", "limit", "Invalid integer: abc"),
        ("limit=%D9%A3", "limit", "Invalid integer: ٣"),
        ("created[foo]=1", "created[foo]", "Received unknown parameter: created[foo]"),
        ("created[gt]=x", "created[gt]", "Invalid integer: x"),
        ("starting_after=", "starting_after", "You passed an empty string for 'starting_after'."),
    ],
)
def test_a_wrong_query_is_refused_by_its_field(
    organisation_id: str, query: str, param: str, message: str
) -> None:
    headers = {"authorization": f"Bearer {secret(organisation_id)}"}
    answer = send(listing, event("GET", f"/v1/things?{query}", headers=headers))
    assert (answer.status, answer.json["error"]["param"]) == (400, param)
    assert answer.json["error"]["message"].startswith(message)


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_unknown_routes_and_verbs_are_404_in_the_dialect_of_their_prefix(aws: None, method: str) -> None:  # noqa: ARG001
    answer = send(unknown_route, event(method, "/v1/foo"))
    assert answer.status == 404
    assert answer.json["error"]["message"].startswith(f"Unrecognized request URL ({method}: /v1/foo).")
    assert "code" not in answer.json["error"]
    assert answer.headers["request-id"].startswith("req_")
    assert send(unknown_route, event(method, "/v2/foo")).json == {"detail": "Not Found"}
    usage = send(unknown_route, event(method, "/api/v1/account/foo")).json
    assert usage["errors"][0]["code"] == "notfound"
    assert [len(part) for part in usage["id"].split("-")] == [5, 5, 5]

"""Which POSTs with an idempotency key are the same request, and what a repetition gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runsheet.api_keys import service as api_keys
from runsheet.organisations import service as organisations
from runsheet.organisations.model import NewOrganisation
from runsheet.tenancy import Tenant
from tests.things import (
    THINGS,
    create,
    create_usage,
    create_v2,
    is_replay,
    items,
    load,
    post,
    read,
    send_to,
    update,
    work,
)

if TYPE_CHECKING:
    from tests.gateway import Answer

DIFFERENT = (
    "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a "
    "key other than 'k-1' if you meant to execute a different request."
)

# ---------------------------------------------------------------- the same request


@pytest.mark.parametrize(
    ("handler", "url", "path", "body", "media_type"),
    [
        (
            create,
            THINGS,
            None,
            "name=a&tags[]=x&nested[b]=1&nested[a]=2",
            "application/x-www-form-urlencoded",
        ),
        (create, THINGS, None, "name=bytes", "application/x-www-form-urlencoded"),
        (update, f"{THINGS}/1", {"id": "1"}, "name=a", "application/x-www-form-urlencoded"),
        (load, f"{THINGS}/1/rows", {"id": "1"}, b'[{"a": 1}]', "application/json"),
        (create_v2, "/v2/things", None, '{"name": "é", "nested": {"a": [1.5, null]}}', "application/json"),
        (create_v2, "/v2/things", None, "", "application/json"),
        (create_usage, "/v1/account/things", None, '{"name": "a"}', "application/json"),
    ],
)
def test_a_repeated_post_gets_the_first_answer_and_does_nothing(
    key: str, handler: Any, url: str, path: Any, body: bytes | str, media_type: str
) -> None:
    def sent() -> Answer:
        return send_to(handler, url, key, body, "k-1", path=path, content_type=media_type)

    first = sent()
    assert first.status in {200, 201}
    assert "idempotent-replayed" not in first.headers
    assert first.headers["idempotency-key"] == "k-1"
    assert is_replay(sent(), of=first)
    assert is_replay(sent(), of=first)
    assert len(work.done) == 1


def test_without_a_key_every_post_is_carried_out(key: str) -> None:
    ids = {post(key, idempotency_key=idempotency_key).json["id"] for idempotency_key in (None, None, "", "")}
    assert len(ids) == 4
    assert items() == []


def test_a_key_means_nothing_to_a_get(key: str) -> None:
    for idempotency_key in ("k-1", "k-1", "k" * 1000):
        answer = send_to(read, THINGS, key, None, idempotency_key, method="GET")
        assert answer.status == 200
        assert "idempotent-replayed" not in answer.headers
    assert len(work.done) == 3
    assert items() == []


def test_the_order_of_parameters_makes_no_difference(key: str) -> None:
    first = post(key, "name=a&nested[x]=1&nested[y]=2", "k-1")
    assert is_replay(post(key, "nested%5By%5D=2&nested[x]=1&name=a", "k-1"), of=first)
    first = send_to(
        create_v2,
        "/v2/things",
        key,
        '{"name":"a","nested":{"x":1,"y":2}}',
        "k-2",
        content_type="application/json",
    )
    again = send_to(
        create_v2,
        "/v2/things",
        key,
        '{"nested":{"y":2, "x":1}, "name":"a"}',
        "k-2",
        content_type="application/json",
    )
    assert is_replay(again, of=first)


def test_a_first_post_costs_two_writes_and_a_replay_one(key: str, calls: list[str]) -> None:
    post(key, idempotency_key="k-1")
    assert calls == ["PutItem", "UpdateItem"]
    calls.clear()
    assert post(key, idempotency_key="k-1").headers["idempotent-replayed"] == "true"
    assert calls == ["PutItem"]
    calls.clear()
    post(key)
    assert calls == []


# ---------------------------------------------------------------- another request


@pytest.mark.parametrize(
    "body", ["name=b", "name=a&tags[]=x", "name=a&nested[x]=1", "name=a&tags[]=y&tags[]=x"]
)
def test_other_parameters_are_refused_in_the_contracts_words(key: str, body: str) -> None:
    first = post(key, "name=a&tags[]=x&tags[]=y", "k-1")
    refused = post(key, body, "k-1")
    assert refused.status == 400
    assert refused.json == {"error": {"message": DIFFERENT, "type": "idempotency_error"}}
    assert refused.headers["stripe-should-retry"] == "false"
    assert is_replay(post(key, "name=a&tags[]=x&tags[]=y", "k-1"), of=first)
    assert len(work.done) == 1


def test_another_route_or_object_is_another_request(key: str) -> None:
    first = send_to(update, f"{THINGS}/1", key, "name=a", "k-1", path={"id": "1"})
    assert post(key, "name=a", "k-1").json["error"]["type"] == "idempotency_error"
    other = send_to(update, f"{THINGS}/2", key, "name=a", "k-1", path={"id": "2"})
    assert other.json["error"]["type"] == "idempotency_error"
    assert work.done == [first.json["id"]]
    assert post(key, "name=a", "k-2").status == 200
    usage = send_to(
        create_usage, "/v1/account/things", key, '{"name": "a"}', "k-2", content_type="application/json"
    )
    assert usage.json["errors"][0]["code"] == "request:idempotency_error"


def test_other_bytes_and_another_form_of_them_are_another_request(key: str) -> None:
    def sent(body: bytes, media_type: str) -> Answer:
        return send_to(load, f"{THINGS}/1/rows", key, body, "k-1", path={"id": "1"}, content_type=media_type)

    assert sent(b"[1]", "application/json").status == 200
    assert sent(b"[1] ", "application/json").status == 400
    assert sent(b"[1]", "application/x-ndjson").status == 400
    assert sent(b"[1]", "application/json; charset=utf-8").status == 200
    assert len(work.done) == 1


def test_each_dialect_words_it_its_own_way(key: str) -> None:
    def v2(body: str) -> Answer:
        return send_to(create_v2, "/v2/things", key, body, "k-1", content_type="application/json")

    v2('{"name": "a"}')
    refused = v2('{"name": "b"}')
    assert refused.status == 422
    detail = {"loc": ["header", "Idempotency-Key"], "msg": DIFFERENT, "type": "idempotency_error"}
    assert refused.json == {"detail": [detail]}
    assert v2("").status == 422
    long = send_to(create_v2, "/v2/things", key, None, "k" * 256).json["detail"][0]
    assert (long["loc"], long["type"]) == (["header", "Idempotency-Key"], "value_error")

    usage = send_to(
        create_usage, "/v1/account/things", key, '{"name": "a"}', "k-1", content_type="application/json"
    )
    assert usage.status == 400
    assert usage.json["errors"] == [{"code": "request:idempotency_error", "message": DIFFERENT}]


def test_a_key_belongs_to_its_organisation_and_mode(key: str, organisation_id: str) -> None:
    other = organisations.create(NewOrganisation("Other")).id
    first = post(key, idempotency_key="k-1")
    for tenant in (Tenant(organisation_id, "live"), Tenant(other, "test")):
        stranger = api_keys.create(tenant, "secret", "k")[1]
        answer = post(stranger, "name=b", "k-1")
        assert (answer.status, "idempotent-replayed" in answer.headers) == (200, False)
    colleague = api_keys.create(Tenant(organisation_id, "test"), "restricted", "k", ["files_read"])[1]
    assert is_replay(post(colleague, idempotency_key="k-1"), of=first)
    excluded = api_keys.create(Tenant(organisation_id, "test"), "restricted", "k", ["datasets_read"])[1]
    assert post(excluded, idempotency_key="k-1").status == 403


def test_a_key_belongs_to_the_account_that_is_acted_for(key: str, organisation_id: str) -> None:
    child = organisations.create(NewOrganisation("Child", parent_id=organisation_id)).id
    first = post(key, idempotency_key="k-1")
    of_child = post(key, "name=b", "k-1", stripe_account=child)
    assert of_child.status == 200
    assert is_replay(post(key, "name=b", "k-1", stripe_account=child), of=of_child)
    assert is_replay(post(key, idempotency_key="k-1"), of=first)
    own = api_keys.create(Tenant(child, "test"), "secret", "k")[1]
    assert post(own, "name=b", "k-1").body == of_child.body


# ---------------------------------------------------------------- keys as they come

HOSTILE = [
    "k",
    "k" * 255,
    " k",
    "ключ",
    "\U0001f511" * 255,
    "a\x00b\r\nSet-Cookie: x=1",
    "\ud800",
    "\udc00",
    "#",
    "a,b",
    "'\"",
]


def test_every_key_of_up_to_255_characters_is_one_of_its_own(key: str) -> None:
    answers = [post(key, idempotency_key=hostile) for hostile in HOSTILE]
    assert {answer.status for answer in answers} == {200}
    assert len(work.done) == len(HOSTILE)
    for hostile, first in zip(HOSTILE, answers, strict=True):
        assert is_replay(post(key, idempotency_key=hostile), of=first)
        echoed = first.headers.get("idempotency-key")
        assert echoed == (hostile if hostile.isascii() and hostile.isprintable() else None)
        refused = post(key, "name=b", hostile)
        assert f"other than '{hostile}' if" in refused.json["error"]["message"]


@pytest.mark.parametrize("character", ["k", "ключ"[0], "\U0001f511"])
def test_a_longer_key_is_refused(key: str, character: str) -> None:
    refused = post(key, idempotency_key=character * 256)
    assert refused.status == 400
    assert refused.json["error"]["message"] == "Idempotency keys are at most 255 characters long."
    assert "idempotency-key" not in refused.headers
    assert (work.done, items()) == ([], [])

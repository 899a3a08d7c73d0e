"""A POST with an idempotency key is carried out once, around operations made for these tests, on the template's table."""

from __future__ import annotations

import io
import json
import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from runsheet.api_keys import service as api_keys
from runsheet.errors import InvalidRequest, NotFound, PermissionDenied
from runsheet.idempotency import table
from runsheet.idempotency.model import HELD_SECONDS, KEPT_SECONDS
from runsheet.organisations import service as organisations
from runsheet.organisations.model import NewOrganisation
from runsheet.runtime import clients, clock
from runsheet.runtime.http import Request, Response, endpoint
from runsheet.runtime.model import FormText, Model
from runsheet.runtime.observability import logger
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant
from tests.gateway import Answer, event, send
from tests.lake import one_call_at_a_time

if TYPE_CHECKING:
    from collections.abc import Callable

# A function that dies has counted nothing.
pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")

THINGS = "/v1/things"
DIFFERENT = (
    "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a "
    "key other than 'k-1' if you meant to execute a different request."
)
IN_USE = (
    "There is currently another in-progress request using this Idempotent Key (that probably means you submitted "
    "twice, and the other request is still going through): k-1. Please try again later."
)


class Died(BaseException):
    """What no handler catches: the function is gone."""


class NewThing(Model):
    name: FormText
    tags: list[str] = []
    nested: dict[str, Any] = {}


class Thing(Model):
    id: str
    name: str


class Work:
    """What the operations below do, and what they have done."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.before: Callable[[], None] = lambda: None
        self.after: Callable[[], None] = lambda: None

    def do(self, request: Request, name: str) -> Thing:
        self.before()
        made = Thing(id=request.origin.new_id("thing"), name=name)
        self.done.append(made.id)
        self.after()
        return made


work = Work()


@endpoint(f"POST {THINGS}", permission="files_read")
def create(request: Request, body: NewThing) -> Thing | Response:
    if body.name == "bytes":
        return Response(201, {"Content-Type": "text/csv"}, b"\x00\xff" + work.do(request, "b").id.encode())
    return work.do(request, body.name)


@endpoint("POST /v1/things/{id}", permission="files_read")
def update(request: Request, body: NewThing) -> Thing:
    return work.do(request, body.name)


@endpoint("POST /v1/things/{id}/rows", permission="files_read")
def load(request: Request, body: bytes) -> Thing:
    return work.do(request, body.decode())


@endpoint("POST /v2/things", permission="files_read")
def create_v2(request: Request, body: NewThing | None) -> Thing:
    return work.do(request, body.name if body else "none")


@endpoint("POST /v1/account/things", permission="files_read")
def create_usage(request: Request, body: NewThing) -> Thing:
    return work.do(request, body.name)


@endpoint(f"GET {THINGS}", permission="files_read")
def read(request: Request) -> Thing:
    return work.do(request, "read")


@pytest.fixture(autouse=True)
def _no_work_done() -> None:
    work.__init__()  # type: ignore[misc]


@pytest.fixture
def organisation_id(tables: None) -> str:  # noqa: ARG001 - it needs the tables
    return organisations.create(NewOrganisation("Acme")).id


@pytest.fixture
def key(organisation_id: str) -> str:
    return api_keys.create(Tenant(organisation_id, "test"), "secret", "k")[1]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Move the clock, which stands still otherwise."""
    moment = [datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)]
    monkeypatch.setattr(clock, "now", lambda: moment[0])

    def move(seconds: float) -> None:
        moment[0] += timedelta(seconds=seconds)

    return move


@pytest.fixture
def calls(key: str) -> list[str]:
    """The DynamoDB operations called from now on; the key is in the process's cache already."""
    post(key, "name=first")
    made: list[str] = []
    clients.dynamodb().meta.events.register(
        "before-call.dynamodb.*", lambda model, **_: made.append(model.name)
    )
    work.done.clear()
    return made


def post(
    key: str, body: bytes | str = "name=a", idempotency_key: str | None = None, **headers: str
) -> Answer:
    return send_to(create, THINGS, key, body, idempotency_key, **headers)


def send_to(
    handler: Any,
    url: str,
    key: str,
    body: bytes | str | None,
    idempotency_key: str | None,
    *,
    method: str = "POST",
    path: dict[str, str] | None = None,
    **headers: str,
) -> Answer:
    sent = {"authorization": f"Bearer {key}"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    if idempotency_key is not None:
        sent["idempotency-key"] = idempotency_key
    return send(handler, event(method, url, path=path, body=body, headers=sent))


def is_replay(answer: Answer, of: Answer) -> bool:
    """Whether it is the very answer of before, marked as such, under a request id of its own."""
    standing = {"request-id", "idempotent-replayed", "original-request"}
    same = {name: value for name, value in answer.headers.items() if name not in standing}
    assert (same, answer.status, answer.body) == (
        {name: value for name, value in of.headers.items() if name != "request-id"},
        of.status,
        of.body,
    )
    assert answer.headers["request-id"] != of.headers["request-id"]
    assert answer.headers["original-request"] == of.headers["request-id"]
    return answer.headers["idempotent-replayed"] == "true"


def items() -> list[dict[str, Any]]:
    return list(boto3.client("dynamodb").scan(TableName=settings().idempotency_table)["Items"])


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
        (create_usage, "/v1/account/things", None, "name=a", "application/x-www-form-urlencoded"),
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


def test_a_replay_costs_one_read_and_a_first_post_two_writes(key: str, calls: list[str]) -> None:
    post(key, idempotency_key="k-1")
    assert calls == ["GetItem", "PutItem", "UpdateItem"]
    calls.clear()
    assert post(key, idempotency_key="k-1").headers["idempotent-replayed"] == "true"
    assert calls == ["GetItem"]
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

    usage = send_to(create_usage, "/v1/account/things", key, "name=a", "k-1")
    assert usage.status == 400
    assert usage.json["errors"] == [{"code": "idempotency_error", "message": DIFFERENT}]


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


# ---------------------------------------------------------------- what is kept, and for how long


def refuse(error: Exception) -> Callable[[], None]:
    def raised() -> None:
        raise error

    return raised


@pytest.mark.parametrize(
    "error",
    [InvalidRequest("No."), NotFound("No such thing."), PermissionDenied("No.")],
    ids=lambda error: type(error).__name__,
)
def test_a_refusal_is_not_kept_and_its_key_is_free_again(key: str, error: Exception) -> None:
    work.before = refuse(error)
    refused = post(key, "name=a", "k-1")
    assert 400 <= refused.status < 500
    assert items() == []
    work.before = lambda: None
    assert post(key, "name=b", "k-1").json["name"] == "b"


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ("colour=red", {}, 400),
        ("name=a", {"stripe_version": "latest"}, 400),
        ("name=a", {"stripe_account": "acct_1"}, 403),
        ("name=a", {"authorization": "Bearer sk_test_none"}, 401),
        ("name=a", {"content_type": "application/json"}, 415),
    ],
)
def test_what_was_never_begun_is_not_kept(key: str, body: str, headers: dict[str, str], status: int) -> None:
    assert post(key, body, "k-1", **headers).status == status
    assert items() == []
    assert post(key, "name=a", "k-1").status == 200


def test_a_crash_is_an_answer_for_good(key: str) -> None:
    work.after = refuse(RuntimeError("secret"))
    crashed = post(key, idempotency_key="k-1")
    assert (crashed.status, crashed.headers["stripe-should-retry"]) == (500, "false")
    work.after = lambda: None
    assert is_replay(post(key, idempotency_key="k-1"), of=crashed)
    assert len(work.done) == 1


def test_what_aws_turned_away_is_carried_out_again_with_the_same_ids(
    key: str, later: Callable[[float], None]
) -> None:
    work.after = refuse(ClientError({"Error": {"Code": "ThrottlingException"}}, "PutItem"))
    turned_away = post(key, idempotency_key="k-1")
    assert (turned_away.status, turned_away.headers["stripe-should-retry"]) == (503, "true")
    work.after = lambda: None
    later(0.5)
    assert post(key, "name=b", "k-1").json["error"]["type"] == "idempotency_error"
    first = post(key, idempotency_key="k-1")
    assert (first.status, "idempotent-replayed" in first.headers) == (200, False)
    assert work.done == [first.json["id"]] * 2
    assert is_replay(post(key, idempotency_key="k-1"), of=first)


def test_an_answer_is_kept_for_24_hours(key: str, later: Callable[[float], None]) -> None:
    first = post(key, idempotency_key="k-1")
    (item,) = items()
    assert int(item["expires_at"]["N"]) == int(clock.now().timestamp()) + 24 * 60 * 60
    later(KEPT_SECONDS - 1)
    assert is_replay(post(key, idempotency_key="k-1"), of=first)
    later(1)
    again = post(key, "name=b", "k-1")
    assert (again.status, again.json["name"]) == (200, "b")
    assert again.json["id"] != first.json["id"]
    assert len(items()) == 1


def test_neither_the_key_nor_the_answer_stands_readable_in_the_table_or_the_log(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", log)
    first = post(key, "name=whsec_shown_once", "customer@example.com")
    replay = post(key, "name=whsec_shown_once", "customer@example.com")
    post(key, "name=other", "customer@example.com")
    assert is_replay(replay, of=first)
    for text in (str(items()), log.getvalue()):
        assert "customer@example.com" not in text
        assert "whsec_shown_once" not in text
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    replayed = [line for line in lines if line.get("replay_of") == first.headers["request-id"]]
    assert [line["request"] for line in replayed] == [replay.headers["request-id"]]


@pytest.mark.parametrize("how", ["bytes", "text"])
def test_an_answer_that_has_no_room_is_made_anew_out_of_the_same_objects(key: str, how: str) -> None:
    @endpoint("POST /v1/large", permission="files_read")
    def large(request: Request) -> Thing | Response:
        made = work.do(request, secrets.token_hex(400_000))
        return made if how == "text" else Response(200, {}, secrets.token_bytes(400_000))

    first, again = (send_to(large, "/v1/large", key, None, "k-1") for _ in range(2))
    assert (first.status, again.status) == (200, 200)
    assert len(first.body) >= 400_000
    assert "idempotent-replayed" not in again.headers
    assert work.done[0] == work.done[1]


def test_a_long_answer_that_shrinks_is_kept(key: str) -> None:
    first = post(key, "name=" + "long " * 150_000, "k-1")
    assert len(first.body) > 700_000
    assert is_replay(post(key, "name=" + "long " * 150_000, "k-1"), of=first)


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


# ---------------------------------------------------------------- at the same time


def test_a_repetition_during_the_first_is_told_to_wait(key: str) -> None:
    during: list[Answer] = []

    def repeat() -> None:
        work.before = lambda: None
        during.append(post(key, idempotency_key="k-1"))
        during.append(post(key, "name=b", "k-1"))

    work.before = repeat
    first = post(key, idempotency_key="k-1")
    waiting, different = during
    assert waiting.status == 409
    assert waiting.json["error"] == {
        "code": "idempotency_key_in_use",
        "doc_url": "https://stripe.com/docs/error-codes/idempotency-key-in-use",
        "message": IN_USE,
        "type": "invalid_request_error",
    }
    assert waiting.headers["stripe-should-retry"] == "true"
    assert different.json["error"]["type"] == "idempotency_error"
    assert is_replay(post(key, idempotency_key="k-1"), of=first)
    assert len(work.done) == 1


def test_of_many_at_once_one_is_carried_out(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    post(key)  # the key is in the cache
    work.done.clear()
    one_call_at_a_time(monkeypatch)
    together, refused = threading.Barrier(8), threading.Semaphore(0)
    get = table.get

    def get_together(*arguments: Any, **options: Any) -> Any:
        found = get(*arguments, **options)
        together.wait(30)
        return found

    def after_the_others() -> None:
        for _ in range(7):
            assert refused.acquire(timeout=30)

    def sent(_: int) -> Answer:
        answer = post(key, idempotency_key="k-1")
        refused.release()
        return answer

    monkeypatch.setattr(table, "get", get_together)
    work.before = after_the_others
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(sent, range(8)))
    assert sorted(answer.status for answer in answers) == [200] + [409] * 7
    assert len(work.done) == 1


# ---------------------------------------------------------------- a function that dies


def die() -> None:
    raise Died


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_request_whose_function_died_is_carried_out_by_the_next_with_the_same_ids(
    key: str, later: Callable[[float], None], moment: str
) -> None:
    setattr(work, moment, die)
    with pytest.raises(Died):
        post(key, idempotency_key="k-1")
    setattr(work, moment, lambda: None)
    later(HELD_SECONDS - 1)
    assert post(key, idempotency_key="k-1").status == 409
    later(1)
    assert post(key, "name=b", "k-1").json["error"]["type"] == "idempotency_error"
    first = post(key, idempotency_key="k-1")
    assert first.status == 200
    assert set(work.done) == {first.json["id"]}
    assert is_replay(post(key, idempotency_key="k-1"), of=first)


def test_of_many_that_find_it_dead_one_takes_it_over(
    key: str, later: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    work.before = die
    with pytest.raises(Died):
        post(key, idempotency_key="k-1")
    work.before = lambda: None
    later(HELD_SECONDS)
    one_call_at_a_time(monkeypatch)
    together = threading.Barrier(6)
    take_over = table.take_over

    def take_over_together(*arguments: Any, **options: Any) -> Any:
        together.wait(30)
        return take_over(*arguments, **options)

    monkeypatch.setattr(table, "take_over", take_over_together)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: post(key, idempotency_key="k-1"), range(6)))
    assert sorted(answer.status for answer in answers) == [200] + [409] * 5
    assert len(work.done) == 1


def test_one_that_was_taken_over_and_lives_changes_nothing(key: str, later: Callable[[float], None]) -> None:
    taken_over: list[Answer] = []

    def slow() -> None:
        work.after = lambda: None
        later(HELD_SECONDS)
        taken_over.append(post(key, idempotency_key="k-1"))

    work.after = slow
    late = post(key, idempotency_key="k-1")
    assert late.status == 200
    replay = post(key, idempotency_key="k-1")
    assert replay.headers["original-request"] == taken_over[0].headers["request-id"]
    assert replay.body == taken_over[0].body == late.body


def test_a_refusal_of_one_that_was_taken_over_frees_nothing(key: str, later: Callable[[float], None]) -> None:
    """The first may have made its object before it died: another with the same key would be a second one."""
    work.after = die
    with pytest.raises(Died):
        post(key, idempotency_key="k-1")
    later(HELD_SECONDS)
    work.after = lambda: None
    work.before = refuse(InvalidRequest("Not any more."))
    assert post(key, idempotency_key="k-1").status == 400
    work.before = lambda: None
    assert post(key, "name=b", "k-1").json["error"]["type"] == "idempotency_error"
    assert post(key, idempotency_key="k-1").json["id"] == work.done[0]


def test_nothing_is_carried_out_that_could_not_be_noted(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def throttled(*_: Any, **__: Any) -> Any:
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, "PutItem")

    for function in ("get", "put"):
        with monkeypatch.context() as patch:
            patch.setattr(table, function, throttled)
            assert post(key, idempotency_key="k-1").status == 503
    assert work.done == []


def test_an_answer_that_could_not_be_kept_is_given_all_the_same(
    key: str, later: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def throttled(*_: Any, **__: Any) -> Any:
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, "UpdateItem")

    with monkeypatch.context() as patch:
        for function in ("complete", "delete", "give_back"):
            patch.setattr(table, function, throttled)
        first = post(key, idempotency_key="k-1")
        assert first.status == 200
        work.before = refuse(InvalidRequest("No."))
        assert post(key, idempotency_key="k-2").status == 400
        work.before = refuse(ClientError({"Error": {"Code": "ThrottlingException"}}, "PutItem"))
        assert post(key, idempotency_key="k-3").status == 503
        work.before = lambda: None
    later(HELD_SECONDS)
    assert post(key, idempotency_key="k-1").body == first.body
    assert post(key, idempotency_key="k-2").status == 200
    assert post(key, idempotency_key="k-3").status == 200


def test_a_write_whose_answer_was_lost_is_not_taken_for_another_request(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client repeats a put that it got no answer to, and is then told that the item is there: its own."""
    put = table.put

    def put_twice(*arguments: Any, **options: Any) -> Any:
        put(*arguments, **options)
        return put(*arguments, **options)

    monkeypatch.setattr(table, "put", put_twice)
    assert post(key, idempotency_key="k-1").status == 200
    assert len(work.done) == 1

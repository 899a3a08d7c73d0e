"""Which answers are kept, and for how long; requests at the same time, and functions that die."""

from __future__ import annotations

import io
import json
import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from runsheet.errors import InvalidRequest, NotFound, PermissionDenied
from runsheet.idempotency import table
from runsheet.idempotency.model import HELD_SECONDS, KEPT_SECONDS
from runsheet.runtime import clock
from runsheet.runtime.http import Request, Response, endpoint
from runsheet.runtime.observability import logger
from tests.lake import one_call_at_a_time
from tests.things import Died, Thing, die, is_replay, items, post, refuse, send_to, work

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.gateway import Answer

# A function that dies has counted nothing.
pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")

IN_USE = (
    "There is currently another in-progress request using this Idempotent Key (that probably means you submitted "
    "twice, and the other request is still going through): k-1. Please try again later."
)


# ---------------------------------------------------------------- what is kept, and for how long


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
    put = table.put

    def put_together(*arguments: Any, **options: Any) -> Any:
        together.wait(30)
        return put(*arguments, **options)

    def after_the_others() -> None:
        for _ in range(7):
            assert refused.acquire(timeout=30)

    def sent(_: int) -> Answer:
        answer = post(key, idempotency_key="k-1")
        refused.release()
        return answer

    monkeypatch.setattr(table, "put", put_together)
    work.before = after_the_others
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(sent, range(8)))
    assert sorted(answer.status for answer in answers) == [200] + [409] * 7
    assert len(work.done) == 1


# ---------------------------------------------------------------- a function that dies


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


def test_one_that_answers_at_the_last_moment_is_not_taken_over(
    key: str, later: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    take_over, complete = table.take_over, table.complete
    entered: list[Any] = []

    def complete_late(*arguments: Any, **options: Any) -> bool:
        entered.append((arguments, options))
        raise Died

    def take_over_later(*arguments: Any, **options: Any) -> Any:
        ((first, others),) = entered
        assert complete(*first, **others)
        return take_over(*arguments, **options)

    monkeypatch.setattr(table, "complete", complete_late)
    with pytest.raises(Died):
        post(key, idempotency_key="k-1")
    later(HELD_SECONDS)
    monkeypatch.setattr(table, "take_over", take_over_later)
    assert post(key, idempotency_key="k-1").status == 409
    assert post(key, idempotency_key="k-1").headers["idempotent-replayed"] == "true"
    assert len(work.done) == 1


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

    monkeypatch.setattr(table, "put", throttled)
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

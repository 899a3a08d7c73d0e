"""Operations made for the tests of idempotency keys, and how they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3

from runsheet.runtime.http import Request, Response, endpoint
from runsheet.runtime.model import FormText, Model
from runsheet.runtime.settings import settings
from tests.gateway import Answer, event, send

if TYPE_CHECKING:
    from collections.abc import Callable

THINGS = "/v1/things"


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

    done: list[str]
    before: Callable[[], None]
    after: Callable[[], None]

    def begin_anew(self) -> None:
        self.done = []
        self.before = self.after = lambda: None

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


def post(
    key: str, body: bytes | str = "name=a", idempotency_key: str | None = None, **headers: Any
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
    **headers: Any,
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


def refuse(error: Exception) -> Callable[[], None]:
    def raised() -> None:
        raise error

    return raised


def die() -> None:
    raise Died

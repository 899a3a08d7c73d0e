"""An SDK under test: a client program (clients/, node/) and what one asks of it, in the words of the contract."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from local.place import ROOT
from tests.conformance import installed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NAMES = ("python", "python_async", "python_2023", "node")
_WAIT_SECONDS = 60


class Answer(dict[str, Any]):
    """An object of the contract as the SDK gave it; of Python's also the classes of it and its fields."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        super().__init__(told["value"])
        self.headers: dict[str, str] = told.get("headers", {})
        self.classes: dict[str, str] | None = told.get("classes")


@dataclass(eq=False)
class Raised(Exception):
    """An error of the SDK's: its class (by the names of Python's) and what a program reads of it."""

    type: str
    status: int | None = None
    code: str | None = None
    param: str | None = None
    message: str | None = None
    request_id: str | None = None
    raw_type: str | None = None


class Sdk:
    """A running client program."""

    def __init__(self, name: str) -> None:
        """Start the one of a name out of NAMES."""
        self.name = name
        command, environment = _program(name)
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=_environment() | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def is_python(self) -> bool:
        return self.name != "node"

    def ask(self, do: str, **asked: Any) -> Any:
        """Have the program do one thing, and return what it answers."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, **asked}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the client ended: {self._process.wait()}"
        return json.loads(line)

    def version(self) -> str:
        return str(self.ask("version")["value"])

    def construct_event(self, payload: bytes, header: str, secret: str) -> Answer:
        """Verify a delivery and return its event."""
        asked = {"payload": payload.decode(), "header": header, "secret": secret}
        return _answer(self.ask("construct_event", **asked))

    def close(self) -> None:
        """End the program."""
        self._process.communicate()


@dataclass(frozen=True)
class Client:
    """An SDK with a key. Each method is one call of the SDK, made as its users make it.

    Attributes:
        retries: its setting; none, so that a test says where one is meant.
        options: `idempotency_key`, `stripe_account`.
    """

    sdk: Sdk
    base_url: str
    key: str
    retries: int = 0
    options: dict[str, str] = field(default_factory=dict)

    def with_options(self, **options: str) -> Client:
        return replace(self, options=options)

    def create(self, resource: str, **params: Any) -> Answer:
        return _answer(self._call(resource, "create", (), params))

    def create_at_once(self, times: int, resource: str, **params: Any) -> list[Answer]:
        """Send the same call several times, together."""
        return [_answer(told) for told in self._call(resource, "create", (), params, times)]

    def retrieve(self, resource: str, object_id: str, **params: Any) -> Answer:
        return _answer(self._call(resource, "retrieve", (object_id,), params))

    def update(self, resource: str, object_id: str, **params: Any) -> Answer:
        return _answer(self._call(resource, "update", (object_id,), params))

    def delete(self, resource: str, object_id: str) -> Answer:
        return _answer(self._call(resource, "delete", (object_id,), {}))

    def listed(self, resource: str, **params: Any) -> Answer:
        return _answer(self._call(resource, "list", (), params))

    def iterate(self, resource: str, **params: Any) -> list[str]:
        """Return the ids of the objects in the order of the SDK's automatic paging."""
        asked = {"resource": resource, "params": params, "options": self.options}
        found: list[str] = self.sdk.ask("iterate", **asked, **self._access())["value"]
        return found

    def stream(self, path: str) -> str:
        """Return the text of a raw request that is streamed, which Node's SDK alone can do."""
        return str(self.sdk.ask("stream", path=path, **self._access())["value"])

    def finished(self, run_id: str) -> dict[str, Any]:
        """Poll a run as the SDK's users do, and return it when it has ended.

        Node's have to do it by lists: retrieving a failed run throws there (contracts: v1, section 1.1).
        """
        deadline = time.monotonic() + _WAIT_SECONDS
        while time.monotonic() < deadline:
            if self.sdk.is_python:
                run: dict[str, Any] = self.retrieve("report_runs", run_id)
            else:
                newest = self.listed("report_runs", limit=30)["data"]
                (run,) = (found for found in newest if found["id"] == run_id)
            if run["status"] != "pending":
                return run
            time.sleep(0.15)
        raise AssertionError(f"{run_id} is still pending")

    def _call(
        self, resource: str, operation: str, ids: Sequence[str], params: dict[str, Any], times: int = 1
    ) -> Any:
        asked = {"resource": resource, "operation": operation, "ids": ids, "params": params, "times": times}
        return self.sdk.ask("call", **asked, options=self.options, **self._access())

    def _access(self) -> dict[str, Any]:
        return {"key": self.key, "base_url": self.base_url, "retries": self.retries}


def _answer(told: Any) -> Answer:
    if "raised" in told:
        raise Raised(**told["raised"])
    return Answer(told)


def _program(name: str) -> tuple[list[str], dict[str, str]]:
    if name == "node":
        program, folder = installed.node()
        return [program, str(folder / "client.mjs")], {}
    if name == "python_2023":
        return _python("python_module"), {"PYTHONPATH": str(installed.stripe_2023())}
    return _python(name), {}


def _python(name: str) -> list[str]:
    return [sys.executable, "-m", f"tests.conformance.clients.{name}"]


def _environment() -> dict[str, str]:
    """The environment without what would lead a client elsewhere."""
    aside = ("PYTHONPATH", "PYTHONWARNINGS")
    proxies = ("http_proxy", "https_proxy", "all_proxy")
    return {
        name: value for name, value in os.environ.items() if name not in aside and name.lower() not in proxies
    }

"""A network between a client and the stack that can be told to fail: a real HTTP proxy that counts what comes."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator

# What the proxy says for itself, or is about one connection alone.
_NOT_PASSED_ON = {
    "connection",
    "content-encoding",
    "content-length",
    "date",
    "host",
    "server",
    "transfer-encoding",
}


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request.

    Attributes:
        status: the answer in place of the stack's; None if the connection ends without one.
        carried_out: the stack has had the request, its answer is lost.
        headers: of the answer.
        code: of the answer's error.
    """

    status: int | None
    carried_out: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    code: str | None = None

    def answer(self) -> httpx.Response | None:
        if self.status is None:
            return None
        told = {"type": "api_error", "message": "Something is wrong."} | (
            {"code": self.code} if self.code else {}
        )
        return httpx.Response(self.status, headers=self.headers, json={"error": told})


@dataclass(frozen=True)
class Seen:
    """A request that came, and the status that the client was answered with; None if it got no answer."""

    method: str
    path: str
    headers: dict[str, str]
    status: int | None


@dataclass
class Proxy:
    """A running proxy: `faults` meet the next requests, one each; those after them pass."""

    url: str
    upstream: httpx.Client
    faults: list[Fault] = field(default_factory=list)
    requests: list[Seen] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def posts(self) -> list[Seen]:
        return [seen for seen in self.requests if seen.method == "POST"]

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> httpx.Response | None:
        """Pass a request on, or have it fail; None if it is to get no answer."""
        with self.lock:
            fault = self.faults.pop(0) if self.faults else None
        answer = None
        if fault is None or fault.carried_out:
            sent = {name: value for name, value in headers.items() if name not in _NOT_PASSED_ON}
            answer = self.upstream.request(method, path, content=body, headers=sent)
        if fault is not None:
            answer = fault.answer()
        # Noted before it is answered: the client's next step comes after.
        with self.lock:
            self.requests.append(Seen(method, path, headers, answer.status_code if answer else None))
        return answer


@contextmanager
def proxy(target: str) -> Iterator[Proxy]:
    """Run a proxy in front of a base address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._pass_on()

        def do_POST(self) -> None:
            self._pass_on()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = running.answer(self.command, self.path, headers, body)
            if answer is None:
                self.close_connection = True
                return
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                if name not in _NOT_PASSED_ON:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """Say nothing when the other side ends the connection."""

    server = Server(("127.0.0.1", 0), Handler)
    with httpx.Client(base_url=target, timeout=60, trust_env=False) as upstream:
        running = Proxy(f"http://127.0.0.1:{server.server_address[1]}", upstream)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield running
        server.shutdown()
        server.server_close()

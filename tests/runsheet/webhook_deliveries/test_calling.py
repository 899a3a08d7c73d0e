"""Calling an endpoint: real servers and sockets, and a resolver that lies."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from runsheet.runtime.settings import settings
from runsheet.webhook_deliveries import calling
from runsheet.webhook_endpoints.addresses import is_public
from tests.receiver import certificates, raw_server, receiver

if TYPE_CHECKING:
    from collections.abc import Callable
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

    from runsheet.webhook_deliveries.model import Attempt

NAME = "hooks.example.com"


@pytest.fixture
def local(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - it undoes them
    """The local stack, where addresses of this machine are allowed."""
    monkeypatch.setenv("ALLOW_LOCAL_WEBHOOKS", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:4566")
    settings.cache_clear()


@pytest.fixture
def resolver(aws: None, monkeypatch: pytest.MonkeyPatch) -> Resolver:  # noqa: ARG001 - no local addresses
    """A resolver that says what a test wants."""
    fake = Resolver()
    monkeypatch.setattr(socket, "getaddrinfo", fake)
    return fake


class Resolver:
    """Answers each lookup with the next list of addresses; the last of them from then on."""

    def __init__(self) -> None:
        self.answers: list[list[str]] = []
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, **_: Any) -> list[Any]:
        self.asked.append(host)
        addresses = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0))
            if ":" in address
            else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in addresses
        ]


@pytest.fixture
def loopback_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if 127.0.0.1 and ::1 were on the internet, and 127.0.0.2 were not."""
    monkeypatch.setattr(calling, "is_public", lambda one: str(one) in {"127.0.0.1", "::1"} or is_public(one))


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Make a certificate for some names by an authority that is trusted, in place of all others."""

    def make(*names: str, **options: Any) -> Path:
        authority, server = certificates(tmp_path, *names, **options)
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        calling._tls.cache_clear()
        return server

    return make


@pytest.fixture(autouse=True)
def _tls_as_before() -> Any:
    yield
    calling._tls.cache_clear()


def post(url: str) -> Attempt:
    return calling.post(url, b'{"id":"evt_1"}', {"Content-Type": "application/json", "X-One": "1"})


@pytest.mark.usefixtures("local")
def test_a_body_is_posted_as_it_is() -> None:
    with receiver() as running:
        attempt = post(f"{running.url}?a=b%20c")
    (request,) = running.requests
    assert (attempt.status_code, attempt.error) == (200, None)
    assert 0 <= attempt.duration_ms < 5000
    assert abs(attempt.at - time.time()) < 60
    assert (request.path, request.body) == ("/hook?a=b%20c", b'{"id":"evt_1"}')
    assert request.headers["host"] == f"127.0.0.1:{running.port}"
    assert request.headers["x-one"] == "1"
    assert request.headers["content-length"] == "14"
    assert request.headers["connection"] == "close"


@pytest.mark.usefixtures("local")
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (200, None),
        (201, None),
        (204, None),
        (299, None),
        (301, "It answered 301; redirects are not followed."),
        (304, "It answered 304; redirects are not followed."),
        (400, "It answered 400."),
        (410, "It answered 410."),
        (503, "It answered 503."),
    ],
)
def test_only_a_status_of_success_counts(status: int, error: str | None) -> None:
    with receiver() as running:
        running.answers = [status]
        attempt = post(running.url)
    assert (attempt.status_code, attempt.error) == (status, error)


@pytest.mark.usefixtures("local")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    def redirect_to(target: str) -> Callable[[BaseHTTPRequestHandler], None]:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            handler.send_header("Location", target)
            handler.end_headers()

        return answer

    with receiver() as elsewhere, receiver() as running:
        for target in (elsewhere.url, "http://169.254.169.254/latest/meta-data/"):
            running.answers = [redirect_to(target)]
            attempt = post(running.url)
            assert (attempt.status_code, attempt.error) == (
                status,
                f"It answered {status}; redirects are not followed.",
            )
    assert elsewhere.requests == []


# ---------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["169.254.169.254"],
        ["10.0.0.1"],
        ["100.64.0.1"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["::ffff:8.8.8.8"],
        ["fd00:ec2::254"],
        ["fe80::1%eth0"],
        ["224.0.0.1"],
        ["8.8.8.8", "127.0.0.1"],  # one of them suffices to be refused
        ["127.0.0.1", "8.8.8.8"],
    ],
)
def test_a_name_that_stands_for_an_address_that_is_not_public_is_not_called(
    addresses: list[str], resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolver.answers = [addresses]
    connected: list[Any] = []
    monkeypatch.setattr(calling._Connection, "_connected", lambda _, given: connected.append(given))
    attempt = post(f"https://{NAME}/")
    assert attempt.status_code is None
    assert attempt.error == "The name of the host does not stand for public addresses alone."
    assert connected == []
    assert not any(address in attempt.error for address in addresses)


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://example.com/", "The URL must be an https URL such as https://example.com/webhooks."),
        ("https://127.0.0.1/", "The URL must lead to a public address."),
        ("https://2130706433/", "The URL must have the name of a host, such as example.com."),
    ],
)
def test_a_url_that_is_no_longer_accepted_is_not_called(url: str, error: str) -> None:
    attempt = post(url)
    assert (attempt.status_code, attempt.error) == (None, error)


@pytest.mark.usefixtures("loopback_is_public")
def test_a_name_is_looked_up_once_and_the_checked_address_is_called(
    resolver: Resolver, trusted: Callable[..., Path]
) -> None:
    """DNS rebinding: the name stands for a public address when it is checked, and for a private one right after."""
    certificate = trusted(NAME)
    with receiver("127.0.0.1", certificate=certificate) as public:
        resolver.answers = [["127.0.0.1"], ["127.0.0.2"]]
        attempt = post(f"https://{NAME}:{public.port}/x")
        assert (attempt.status_code, attempt.error) == (200, None)
        assert resolver.asked == [NAME]
        again = post(f"https://{NAME}:{public.port}/x")
    assert again.error == "The name of the host does not stand for public addresses alone."
    (request,) = public.requests
    # TLS and HTTP are about the name, although the connection was made to an address.
    assert public.server_names == [NAME]
    assert request.headers["host"] == f"{NAME}:{public.port}"


@pytest.mark.usefixtures("loopback_is_public")
def test_the_usual_port_is_not_in_the_host_header(
    resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolver.answers = [["127.0.0.1"]]
    with receiver() as running:
        plain = socket.socket()
        plain.connect(("127.0.0.1", running.port))
        monkeypatch.setattr(calling._Connection, "_connected", lambda *_: plain)
        monkeypatch.setattr(calling, "_tls", _no_tls)
        assert post(f"https://{NAME}/").error is None
    assert running.requests[0].headers["host"] == NAME


class _no_tls:  # noqa: N801 - it stands for a function
    def wrap_socket(self, plain: socket.socket, *, server_hostname: str) -> socket.socket:
        assert server_hostname == NAME
        return plain


@pytest.mark.usefixtures("aws", "loopback_is_public")
def test_an_ipv6_address_in_the_url_is_called(
    trusted: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runsheet.webhook_endpoints.urls.is_public", lambda _: True)
    with receiver("::1", certificate=trusted("::1")) as running:
        attempt = post(f"https://[::1]:{running.port}/")
    assert attempt.error is None
    assert running.requests[0].headers["host"] == f"[::1]:{running.port}"


@pytest.mark.usefixtures("loopback_is_public")
def test_the_next_address_is_called_if_one_is_out_of_reach(
    resolver: Resolver, trusted: Callable[..., Path]
) -> None:
    with receiver("127.0.0.1", certificate=trusted(NAME)) as running:
        resolver.answers = [["::1", "127.0.0.1"]]
        assert post(f"https://{NAME}:{running.port}/").error is None


@pytest.mark.parametrize("answer", [[], None])
def test_a_name_that_cannot_be_resolved(
    answer: list[str] | None, resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang(*_: Any, **__: Any) -> None:
        time.sleep(1)

    if answer is None:
        monkeypatch.setattr(socket, "getaddrinfo", hang)
        monkeypatch.setattr(calling, "LIMIT_SECONDS", 0.2)
        expected = "It did not answer within 0.2 seconds."
    else:
        resolver.answers = [answer]
        expected = "The name of the host could not be resolved."
    attempt = post(f"https://{NAME}/")
    assert (attempt.status_code, attempt.error) == (None, expected)
    assert attempt.duration_ms < 900


# ---------------------------------------------------------------- TLS


@pytest.mark.usefixtures("loopback_is_public")
@pytest.mark.parametrize(
    ("names", "options", "error"),
    [
        (["other.example.com"], {}, "Hostname mismatch, certificate is not valid for 'hooks.example.com'"),
        (["127.0.0.1"], {}, "Hostname mismatch, certificate is not valid for 'hooks.example.com'"),
        ([NAME], {"valid": False}, "certificate has expired"),
    ],
)
def test_a_certificate_of_another_name_or_time_is_refused(
    names: list[str], options: dict[str, Any], error: str, resolver: Resolver, trusted: Callable[..., Path]
) -> None:
    resolver.answers = [["127.0.0.1"]]
    with receiver(certificate=trusted(*names, **options)) as running:
        attempt = post(f"https://{NAME}:{running.port}/")
    assert (attempt.status_code, attempt.error) == (
        None,
        f"Its TLS certificate is not accepted: {error}.",
    )
    assert running.requests == []


@pytest.mark.usefixtures("loopback_is_public")
def test_a_certificate_that_nobody_vouches_for_is_refused(resolver: Resolver, tmp_path: Path) -> None:
    resolver.answers = [["127.0.0.1"]]
    _, certificate = certificates(tmp_path, NAME)
    with receiver(certificate=certificate) as running:
        attempt = post(f"https://{NAME}:{running.port}/")
    assert attempt.error is not None
    assert attempt.error.startswith("Its TLS certificate is not accepted: ")
    assert running.requests == []


@pytest.mark.usefixtures("local")
def test_a_server_without_tls_gets_nothing_over_https() -> None:
    with receiver() as running:
        attempt = post(f"https://127.0.0.1:{running.port}/")
    assert attempt.error is not None
    assert attempt.error.startswith("TLS failed (")
    assert running.requests == []


# ---------------------------------------------------------------- hostile servers


def _drip(*, every: float, head: bytes = b"", piece: bytes = b"x") -> Callable[[socket.socket], None]:
    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(head)
        while True:
            connection.sendall(piece)
            time.sleep(every)

    return serve


def _silent(connection: socket.socket) -> None:
    connection.recv(65536)
    time.sleep(5)


OK = b"HTTP/1.1 200 OK\r\n"
SLOW = {
    "no answer": (_silent, None),
    "a head that drips": (_drip(every=0.05, head=OK + b"X-Drip: "), 200),
    "heads without end": (_drip(every=0.05, piece=b"HTTP/1.1 100 Continue\r\n\r\n"), None),
    "a body that drips": (_drip(every=0.05, head=OK + b"Content-Length: 60000\r\n\r\n"), 200),
    "a body that drips and ends the connection": (
        _drip(every=0.05, head=OK + b"Connection: close\r\n\r\n"),
        200,
    ),
    "chunks that drip": (
        _drip(every=0.05, head=OK + b"Transfer-Encoding: chunked\r\n\r\n", piece=b"1\r\nx\r\n"),
        200,
    ),
}


@pytest.mark.usefixtures("local")
@pytest.mark.parametrize("kind", SLOW)
def test_a_slow_answer_is_given_up_in_time_whatever_is_slow(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "LIMIT_SECONDS", 0.6)
    serve, status = SLOW[kind]
    with raw_server(serve) as port:
        attempt = post(f"http://127.0.0.1:{port}/")
    assert (attempt.status_code, attempt.error) == (status, "It did not answer within 0.6 seconds.")
    assert 500 <= attempt.duration_ms < 1500
    for timer in [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]:
        timer.join(0.3)  # a cancelled one ends by itself, a moment later
        assert not timer.is_alive()


@pytest.mark.usefixtures("loopback_is_public")
@pytest.mark.parametrize("handshake", [True, False])
def test_a_slow_answer_over_tls_is_given_up_in_time(
    resolver: Resolver,
    trusted: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    *,
    handshake: bool,
) -> None:
    monkeypatch.setattr(calling, "LIMIT_SECONDS", 0.8)
    resolver.answers = [["127.0.0.1"]]
    if handshake:
        # A record of 16 kB that never ends.
        with raw_server(_drip(every=0.05, head=b"\x16\x03\x03\x3f\xff")) as port:
            attempt = post(f"https://{NAME}:{port}/")
    else:

        def drip(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
            for _ in range(100):
                handler.wfile.write(b"x")
                time.sleep(0.05)

        with receiver(certificate=trusted(NAME)) as running:
            running.answers = [drip]
            attempt = post(f"https://{NAME}:{running.port}/")
    assert attempt.error == "It did not answer within 0.8 seconds."
    assert attempt.duration_ms < 1600


@pytest.mark.usefixtures("local")
def test_a_large_answer_is_read_up_to_its_limit() -> None:
    sent = [0]

    def flood(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(OK + b"Content-Length: 1000000000\r\n\r\n")
        while True:
            sent[0] += connection.send(b"x" * 65536)

    with raw_server(flood) as port:
        attempt = post(f"http://127.0.0.1:{port}/")
        time.sleep(0.2)
        sent_at_the_end = sent[0]
        time.sleep(0.2)
    assert (attempt.status_code, attempt.error) == (200, None)
    assert sent[0] == sent_at_the_end < 20_000_000  # what the kernel takes in between, and no more


@pytest.mark.usefixtures("local")
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n", "Its answer was not HTTP."),
        (b"HTTP/1.1 abc\r\n\r\n", "Its answer was not HTTP."),
        (b"HTTP/1.1 99 Low\r\n\r\n", "Its answer was not HTTP."),
        (OK + b"X: " + b"x" * 100_000, "Its answer was not HTTP."),
        (OK + b"X: 1\r\n" * 200, "Its answer was not HTTP."),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", "Its answer was not HTTP."),
        (b"", "It closed the connection without an answer."),
    ],
)
def test_an_answer_that_is_none(answer: bytes, error: str) -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)

    with raw_server(serve) as port:
        attempt = post(f"http://127.0.0.1:{port}/")
    assert attempt.error == error


@pytest.mark.usefixtures("local")
def test_a_port_where_nobody_listens() -> None:
    with raw_server(_silent) as port:
        pass
    attempt = post(f"http://127.0.0.1:{port}/")
    assert (attempt.status_code, attempt.error) == (None, "It refused the connection.")


@pytest.mark.usefixtures("local")
def test_proxies_of_the_environment_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as proxy, receiver() as running:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert post(running.url).error is None
    assert proxy.requests == []


@pytest.mark.usefixtures("local")
@pytest.mark.parametrize(
    ("status", "header", "seconds"),
    [(503, "120", 120), (429, "120", 120), (503, None, None), (500, "120", None), (200, "120", None)],
)
def test_an_endpoint_that_is_busy_says_when_to_come_again(
    status: int, header: str | None, seconds: int | None
) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        if header is not None:
            handler.send_header("Retry-After", header)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with receiver() as running:
        running.answers = [answer]
        attempt = post(running.url)
    assert attempt.status_code == status
    if seconds is None:
        assert attempt.retry_after is None
    else:
        assert attempt.retry_after is not None
        assert abs(attempt.retry_after - attempt.at - seconds) <= 5
    assert "retry_after" not in attempt.as_dict()


MARCH = 1_772_323_200  # 2026-03-01T00:00:00Z, a Sunday


@pytest.mark.parametrize(
    ("header", "at"),
    [
        ("1", MARCH + 1),
        (" 3600 ", MARCH + 3600),
        ("999999999", MARCH + 999_999_999),
        ("Sun, 01 Mar 2026 00:02:00 GMT", MARCH + 120),
        ("Sunday, 01-Mar-26 00:02:00 GMT", MARCH + 120),
        ("Sun Mar  1 00:02:00 2026", MARCH + 120),
        ("Sun, 01 Mar 2026 00:02:00", MARCH + 120),
        ("Sat, 28 Feb 2026 23:00:00 GMT", None),
        ("0", None),
        ("-5", None),
        ("1.5", None),
        ("120, 240", None),
        ("1000000000", None),
        ("\u0661\u0662", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("Sun, 99 Mar 2026 00:02:00 GMT", None),
        ("Sun, 01 Mar 99999999 00:02:00 GMT", None),
        ("Sun, 01 Mar 0000 00:02:00 GMT", None),
        ("Sun, 01 Mar 9999 23:59:59 -9999", None),
        ("(" * 60_000, None),
        ("9" * 60_000, None),
    ],
)
def test_a_retry_after_is_seconds_or_a_date_and_else_nothing(header: str | None, at: int | None) -> None:
    assert calling.asked_for(header, now=MARCH) == at

"""Call an endpoint: one POST to one public address, within ten seconds in all; no redirect is followed.

The name is looked up once, every address that it stands for is checked, and the connection goes to one of these: a name
that changes between check and connection leads nowhere else. `http.client` speaks HTTP and `ssl` TLS, for the name in the
URL; environment variables for proxies mean nothing to them.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from runsheet.runtime import clock
from runsheet.webhook_deliveries.model import Attempt
from runsheet.webhook_endpoints import urls
from runsheet.webhook_endpoints.addresses import is_public

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runsheet.webhook_endpoints.urls import Target

LIMIT_SECONDS = 10.0
MAX_ANSWER_BYTES = 64 * 1024
# The answers that say when to come again.
_BUSY = frozenset({429, 503})
_SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)
_MAX_DATE = 64
# The resolver has no timeout of its own that could be relied upon; a lookup that hangs is left behind.
_lookups = ThreadPoolExecutor(8, thread_name_prefix="lookup")


class Unanswered(Exception):
    """The call came to no answer that counts; the message says why, in a sentence for the customer."""


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Attempt:
    """Send a body and return what came of it; whatever the other side does, nothing is raised."""
    at, started = clock.seconds(), time.monotonic()
    deadline = started + LIMIT_SECONDS
    status: int | None = None
    error: str | None = None
    retry_after: int | None = None
    try:
        connection = _Connection(urls.target(url), deadline)
        try:
            status = connection.post(body, headers)
            error = _refusal(status)
        finally:
            status, retry_after = connection.status, connection.retry_after
            connection.close()
    except urls.UnusableUrl as unusable:
        error = f"The URL {unusable}."
    except (OSError, http.client.HTTPException, Unanswered) as failure:
        error = _in_words(failure)
    if time.monotonic() >= deadline:
        error = f"It did not answer within {LIMIT_SECONDS:g} seconds."
    return Attempt(at, status, round((time.monotonic() - started) * 1000), error, retry_after)


class _Connection(http.client.HTTPConnection):
    """A connection to a checked address of the target, that ends at the deadline whatever is under way."""

    def __init__(self, target: Target, deadline: float) -> None:
        super().__init__(target.host, target.port)
        self.default_port = 443 if target.https else 80  # the one that the Host header leaves out
        self.status: int | None = None
        self.retry_after: int | None = None
        self._target = target
        self._deadline = deadline
        # http.client lets its own reference go as soon as the head of an answer says that the connection ends.
        self._connection: socket.socket | None = None

    def connect(self) -> None:
        """Connect to the first of the target's addresses that takes the connection."""
        plain = self._connected(_checked_addresses(self._target, self._left()))
        plain.settimeout(self._left())
        # The handshake as a whole ends with the timeout.
        self.sock = (
            _tls().wrap_socket(plain, server_hostname=self._target.host) if self._target.https else plain
        )
        self.sock.settimeout(self._left())
        self._connection = self.sock

    def post(self, body: bytes, headers: Mapping[str, str]) -> int:
        """Send the body, read the answer up to MAX_ANSWER_BYTES, and return its status."""
        self.connect()
        # A timeout of the socket counts from the last byte: against one byte a second only this helps.
        watch = threading.Timer(self._left(), self._abort)
        watch.daemon = True
        watch.start()
        try:
            self.request("POST", self._target.path, body, {**headers, "Connection": "close"})
            with self.getresponse() as answer:
                self.status = answer.status
                if answer.status in _BUSY:
                    self.retry_after = asked_for(answer.getheader("Retry-After"), now=clock.seconds())
                answer.read(MAX_ANSWER_BYTES)
                return answer.status
        finally:
            watch.cancel()

    def _connected(self, addresses: Sequence[tuple[Any, Any]]) -> socket.socket:
        failure: OSError | None = None
        for number, (family, address) in enumerate(addresses):
            plain = socket.socket(family, socket.SOCK_STREAM)
            try:
                # One that is out of reach leaves time for the others.
                plain.settimeout(self._left() / (len(addresses) - number))
                plain.connect(address)
            except OSError as failed:
                plain.close()
                failure = failed
            else:
                return plain
        raise failure or Unanswered("The name of the host stands for no address.")

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def _abort(self) -> None:
        """End whatever waits for the socket, by another thread."""
        if self._connection is not None:
            with suppress(OSError):
                # Not SSLSocket's own, which takes the TLS state away from the thread that uses it.
                socket.socket.shutdown(self._connection, socket.SHUT_RDWR)


def asked_for(retry_after: str | None, *, now: int) -> int | None:
    """Return when a receiver asked to be called again, in unix seconds, by its `Retry-After` (RFC 9110, 10.2.3).

    It is a number of seconds or an HTTP date. None for what is neither, and for what is over at `now`.
    """
    text = (retry_after or "").strip()
    if _SECONDS.fullmatch(text):
        return now + int(text) if int(text) else None
    try:
        moment = parsedate_to_datetime(text[:_MAX_DATE])
        at = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return at if at > now else None


def _checked_addresses(target: Target, timeout: float) -> list[tuple[Any, Any]]:
    """Return family and address of each that the name stands for.

    Raises:
        Unanswered: there is none, or one of them is not public.
    """
    lookup = _lookups.submit(socket.getaddrinfo, target.host, target.port, type=socket.SOCK_STREAM)
    try:
        found = lookup.result(timeout)
    except (socket.gaierror, UnicodeError):
        raise Unanswered("The name of the host could not be resolved.") from None
    if not urls.local_allowed():
        for *_, address in found:
            if not is_public(ip_address(address[0])):
                raise Unanswered("The name of the host does not stand for public addresses alone.")
    return [(family, address) for family, _, _, _, address in found]


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _refusal(status: int) -> str | None:
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return f"It answered {status}; redirects are not followed."
    return f"It answered {status}."


def _in_words(failure: Exception) -> str:
    match failure:
        case Unanswered():
            return str(failure)
        case TimeoutError():
            return "It did not answer in time."
        case ssl.SSLCertVerificationError():
            return f"Its TLS certificate is not accepted: {failure.verify_message.rstrip('.')}."
        case ssl.SSLError():
            return f"TLS failed ({failure.reason or 'closed'})."
        case ConnectionRefusedError():
            return "It refused the connection."
        case ConnectionError():
            return "It closed the connection without an answer."
        case http.client.HTTPException():
            return "Its answer was not HTTP."
        case _:
            return "It could not be reached."

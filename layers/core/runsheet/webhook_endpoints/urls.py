"""The URL of a webhook endpoint: what is accepted, and what of it is connected to.

One reading serves both the check and the connection, so that no second one can see another host in it. What a name
stands for is looked up when an event is delivered, and checked then (`webhook_deliveries.calling`).
"""

from __future__ import annotations

import os
import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from runsheet.runtime.settings import settings
from runsheet.webhook_endpoints.addresses import is_public

MAX_LENGTH = 2048
_CHARACTERS = re.compile(
    r"[!-\[\]-~]+", re.ASCII
)  # printable and no space; no backslash, which some read as a slash
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*", re.ASCII)
# What a resolver takes for an IPv4 address: 2130706433, 0x7f.1, 0177.0.0.1.
_NUMBER = re.compile(r"([0-9]+|0x[0-9a-f]*)", re.ASCII)
_MAX_NAME_LENGTH = 253
# Top-level names that the internet does not have.
_LOCAL_NAMES = frozenset({"internal", "local", "localhost"})


class UnusableUrl(ValueError):
    """Nothing is delivered to this URL; the message says what is allowed."""


class Target(NamedTuple):
    """Where a URL leads: `path` has the query in it, `host` is a name or an address without brackets."""

    https: bool
    host: str
    port: int
    path: str


def local_allowed() -> bool:
    """Return whether http and addresses of this machine are allowed: by the setting, and on the local stack only.

    A setting alone would open a deployment's own network by a slip; only the local stack names an endpoint of AWS.
    """
    return settings().allow_local_webhooks == "true" and "AWS_ENDPOINT_URL" in os.environ


def target(url: str) -> Target:
    """Return where a URL leads.

    Raises:
        UnusableUrl: it is no https URL of a host on the internet, as far as its text tells.
    """
    if len(url) > MAX_LENGTH:
        raise UnusableUrl(f"must be at most {MAX_LENGTH} characters")
    if not _CHARACTERS.fullmatch(url):
        raise UnusableUrl("must be ASCII without spaces: write a name of another script as xn--…")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise UnusableUrl("must be an https URL such as https://example.com/webhooks") from None
    schemes = ("https", "http") if local_allowed() else ("https",)
    if parts.scheme not in schemes or not host or port == 0:
        raise UnusableUrl("must be an https URL such as https://example.com/webhooks")
    if "@" in parts.netloc:
        raise UnusableUrl("must not hold a user name or a password")
    if parts.fragment:
        raise UnusableUrl("must not have a fragment (#…)")
    if "[" in parts.netloc and _literal(host) is None:
        raise UnusableUrl("must have an IPv6 address in its brackets")
    _check_host(host)
    path = parts.path or "/"
    return Target(
        https=parts.scheme == "https",
        host=host,
        port=port or (443 if parts.scheme == "https" else 80),
        path=f"{path}?{parts.query}" if parts.query else path,
    )


def _check_host(host: str) -> None:
    address = _literal(host)
    if address is not None:
        if not is_public(address) and not local_allowed():
            raise UnusableUrl("must lead to a public address")
        return
    last = host.rpartition(".")[2]
    if len(host) > _MAX_NAME_LENGTH or not _NAME.fullmatch(host) or _NUMBER.fullmatch(last):
        raise UnusableUrl("must have the name of a host, such as example.com")
    if ("." not in host or last in _LOCAL_NAMES) and not local_allowed():
        raise UnusableUrl("must lead to a host on the internet")


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None

"""Addresses as SMTP takes them."""

from __future__ import annotations

import re
from email.headerregistry import Address

_MAX_LENGTH = 254
_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}", re.ASCII)
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)


class Undeliverable(Exception):
    """No attempt will ever bring this mail to its recipient; the text says why."""


def to_ascii(email: str) -> str:
    """Return an address with its domain in punycode.

    Raises:
        Undeliverable: it is no address, or its part before the @ needs SMTPUTF8, which SES does not speak.
    """
    local, at, domain = email.rpartition("@")
    if not at or not _LOCAL.fullmatch(local) or local[0] == "." or local[-1] == "." or ".." in local:
        raise Undeliverable("The part before the @ is not one that mail can be sent to (only ASCII letters).")
    try:
        ascii_domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        ascii_domain = ""
    address = f"{local}@{ascii_domain}"
    if not _DOMAIN.fullmatch(ascii_domain) or len(address) > _MAX_LENGTH:
        raise Undeliverable("The part behind the @ is not a domain that mail can be sent to.")
    return address


def header_address(email: str, name: str = "") -> Address:
    """Return an address for a header.

    Raises:
        Undeliverable: see `to_ascii`.
    """
    return Address(display_name=name, addr_spec=to_ascii(email))

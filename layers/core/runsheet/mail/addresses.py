"""Addresses as SMTP takes them."""

from __future__ import annotations

from email.errors import MessageError
from email.headerregistry import Address

from runsheet.email_addresses import InvalidAddress, sendable


class Undeliverable(Exception):
    """No attempt will ever bring this mail to its recipient; the text says why."""


def to_ascii(email: str) -> str:
    """Return an address with its domain in punycode.

    Raises:
        Undeliverable: it is none, or its part before the @ needs SMTPUTF8, which SES does not speak.
    """
    try:
        return sendable(email)
    except InvalidAddress as invalid:
        raise Undeliverable(f"No mail can be sent to this address: {invalid}.") from None


def header_address(email: str, name: str = "") -> Address:
    """Return an address for a header.

    Raises:
        Undeliverable: see `to_ascii`.
    """
    try:
        return Address(display_name=name, addr_spec=to_ascii(email))
    except (MessageError, ValueError):
        raise Undeliverable("No mail can be sent to this address: it cannot stand in a header.") from None

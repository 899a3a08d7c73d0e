"""E-mail addresses: which are accepted, and how they go into a mail's headers. No DNS is asked.

email-validator is imported at the first use: functions that only read addresses start without it.
"""

from __future__ import annotations

MAX_LENGTH = 254


class InvalidAddress(ValueError):
    """The address cannot be written to; the message says why without quoting it."""


def checked(address: str) -> str:
    """Return the address as it was given.

    Domains of other scripts are taken (`a@exämple.com`); the part before the @ must be ASCII, because SES and many
    servers take no other.

    Raises:
        InvalidAddress: it is no address of 1 to 254 characters that a mail can be sent to.
    """
    if not 1 <= len(address) <= MAX_LENGTH:
        raise InvalidAddress(f"An e-mail address has 1 to {MAX_LENGTH} characters")
    if "=?" in address:
        # Begins an encoded word: the standard library would not put it into a header as it is.
        raise InvalidAddress("An e-mail address cannot hold '=?'")
    sendable(address)
    return address


def sendable(address: str) -> str:
    """Return the address in ASCII, its domain as punycode: `a@xn--exmple-cua.com`.

    Raises:
        InvalidAddress: it is none.
    """
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - see above

    try:
        valid = validate_email(address, check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError as wrong:
        # The library quotes the characters that it minds; a message here repeats nothing.
        raise InvalidAddress(str(wrong).partition(": ")[0].removesuffix(".")) from None
    ascii_address = valid.ascii_email or ""
    if len(ascii_address) > MAX_LENGTH:
        raise InvalidAddress(f"An e-mail address has at most {MAX_LENGTH} characters as ASCII")
    return ascii_address


def folded(address: str) -> str:
    """Return what equals for two ways of writing one address: its domain as punycode, all in lower case.

    Raises:
        InvalidAddress: it is none, as far as that matters here.
    """
    return (address if address.isascii() else sendable(address)).lower()

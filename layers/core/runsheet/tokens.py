"""Secrets that stand in a link: whoever has the link may use it, and only their hash is stored."""

from __future__ import annotations

import hashlib
import hmac
import re

from runsheet.ids import base62, random_digits

_DIGITS = 43  # 62^43 > 2^256
_FORM = re.compile(rf"[0-9A-Za-z]{{{_DIGITS}}}", re.ASCII)


def new_token() -> str:
    """Return a new random token of 256 bits, of letters and digits: no mail client breaks it."""
    return random_digits(_DIGITS)


def derived_token(key: bytes, text: str) -> str:
    """Return the token of `text`: always the same, of new_token's form, and beyond guessing without the key."""
    digest = hmac.digest(key, text.encode(), "sha256")
    return base62(int.from_bytes(digest, "big"), _DIGITS)


def hash_of(token: str) -> str:
    """Return what is stored of a token. A plain SHA-256 suffices: nobody guesses 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


def plausible(token: str) -> bool:
    """Return whether `token` could be one; what could not need not be looked up."""
    return _FORM.fullmatch(token) is not None

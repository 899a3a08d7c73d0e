"""What a caller sends to say who they are: the Authorization header, read without trusting it.

Three forms are read on every route, whichever contract it speaks (v1 section 5, usage section 2.1):
`Bearer <token>`, `Basic <token>:` and `Basic <access id>:<access key>`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field
from typing import Literal

from runsheet.api_keys import model

# Wider than the tokens we make, so that the answer to one with a digit lost still names it by its last four.
_TOKEN = re.compile(r"[sr]k_(?:test|live)_[0-9A-Za-z]{16,255}")
_PUBLISHABLE = re.compile(r"pk_(?:test|live)_.*", re.DOTALL)
_PAIR = re.compile(r"su[0-9A-Za-z]{12}:.*", re.DOTALL)
_STARS = "*" * 16


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential as it was sent: one of ours by its looks, not more.

    Attributes:
        form: `token`, `pair`, `publishable` (a token that must not reach a server) or `other` (not ours).
        secret: the token, or `<access id>:<access key>`. Kept out of the repr, so that no log shows it.
    """

    form: Literal["token", "pair", "publishable", "other"]
    secret: str = field(default="", repr=False)

    @property
    def secret_hash(self) -> str:
        """Hex SHA-256 of the secret: its key in the table."""
        return secret_hash(self.secret)

    @property
    def shown(self) -> str:
        """What a message may tell of it: a token's prefix and last four digits, an access id, else stars."""
        match self.form:
            case "token":
                return model.hint(self.secret)
            case "pair":
                return self.secret.partition(":")[0]
            case _:
                return _STARS


def secret_hash(secret: str) -> str:
    """Return the hex SHA-256 of a secret.

    A fast hash without salt is right for 256 random bits: there is no dictionary to try. It also settles
    timing: the table is searched by the hash, whose digits a caller can neither choose nor learn from.
    """
    return hashlib.sha256(secret.encode()).hexdigest()


def parse(authorization: str | None) -> Credential | None:
    """Return the credential of an Authorization header; None if it holds none.

    A header without a known scheme counts as none, because the answer to that says how to send a key. Never
    raises: what cannot be read is `other`.
    """
    scheme, _, rest = (authorization or "").strip().partition(" ")
    match scheme.lower():
        case "bearer":
            return _credential(rest.strip())
        case "basic":
            return _basic(rest.strip())
        case _:
            return None


def _basic(encoded: str) -> Credential | None:
    digits = encoded.rstrip("=")  # some clients leave the padding out
    try:
        text = base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return Credential("other")
    user, _, password = text.partition(":")
    if _PAIR.fullmatch(text):
        return Credential("pair", text)
    if password and not user:
        return Credential("other")
    # A token is the whole secret, so whatever stands in place of its password is ignored.
    return _credential(user)


def _credential(token: str) -> Credential | None:
    if not token:
        return None
    if _TOKEN.fullmatch(token):
        return Credential("token", token)
    if _PUBLISHABLE.fullmatch(token):
        return Credential("publishable", token)
    return Credential("other")

"""Tells whose key a request carries. Every function that answers requests imports this, and no more of the keys."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from runsheet.api_keys import table
from runsheet.api_keys.cache import LIFETIME, Cache
from runsheet.errors import AuthenticationFailed
from runsheet.runtime import clock

if TYPE_CHECKING:
    from datetime import datetime

    from runsheet.api_keys.credential import Credential
    from runsheet.api_keys.model import ApiKey

_MISSING = (
    "You did not provide an API key. You need to provide your API key in the Authorization header, using "
    "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See "
    "https://stripe.com/docs/api#authentication for details, or we can help at https://support.stripe.com/."
)
_PUBLISHABLE = "This API call cannot be made with a publishable API key. Please use a secret API key."

_log = logging.getLogger(__name__)
_cache: Cache[ApiKey] = Cache()


def authenticate(credential: Credential | None) -> ApiKey:
    """Return the key that the credential is, from this process's cache or the table, and note its use.

    A key revoked elsewhere goes on working for at most 60 s. What is refused is not cached: a key works from
    the moment of its creation.

    Raises:
        AuthenticationFailed: none given, publishable, unknown, or revoked (contracts: v1, section 5).
    """
    if credential is None:
        raise AuthenticationFailed(_MISSING)
    if credential.form == "publishable":
        raise AuthenticationFailed(_PUBLISHABLE, code="secret_key_required")
    if credential.form == "other":
        raise _invalid(credential)
    now = clock.now()
    hashed = credential.secret_hash
    cached = _cache.get(hashed, now)
    if cached is not None:
        return cached
    key = table.get(hashed)
    if key is None:
        raise _invalid(credential)
    if key.revoked_at is not None:
        raise AuthenticationFailed(f"Expired API Key provided: {credential.shown}", code="api_key_expired")
    _cache.put(hashed, key, now)
    _note_use(key, hashed, now)
    return key


def forget_cached_keys() -> None:
    """Empty this process's cache, as a new container has it."""
    _cache.clear()


def _invalid(credential: Credential) -> AuthenticationFailed:
    return AuthenticationFailed(f"Invalid API Key provided: {credential.shown}")


def _note_use(key: ApiKey, hashed: str, now: datetime) -> None:
    # Only keys fresh from the table come here, so a process writes at most once a minute and key; the
    # condition of the write holds the processes together.
    due = now - LIFETIME
    if key.last_used_at is not None and key.last_used_at > due:
        return
    try:
        table.used(hashed, now, unless_after=due)
    except (BotoCoreError, ClientError):
        _log.warning("the last use of a key was not noted", extra={"key_id": key.id}, exc_info=True)

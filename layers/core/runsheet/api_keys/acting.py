"""A key of an organisation that acts for one of its child organisations (contracts: v1, section 5, Stripe-Account)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runsheet import ids
from runsheet.api_keys.cache import Cache
from runsheet.errors import PermissionDenied
from runsheet.runtime import clock
from runsheet.tenancy import Tenant

if TYPE_CHECKING:
    from runsheet.api_keys.model import ApiKey

# The parents of child organisations: an organisation never gets another one.
_parents: Cache[str] = Cache()


def tenant_of(key: ApiKey, account: str | None) -> Tenant:
    """Return whose data a request is about: the key's own organisation's, or `account`'s, in the key's mode.

    Args:
        key: the caller's.
        account: the id of a child of the key's organisation; None for itself.

    Raises:
        PermissionDenied: there is no such child; the same for another organisation's. Answering with the key's own
            data instead would hand the caller the wrong account's numbers.
    """
    if account is None:
        return key.tenant
    if not ids.plausible("org", account) or _parent_of(account) != key.organisation_id:
        raise PermissionDenied(
            f"The provided key '{key.hint}' does not have access to account '{account[:100]}' (or that account does "
            "not exist). Application access may have been revoked.",
            code="account_invalid",
        )
    return Tenant(account, key.mode)


def forget_cached_parents() -> None:
    """Empty this process's cache, as a new container has it."""
    _parents.clear()


def _parent_of(organisation_id: str) -> str | None:
    # Imported here: most requests name no account, and most functions read no organisation.
    from runsheet.organisations import table  # noqa: PLC0415

    now = clock.now()
    cached = _parents.get(organisation_id, now)
    if cached is not None:
        return cached
    organisation = table.get(organisation_id)
    if organisation is None or organisation.parent_id is None:
        return None
    _parents.put(organisation_id, organisation.parent_id, now)
    return organisation.parent_id

"""Make, list and revoke keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runsheet import ids
from runsheet.api_keys import table
from runsheet.api_keys.credential import secret_hash
from runsheet.api_keys.model import ApiKey, checked_permissions, new_secret
from runsheet.errors import missing
from runsheet.names import display_name
from runsheet.organisations import service as organisations
from runsheet.runtime import clock

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runsheet.api_keys.model import Kind
    from runsheet.tenancy import Tenant


def create(
    tenant: Tenant, kind: Kind, name: str, permissions: Iterable[str] | None = None
) -> tuple[ApiKey, str]:
    """Store a new key and return it with its secret, which is not kept and cannot be had again.

    The secret of kind `access` is `<access id>:<access key>`.

    Raises:
        NotFound: there is no such organisation.
        InvalidRequest: the name or the permissions are invalid.
    """
    organisations.get(tenant.organisation_id)
    now = clock.now().replace(microsecond=0)
    secret, hint = new_secret(kind, tenant.mode)
    key = ApiKey(
        id=ids.new_id("key", now),
        organisation_id=tenant.organisation_id,
        mode=tenant.mode,
        kind=kind,
        permissions=checked_permissions(kind, permissions),
        name=display_name(name),
        hint=hint,
        created=now,
    )
    table.put(key, secret_hash(secret))
    return key, secret


def of_organisation(organisation_id: str) -> list[ApiKey]:
    """Return the organisation's keys of both modes, oldest first, those revoked included.

    Raises:
        NotFound: there is no such organisation.
    """
    organisations.get(organisation_id)
    return list(table.of_organisation(organisation_id))


def revoke(organisation_id: str, key_id: str) -> ApiKey:
    """Revoke the key, for good; one revoked before keeps its time. Works everywhere within 60 s.

    Raises:
        NotFound: the organisation has no such key.
    """
    key = table.revoke(organisation_id, key_id, clock.now())
    if key is None:
        raise missing("api_key", key_id)
    return key

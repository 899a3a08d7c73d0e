"""An API key and the secrets it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from runsheet.errors import InvalidRequest, PermissionDenied
from runsheet.ids import random_digits
from runsheet.tenancy import Tenant

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from runsheet.tenancy import Mode

Kind = Literal["secret", "restricted", "access"]

# What a key can be restricted to. The first name is the v1 contract's (section 1.4); it covers creating runs.
PERMISSIONS = {
    "report_runs_and_report_types_read": "create, retrieve and list report runs, of account usage too; read report types",
    "files_read": "retrieve and list files, and download them",
    "file_links_read": "retrieve and list file links, whose addresses open the files",
    "file_links_write": "create and update file links",
    "datasets_read": "retrieve datasets and uploads",
    "datasets_write": "send and delete records, start uploads, and say up to when a dataset is complete",
    "account_usage_read": "export account usage, its forecast and the account's status; creating an export is reading",
    "report_configs_read": "retrieve and list report configs, what they sent and when they send next",
    "report_configs_write": "create, update and delete report configs, and send their reports",
    "events_read": "retrieve and list events",
    "webhook_endpoints_read": "retrieve and list webhook endpoints, and what was delivered to them",
    "webhook_endpoints_write": "create, update and delete webhook endpoints, rotate their secrets, and send again",
}

_PREFIXES = {"secret": "sk", "restricted": "rk"}
# 62^43 > 2^256. An access id has the length that clients of the usage contract expect, an access key theirs.
_TOKEN_DIGITS = 43
_ACCESS_ID_DIGITS = 12
_ACCESS_KEY_DIGITS = 64


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A stored key. The secret itself is not kept.

    Attributes:
        id: `key_…`, ordered by creation.
        organisation_id: whose data it opens.
        mode: `live` or `test`; the two share no data.
        kind: `secret` (`sk_…`), `restricted` (`rk_…`) or `access` (an access id and an access key).
        permissions: names out of PERMISSIONS; None for all, those of later versions included.
        name: what it is for, in the words of who made it.
        hint: what may be shown of it: prefix and last four digits, or the access id.
        created: when it was made (UTC, whole seconds).
        last_used_at: when it last authenticated a request, to the minute; None before the first.
        revoked_at: when it was revoked; None while it is in force.
    """

    id: str
    organisation_id: str
    mode: Mode
    kind: Kind
    permissions: frozenset[str] | None
    name: str
    hint: str
    created: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def tenant(self) -> Tenant:
        """Whose data the key opens."""
        return Tenant(self.organisation_id, self.mode)

    def allows(self, permission: str) -> bool:
        """Return whether the key may do what needs `permission`."""
        return self.permissions is None or permission in self.permissions

    def check_allows(self, permission: str) -> None:
        """Raise the contract's 403 unless the key may do what needs `permission` (contracts: v1, section 5).

        Raises:
            PermissionDenied: it may not.
        """
        if not self.allows(permission):
            raise PermissionDenied(
                f"The provided key '{self.hint}' does not have the required permissions for this endpoint. "
                f"Having the '{permission}' permission would allow this request to continue."
            )


def new_secret(kind: Kind, mode: Mode) -> tuple[str, str]:
    """Return a new random secret of 256 bits or more, and what may be shown of it.

    The secret of an access pair is `<access id>:<access key>`, as HTTP Basic writes it.
    """
    if kind == "access":
        access_id = "su" + random_digits(_ACCESS_ID_DIGITS)
        return f"{access_id}:{random_digits(_ACCESS_KEY_DIGITS)}", access_id
    token = f"{_PREFIXES[kind]}_{mode}_{random_digits(_TOKEN_DIGITS)}"
    return token, hint(token)


def hint(token: str) -> str:
    """Return the prefix and the last four digits of a token, sixteen stars between them.

    The number of stars is not the number of digits, so nothing about the secret's length is told.
    """
    kind, mode, digits = token.split("_", 2)
    return f"{kind}_{mode}_{'*' * 16}{digits[-4:]}"


def checked_permissions(kind: Kind, permissions: Iterable[str] | None) -> frozenset[str] | None:
    """Return the permissions of a new key of `kind`.

    Raises:
        InvalidRequest: a name is unknown, a secret key is given some, or a restricted key is given none.
    """
    if kind == "secret" and permissions is not None:
        raise InvalidRequest(
            "Invalid permissions: a secret key has all; use a restricted key.", param="permissions"
        )
    if permissions is None and kind != "restricted":
        return None
    names = frozenset(permissions or ())
    unknown = sorted(names - PERMISSIONS.keys())
    if unknown or not names:
        wrong = f"unknown: {', '.join(unknown)}" if unknown else "at least one is needed"
        raise InvalidRequest(
            f"Invalid permissions: {wrong}. Must be of: {', '.join(PERMISSIONS)}.", param="permissions"
        )
    return names

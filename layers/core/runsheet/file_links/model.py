"""A file link."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runsheet.tenancy import Tenant

# An expired link says for so long that it has expired; afterwards it is unknown.
_REMEMBERED_SECONDS = 90 * 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class FileLink:
    """A link. The token in its address is not kept; `addresses` makes it anew.

    Attributes:
        tenant: whose file it opens.
        id: `link_…`, ordered by creation.
        token_hash: of the token in its address.
        file_id: the file.
        created, expires_at: unix seconds; from `expires_at` on it no longer works.
        metadata: what the customer noted on it.
        revoked: whether it was ended before its time.
        opens: how often it was followed.
        last_opened_at: unix seconds; None before the first time.
        revision: counts the changes, so that two at once do not undo each other.
    """

    tenant: Tenant
    id: str
    token_hash: str
    file_id: str
    created: int
    expires_at: int
    metadata: dict[str, str] = field(default_factory=dict)
    revoked: bool = False
    opens: int = 0
    last_opened_at: int | None = None
    revision: int = 0

    @property
    def remove_at(self) -> int:
        """When it is forgotten, in unix seconds: DynamoDB removes it within two days of that."""
        return self.expires_at + _REMEMBERED_SECONDS

    def has_expired(self, now: int) -> bool:
        """Return whether it no longer works at `now` (unix seconds)."""
        return self.revoked or self.expires_at <= now

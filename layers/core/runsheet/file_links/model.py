"""A file link."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runsheet.tenancy import Tenant


@dataclass(frozen=True, slots=True)
class FileLink:
    """A link. The token in its address is not kept.

    Attributes:
        tenant: whose file it opens.
        id: `link_…`, ordered by creation.
        file_id: the file.
        created, expires_at: unix seconds; from `expires_at` on it no longer works.
        revoked: whether it was ended before.
        opens: how often it was followed.
        last_opened_at: unix seconds; None before the first time.
        url: its address, only when it has just been made.
    """

    tenant: Tenant
    id: str
    file_id: str
    created: int
    expires_at: int
    revoked: bool = False
    opens: int = 0
    last_opened_at: int | None = None
    url: str | None = field(default=None, repr=False)

"""Make, follow and revoke file links."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runsheet import ids, tokens
from runsheet.errors import Gone, NotFound, missing
from runsheet.file_links import table
from runsheet.file_links.model import FileLink
from runsheet.files import service as files
from runsheet.files import table as files_table
from runsheet.runtime import clock
from runsheet.runtime.base_url import base_url

if TYPE_CHECKING:
    from runsheet.files.model import File
    from runsheet.tenancy import Tenant

# What a click leads to need only last until the browser has followed it.
_REDIRECT_SECONDS = 60


def create(tenant: Tenant, file: File, *, expires_at: int) -> FileLink:
    """Store a link to a file and return it with its `url`, which holds its token and cannot be had again.

    Args:
        tenant: whose file it is.
        file: what the link opens.
        expires_at: unix seconds; not after the file's own end.
    """
    now = clock.now()
    link = FileLink(
        tenant=tenant,
        id=ids.new_id("link", now),
        file_id=file.id,
        created=int(now.timestamp()),
        expires_at=min(expires_at, file.expires_at),
    )
    token = tokens.new_token()
    table.put(link, tokens.hash_of(token))
    return replace(link, url=f"{base_url()}/links/{token}")


def follow(token: str) -> str:
    """Return a presigned URL, made afresh: what a link leads to works however old the link is. Counts the click.

    Raises:
        NotFound: no link has this token.
        Gone: the link has expired or was revoked, or its file is gone.
    """
    token_hash = tokens.hash_of(token)
    link = table.get(token_hash) if tokens.plausible(token) else None
    if link is None:
        raise NotFound("There is no such link. Check that the whole address was copied.")
    now = clock.seconds()
    file = files_table.get(link.tenant, link.file_id)
    if link.revoked or link.expires_at <= now or file is None or file.expires_at <= now:
        raise Gone("The link has expired or was withdrawn. Ask whoever sent it for a new one.")
    table.note_opened(token_hash, now=now)
    return files.download_url(file, seconds=_REDIRECT_SECONDS)


def revoke(tenant: Tenant, link_id: str) -> None:
    """End a link: from now on it answers 410.

    Raises:
        NotFound: unknown, or another tenant's.
    """
    if not (ids.plausible("link", link_id) and table.revoke(tenant, link_id)):
        raise missing("file_link", link_id[:100])

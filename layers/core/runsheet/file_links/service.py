"""Make, show, change and list file links (docs/decisions/2026-11-25-file-links.md)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runsheet import ids
from runsheet.errors import Conflict, InvalidRequest, NotFound, missing
from runsheet.file_links import addresses, table
from runsheet.file_links.model import FileLink
from runsheet.file_links.objects import FileLinkList, FileLinkObject
from runsheet.files import service as files
from runsheet.files import table as files_table
from runsheet.files.model import file_object
from runsheet.runtime import clock, metadata, paging

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runsheet.file_links.objects import FileLinkChanges, FileLinkListQuery, NewFileLink
    from runsheet.files.model import File
    from runsheet.tenancy import Tenant

# Each change that comes between takes one; more than a few at once is a fault of the caller.
_TRIES = 5


def create(tenant: Tenant, new: NewFileLink, origin: ids.Origin | None = None) -> FileLink:
    """Store a link to a file of the tenant's; it works at most as long as the file is kept.

    Of the same `origin` there is one link, however often it is called.

    Raises:
        InvalidRequest: there is no such file, `expires_at` is not in the future, or the metadata are too many.
    """
    file = _file(tenant, new.file)
    noted = metadata.changed({}, new.metadata)
    end = file.expires_at if new.expires_at is None else _in_the_future(new.expires_at)
    return link_to(tenant, file, expires_at=end, noted=noted, origin=origin)


def link_to(
    tenant: Tenant,
    file: File,
    *,
    expires_at: int,
    noted: dict[str, str] | None = None,
    origin: ids.Origin | None = None,
) -> FileLink:
    """Store a link to a file.

    Args:
        tenant: whose file it is.
        file: what the link opens.
        expires_at: unix seconds; a link does not outlive its file.
        noted: metadata.
        origin: what its id comes from; None for a new one.
    """
    made = origin or ids.Origin.fresh(clock.now())
    link_id = made.new_id("link")
    link = FileLink(
        tenant=tenant,
        id=link_id,
        token_hash=addresses.token_hash_of(link_id),
        file_id=file.id,
        created=int(made.moment.timestamp()),
        expires_at=min(expires_at, file.expires_at),
        metadata=noted or {},
    )
    return table.put(link)


def retrieve(tenant: Tenant, link_id: str) -> FileLink:
    """Return a link.

    Raises:
        NotFound: unknown, forgotten, or another tenant's.
    """
    link = _stored(tenant, link_id) if ids.plausible("link", link_id) else None
    if link is None or link.remove_at <= clock.seconds():
        raise missing("file_link", link_id[:100])
    return link


def update(tenant: Tenant, link_id: str, changes: FileLinkChanges) -> FileLink:
    """Change a link: when it ends, or its metadata.

    Raises:
        NotFound: unknown, or another tenant's.
        InvalidRequest: it has expired, which is for good; or as for create.
        Conflict: others change it all the time.
    """
    for _ in range(_TRIES):
        link = retrieve(tenant, link_id)
        if link.has_expired(clock.seconds()):
            raise InvalidRequest("This file link has expired. Expired links can no longer be updated.")
        changed = _changed(link, changes)
        if changed == link:
            return link
        written = table.update(changed)
        if written is not None:
            return written
    raise Conflict("The file link is being changed by others at this moment. Try again.")


def listed(tenant: Tenant, query: FileLinkListQuery, base_url: str) -> FileLinkList:
    """Return a page of links, newest first.

    Raises:
        InvalidRequest: both cursors, or one that is no link of this tenant; there is no such file; too many links
            would have to be read to find those that are asked for.
    """
    if query.file is not None:
        _file(tenant, query.file)
    span = paging.span(query, prefix="link", noun="file_link", known=lambda link_id: _stored(tenant, link_id))
    links, has_more = table.page(tenant, span, file_id=query.file, expired=query.expired, now=clock.seconds())
    if has_more and not links:
        raise InvalidRequest(
            "Too many file links would have to be read to find one of these: narrow the list by `created`.",
            param="expired",
        )
    return FileLinkList(has_more=has_more, data=_shown(tenant, links, base_url, query.expand))


def shown(link: FileLink, base_url: str, expand: Sequence[str]) -> FileLinkObject:
    """Return the contract's object; `expand` names what is to be there in place of its id."""
    return _shown(link.tenant, [link], base_url, expand)[0]


def _shown(
    tenant: Tenant, links: Sequence[FileLink], base_url: str, expand: Sequence[str]
) -> list[FileLinkObject]:
    now = clock.seconds()
    found = files_table.get_all(tenant, {link.file_id for link in links}) if expand else {}
    # Of a file that is gone only the id is left to show.
    shown_files = {file.id: file_object(file, base_url) for file in found.values() if file.expires_at > now}
    return [
        FileLinkObject(
            id=link.id,
            created=link.created,
            expired=link.has_expired(now),
            expires_at=link.expires_at,
            file=shown_files.get(link.file_id, link.file_id),
            livemode=tenant.livemode,
            metadata=link.metadata,
            url=addresses.url_of(link, base_url),
            opened=link.opens,
            last_opened_at=link.last_opened_at,
        )
        for link in links
    ]


def _stored(tenant: Tenant, link_id: str) -> FileLink | None:
    return table.get(tenant, link_id, addresses.token_hash_of(link_id))


def _changed(link: FileLink, changes: FileLinkChanges) -> FileLink:
    if "metadata" in changes.model_fields_set:
        link = replace(link, metadata=metadata.changed(link.metadata, changes.metadata))
    if "expires_at" not in changes.model_fields_set:
        return link
    if changes.expires_at == "now":
        return replace(link, expires_at=clock.seconds(), revoked=True)
    file = _file(link.tenant, link.file_id, param="expires_at")
    end = file.expires_at if changes.expires_at is None else _in_the_future(changes.expires_at)
    return replace(link, expires_at=min(end, file.expires_at))


def _in_the_future(moment: int) -> int:
    if moment <= clock.seconds():
        raise InvalidRequest(
            "Invalid expires_at: must be a moment in the future, in unix seconds.", param="expires_at"
        )
    return moment


def _file(tenant: Tenant, file_id: str, *, param: str = "file") -> File:
    try:
        return files.retrieve(tenant, file_id)
    except NotFound as unknown:
        raise InvalidRequest(unknown.message, param=param, code=unknown.code) from None

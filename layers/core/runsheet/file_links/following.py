"""Follow a link: what its public address answers to who has it, and no key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runsheet import tokens
from runsheet.errors import Gone, NotFound
from runsheet.file_links import table
from runsheet.files import service as files
from runsheet.files import table as files_table
from runsheet.runtime import clock

if TYPE_CHECKING:
    from runsheet.files.model import File

# What a click leads to need only last until the browser has followed it.
_REDIRECT_SECONDS = 60
_ASK = "Ask whoever sent it for a new one."


def follow(token: str) -> str:
    """Return a presigned URL, made afresh: what a link leads to works however old the link is. Counts the click.

    Raises:
        NotFound: no link has this token.
        Gone: the link has expired or was withdrawn, or its file is no longer kept.
    """
    token_hash, file = _opened(token)
    table.note_opened(token_hash, now=clock.seconds())
    return files.download_url(file, seconds=_REDIRECT_SECONDS)


def check(token: str) -> str:
    """Return what `follow` does, for a HEAD, and count nothing: programs that scan mails ask before anybody clicks.

    Raises:
        NotFound: no link has this token.
        Gone: the link has expired or was withdrawn, or its file is no longer kept.
    """
    _, file = _opened(token)
    return files.download_url(file, seconds=_REDIRECT_SECONDS, operation="head_object")


def _opened(token: str) -> tuple[str, File]:
    token_hash = tokens.hash_of(token)
    link = table.by_token(token_hash) if tokens.plausible(token) else None
    now = clock.seconds()
    if link is None or link.remove_at <= now:
        raise NotFound("There is no such link. Check that the whole address was copied.")
    if link.revoked:
        raise Gone(f"The link was withdrawn. {_ASK}")
    file = files_table.get(link.tenant, link.file_id)
    if file is None or file.expires_at <= now:
        raise Gone("The file behind this link is no longer kept. Ask whoever sent it for the report.")
    if link.expires_at <= now:
        raise Gone(f"The link has expired. {_ASK}")
    return token_hash, file

"""The public addresses of file links.

The token in an address is derived from the link's id with a key that only the functions have that make or show links.
The table keeps its hash alone, so who reads the table, or a copy of it, can open nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runsheet import tokens
from runsheet.runtime.secrets import secret
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from runsheet.file_links.model import FileLink


def token_of(link_id: str) -> str:
    """Return the token of a link."""
    return tokens.derived_token(secret(settings().file_links_secret_arn), f"file_link:{link_id}")


def token_hash_of(link_id: str) -> str:
    """Return the hash under which a link is stored."""
    return tokens.hash_of(token_of(link_id))


def url_of(link: FileLink, base_url: str) -> str | None:
    """Return the address of a link.

    None if its token is not of the present key: it was made before there was one, or before the key was changed. Such
    a link goes on working, but nobody can say its address any more.
    """
    token = token_of(link.id)
    return f"{base_url}/links/{token}" if tokens.hash_of(token) == link.token_hash else None

"""Unsubscribe the recipient of a mail, that one and from that config only, by the token in its link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runsheet import tokens
from runsheet.deliveries import table
from runsheet.errors import NotFound
from runsheet.report_configs import mailing

if TYPE_CHECKING:
    from runsheet.tenancy import Tenant


def check(token: str) -> None:
    """Change nothing.

    Raises:
        NotFound: no mail that is still kept holds this token.
    """
    _found(token)


def unsubscribe(token: str) -> None:
    """Send the recipient nothing more of this config; as often as one likes.

    Raises:
        NotFound: no mail that is still kept holds this token.
    """
    tenant, config_id, email = _found(token)
    mailing.unsubscribe(tenant, config_id, email)


def _found(token: str) -> tuple[Tenant, str, str]:
    found = table.by_unsubscribe(tokens.hash_of(token)) if tokens.plausible(token) else None
    if found is None:
        raise NotFound("There is no such link. Check that the whole address was copied.")
    return found

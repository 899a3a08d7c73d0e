"""The message that SES is given: MIME, with every header made by the standard library."""

from __future__ import annotations

from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING

from runsheet.mail.addresses import header_address

if TYPE_CHECKING:
    from datetime import datetime
    from email.policy import Policy

    from runsheet.mail.model import Attachment, Rendered


class _OneLine(UnstructuredHeader, BaseHeader):
    """A header on a line of its own: folding encodes a long address, and begins a long subject with an empty line."""

    def fold(self, *, policy: Policy) -> str:
        """Return the line, below the 998 characters that SMTP allows; what is not ASCII has to be encoded."""
        if not self.isascii():
            return str(super().fold(policy=policy))
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _OneLine)
_HEADERS.map_to_type("subject", _OneLine)
_POLICY = SMTP.clone(header_factory=_HEADERS)


def build(
    rendered: Rendered,
    *,
    sender: str,
    recipient: str,
    unsubscribe_url: str | None,
    attachment: Attachment | None,
    at: datetime,
) -> bytes:
    """Return the bytes of a mail to one recipient. One click in a mail client unsubscribes (RFC 8058), where one may.

    Args:
        rendered: what it says.
        sender: the address it comes from.
        recipient: the one address it goes to.
        unsubscribe_url: of this recipient; None for a mail that nobody subscribed to.
        attachment: a file, or None.
        at: its Date (aware).

    Raises:
        Undeliverable: an address is none that mail can be sent to.
    """
    message = EmailMessage(policy=_POLICY)
    message["From"] = header_address(sender, "Runsheet")
    message["To"] = header_address(recipient)
    message["Subject"] = rendered.subject
    message["Date"] = format_datetime(at)
    if unsubscribe_url is not None:
        message["List-Unsubscribe"] = f"<{unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Auto-Submitted"] = "auto-generated"
    # Encoded so that no line is over 998 bytes, which SMTP may break, and none holds more than ASCII.
    message.set_content(rendered.text, cte="quoted-printable")
    message.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    if attachment:
        main_type, _, subtype = attachment.media_type.partition("/")
        message.add_attachment(
            attachment.content, maintype=main_type, subtype=subtype, filename=attachment.filename
        )
    return message.as_bytes()

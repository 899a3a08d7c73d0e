"""Hand one mail to SES, and tell apart what that can come to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
)

from runsheet.runtime import clients
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from collections.abc import Mapping

# Sending the same mail again would be refused again.
_REFUSED = frozenset(
    {
        "BadRequestException",
        "InvalidParameterValue",
        "MailFromDomainNotVerifiedException",
        "MessageRejected",
    }
)
# The connection was never made, so there was nothing to take.
_NEVER_REACHED = (ConnectTimeoutError, EndpointConnectionError, NoCredentialsError)


class Refused(Exception):
    """SES does not take this mail, now or later; the text says why."""


class NotTaken(Exception):
    """SES has certainly not taken the mail, and may later: throttled, paused, out of reach."""


class OutcomeUnknown(Exception):
    """SES may have taken the mail: the call was made and brought no answer."""


def send(tags: Mapping[str, str], mail: bytes, *, sender: str, recipient: str) -> str:
    """Hand the mail over once and return SES's message id.

    SES knows no idempotency token, so the call is never repeated here or by the client.

    Args:
        tags: by which SES's events find again what was mailed.
        mail: the bytes.
        sender: the address it comes from.
        recipient: the address it goes to, in ASCII.

    Raises:
        Refused: for good.
        NotTaken: for now.
        OutcomeUnknown: it may be on its way.
    """
    try:
        answer = clients.sesv2().send_email(
            FromEmailAddress=sender,
            Destination={"ToAddresses": [recipient]},
            Content={"Raw": {"Data": mail}},
            ConfigurationSetName=settings().mail_configuration_set,
            EmailTags=[{"Name": name, "Value": value} for name, value in tags.items()],
        )
    except ClientError as failure:
        error = failure.response.get("Error", {})
        code, text = error.get("Code", ""), error.get("Message", "")
        if code in _REFUSED:
            raise Refused(f"The mail service refused it ({code}): {text[:200]}") from None
        status = failure.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if status >= 500 and status != 503:
            raise OutcomeUnknown(code) from None
        raise NotTaken(code) from None
    except _NEVER_REACHED as failure:
        raise NotTaken(type(failure).__name__) from None
    except BotoCoreError as failure:
        raise OutcomeUnknown(type(failure).__name__) from None
    message_id: str = answer["MessageId"]
    return message_id

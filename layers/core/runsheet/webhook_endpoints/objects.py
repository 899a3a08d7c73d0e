"""Webhook endpoints as requests and answers have them (contracts: v1, section 4.2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from runsheet.events.model import TYPES
from runsheet.runtime.metadata import MetadataChanges
from runsheet.runtime.model import FormBool, FormInt, FormText, Model
from runsheet.webhook_endpoints import urls
from runsheet.webhook_endpoints.model import ALL_EVENTS

if TYPE_CHECKING:
    from runsheet.webhook_endpoints.model import WebhookEndpoint

_MAX_EVENTS = 300  # as many as the contract's own names, and so enough for each of ours many times
_VERSION = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(\.[a-z]{1,20})?", re.ASCII)


def _url(value: str) -> str:
    try:
        urls.target(value)
    except urls.UnusableUrl as unusable:
        raise PydanticCustomError("url_invalid", "{reason}", {"reason": str(unusable)}) from None
    return value


def _event_name(value: str) -> str:
    if value != ALL_EVENTS and value not in TYPES:
        raise PydanticCustomError(
            "event_unknown", "must be one of {names}", {"names": ", ".join((ALL_EVENTS, *TYPES))}
        )
    return value


def _distinct(names: list[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _api_version(value: str) -> str:
    if not _VERSION.fullmatch(value):
        raise PydanticCustomError("api_version", "must be a date, such as 2026-10-28.endive")
    return value


def _account_only(value: bool) -> bool:  # noqa: FBT001 - pydantic's own call
    if value:
        raise PydanticCustomError("connect", "must be false: there are no connected accounts here")
    return value


def _none_for_empty(value: object) -> object:
    return None if value == "" else value


def _at_once(value: object) -> object:
    return 0 if value == "now" else value


Url = Annotated[FormText, AfterValidator(_url), Field(description="https, and a host on the internet")]
EnabledEvents = Annotated[
    list[Annotated[FormText, AfterValidator(_event_name)]],
    Field(min_length=1, max_length=_MAX_EVENTS),
    AfterValidator(_distinct),
]
Description = Annotated[Annotated[str, Field(max_length=5000)] | None, BeforeValidator(_none_for_empty)]


class NewWebhookEndpoint(Model):
    """The body of create."""

    url: Url
    enabled_events: EnabledEvents
    api_version: Annotated[FormText, AfterValidator(_api_version)] | None = None
    connect: Annotated[FormBool, AfterValidator(_account_only)] = False
    description: Description = None
    metadata: MetadataChanges = {}
    expand: list[str] = []


class WebhookEndpointChanges(Model):
    """The body of update: what is left out stays as it is."""

    url: Url | None = None
    enabled_events: EnabledEvents | None = None
    disabled: FormBool | None = None
    description: Description = None
    metadata: MetadataChanges = {}
    expand: list[str] = []


class SecretRotation(Model):
    """The body of rotate_secret: until when the previous secret signs as well, in unix seconds.

    `now`, or a time that is over, ends it at once.
    """

    previous_secret_expires_at: Annotated[FormInt | None, BeforeValidator(_at_once)] = None
    expand: list[str] = []


class WebhookEndpointObject(Model):
    """An endpoint as the contract shows it; `disabled_reason` is an addition to it."""

    id: str
    object: Literal["webhook_endpoint"] = "webhook_endpoint"
    api_version: str | None
    application: None = None
    created: int
    description: str | None
    disabled_reason: str | None
    enabled_events: list[str]
    livemode: bool
    metadata: dict[str, str]
    status: Literal["enabled", "disabled"]
    url: str


class NewWebhookEndpointObject(WebhookEndpointObject):
    """An endpoint that was just made, with the secret that its deliveries are signed with: it is shown this once."""

    secret: str = Field(repr=False)


class RotatedWebhookEndpointObject(NewWebhookEndpointObject):
    """An endpoint with a new secret. The previous one signs as well until `previous_secret_expires_at` (unix seconds)."""

    previous_secret_expires_at: int


class DeletedWebhookEndpoint(Model):
    """What is left of an endpoint."""

    id: str
    object: Literal["webhook_endpoint"] = "webhook_endpoint"
    deleted: Literal[True] = True


class WebhookEndpointList(Model):
    """A page of endpoints, newest first."""

    object: Literal["list"] = "list"
    url: Literal["/v1/webhook_endpoints"] = "/v1/webhook_endpoints"
    has_more: bool
    data: list[WebhookEndpointObject]


def fields_of(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """Return the fields that every answer about an endpoint has."""
    return {
        "id": endpoint.id,
        "api_version": endpoint.api_version,
        "created": endpoint.created,
        "description": endpoint.description,
        "disabled_reason": endpoint.disabled_reason,
        "enabled_events": endpoint.enabled_events,
        "livemode": endpoint.tenant.livemode,
        "metadata": endpoint.metadata,
        "status": endpoint.status,
        "url": endpoint.url,
    }

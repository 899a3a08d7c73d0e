"""The requests and answers of report configs (contracts: report configs, 1.1)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, ConfigDict, Field, StrictBool, model_validator

from runsheet.report_configs.fields import (
    CcAddresses,
    DayOfMonth,
    LocalTime,
    Recipients,
    ReportTypeName,
    Timezone,
    Weekday,
)
from runsheet.report_configs.model import Attach
from runsheet.runtime.model import Model
from runsheet.schedule import Frequency

# What a client that sends back the object it got has in it, too.
_READ_ONLY = frozenset(
    {"id", "object", "created_at", "modified_at", "last_sent_at", "next_run_at", "unsubscribed_emails"}
)


class _Request(Model):
    @model_validator(mode="before")
    @classmethod
    def _without_read_only_fields(cls, sent: object) -> object:
        if not isinstance(sent, dict):
            return sent
        return {name: value for name, value in sent.items() if name not in _READ_ONLY}


class NewReportConfig(_Request):
    """The body of create. None is the default, where it is allowed."""

    report_type: ReportTypeName
    frequency: Frequency
    time: LocalTime = "08:00:00"
    weekday: Weekday = 4
    day_of_month: DayOfMonth | None = 1
    timezone: Timezone | None = None
    recipient_emails: Recipients = []
    cc_emails: CcAddresses | None = None
    is_enabled: StrictBool | None = None
    parameters: dict[str, Any] | None = None
    skip_if_empty: StrictBool | None = None
    attach: Attach | None = None


class ReportConfigChanges(_Request):
    """The body of update: what is left out stays as it is.

    None clears `cc_emails`, sets `day_of_month`, `timezone` and `parameters` back to their defaults, and leaves all else
    as it is.
    """

    report_type: str | None = Field(None, description="Cannot be changed: only the config's own is taken")
    frequency: Frequency | None = None
    time: LocalTime | None = None
    weekday: Weekday | None = None
    day_of_month: DayOfMonth | None = None
    timezone: Timezone | None = None
    recipient_emails: Recipients | None = None
    cc_emails: CcAddresses | None = None
    is_enabled: StrictBool | None = None
    parameters: dict[str, Any] | None = None
    skip_if_empty: StrictBool | None = None
    attach: Attach | None = None


class ReportConfigsQuery(Model):
    """The query of the list. The contract has one parameter, and passes over all others."""

    model_config = ConfigDict(extra="ignore")

    report_type: ReportTypeName | None = None


class NewSending(Model):
    """The body of send."""

    recipient_emails: Annotated[
        Recipients | None,
        Field(min_length=1, description="Makes it a test: only they get it, and it is not counted"),
    ] = None


class ReportConfigObject(Model):
    """A config as the contract shows it; the fields behind `object` are additions to it."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    created_at: AwareDatetime
    modified_at: AwareDatetime | None
    id: str
    report_type: str
    is_enabled: bool
    frequency: Frequency
    time: str = Field(description="HH:MM:SS in local time", json_schema_extra={"format": "time"})
    weekday: int = Field(description="0 is Monday; used by weekly configs")
    recipient_emails: list[str]
    cc_emails: list[str] | None
    last_sent_at: AwareDatetime | None = Field(description="The last successful send")
    object: Literal["report_config"] = "report_config"
    day_of_month: int | Literal["last"] = Field(description="1 to 28 or last; used by monthly configs")
    timezone: str | None = Field(description="IANA name; null for the organisation's")
    parameters: dict[str, Any] = Field(description="Of the report type, without the time that it is about")
    skip_if_empty: bool = Field(description="Send nothing when the report has no rows")
    attach: Attach = Field(description="The CSV in the mail: auto is by its size")
    next_run_at: AwareDatetime | None = Field(description="null while it is disabled")
    unsubscribed_emails: list[str] = Field(description="Those of the addresses that get nothing more")


class SendTimeObject(Model):
    """A send to come; the note says what a change of the clocks does to it."""

    at: AwareDatetime
    local: AwareDatetime
    note: str | None


class SendingObject(Model):
    """What was asked to be sent: the run whose result is mailed, and to whom."""

    object: Literal["report_config_send"] = "report_config_send"
    report_run: str
    recipient_emails: list[str]


class ShardDue(Model):
    """The message that asks for a dispatcher of one shard."""

    shard: str

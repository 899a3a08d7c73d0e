"""A report config: which report goes to whom and when (contracts: report configs, 1.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from runsheet.schedule import Frequency
    from runsheet.tenancy import Tenant

Attach = Literal["auto", "always", "never"]


@dataclass(frozen=True, slots=True)
class ReportConfig:
    """A stored config.

    Attributes:
        tenant: whose it is.
        id: `rc_…`, ordered by creation.
        report_type: as the customer named it: an id of the catalogue or one of its aliases. Never changes.
        frequency, time, weekday, day_of_month: when, in local time; `time` is `HH:MM:SS`, weekday 0 is Monday,
            day_of_month 1 to 28 or `last`. What the frequency does not use is kept as it was given.
        timezone: IANA name in place of the organisation's; None for the organisation's.
        recipient_emails, cc_emails: as given; cc gets the report too, and a mail when a run fails.
        unsubscribed_emails: those of both who asked to get nothing more; lower case.
        is_enabled: only then it has a `next_run_at`.
        parameters: of its runs, without the interval or date, which come from the schedule.
        skip_if_empty: send nothing when the report has no rows.
        attach: whether the CSV is in the mail: by its size, or always or never.
        created_at, modified_at, last_sent_at: unix seconds, UTC; last_sent_at is the last successful send.
        next_run_at: unix seconds, UTC; None while it is disabled.
        zone: the zone that next_run_at was computed in.
        revision: counts every change; a write names the one that it read.
    """

    tenant: Tenant
    id: str
    report_type: str
    frequency: Frequency
    time: str
    weekday: int
    day_of_month: int | Literal["last"]
    timezone: str | None
    recipient_emails: list[str]
    cc_emails: list[str] | None
    unsubscribed_emails: list[str]
    is_enabled: bool
    parameters: dict[str, Any]
    skip_if_empty: bool
    attach: Attach
    created_at: int
    modified_at: int | None
    last_sent_at: int | None
    next_run_at: int | None
    zone: str
    revision: int

"""What a mail says, before it is HTML or text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    """One bucket of a total: its name, its amount as the CSV has it, and its share of the longest bar (0 to 1)."""

    label: str
    amount: str
    share: float


@dataclass(frozen=True, slots=True)
class Total:
    """The buckets of one currency; amounts of different currencies are never added up."""

    currency: str
    total: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """What of the report stands in the mail itself: totals with bars, or the whole of a small table."""

    totals: tuple[Total, ...] = ()
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class About:
    """What both kinds of mail say of the report.

    Attributes:
        title: the report type's name.
        period: the days it is about, in words, with the time zone.
        run_id: the run's id, to ask about it.
        missed: how many earlier sends this one stands for.
        is_test: whether it was sent on request, to try the config.
        unsubscribe_url: where this recipient, and no other, stops getting it.
    """

    title: str
    period: str
    run_id: str
    missed: int
    is_test: bool
    unsubscribe_url: str


@dataclass(frozen=True, slots=True)
class ReportMail:
    """A report.

    Attributes:
        about: see About.
        summary: what of it is shown; None if only the counts are.
        row_count, size: of the file; size in bytes.
        digest: the name of a checksum of the file, and the checksum.
        url: where the CSV is downloaded, for weeks.
        expires: until when, as a day (ISO).
        attachment: how the CSV is attached, or why it is not, in a sentence.
        file: what it is, for people.
    """

    about: About
    summary: Summary | None
    row_count: int
    size: int
    digest: tuple[str, str]
    url: str
    expires: str
    attachment: str
    file: str = "CSV"


@dataclass(frozen=True, slots=True)
class FailureMail:
    """The news that a report could not be sent.

    Attributes:
        about: see About.
        at: when it was due, in words, with the time zone.
        error: why.
        next_step: what happens next, in a sentence.
        url: where the run is looked up.
    """

    about: About
    at: str
    error: str
    next_step: str
    url: str


@dataclass(frozen=True, slots=True)
class DisabledMail:
    """The news that a webhook endpoint was disabled.

    Attributes:
        endpoint_id: which one.
        url: where it was.
        mode: `live` or `test`.
        reason: why.
    """

    endpoint_id: str
    url: str
    mode: str
    reason: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """Subject, HTML and plain text of a mail."""

    subject: str
    html: str
    text: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in a mail."""

    filename: str
    media_type: str
    content: bytes

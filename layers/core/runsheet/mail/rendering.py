"""Render what is mailed: subject, HTML, and plain text that says the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runsheet.mail import html
from runsheet.mail.model import Rendered

if TYPE_CHECKING:
    from runsheet.mail.model import About, DisabledMail, FailureMail, ReportMail, Summary

_MAX_SUBJECT = 200


def report(mail: ReportMail) -> Rendered:
    """Return the mail of a report."""
    about = mail.about
    facts = [
        ("Rows", f"{mail.row_count:,}"),
        ("Size", _size(mail.size)),
        mail.digest,
        ("Run", about.run_id),
    ]
    link_note = f"The link works until {mail.expires}."
    parts = [html.paragraph(about.period), *(html.notice(note) for note in _notices(about))]
    if mail.summary:
        parts.append(html.summary(mail.summary))
    parts += [
        html.button(f"Download the {mail.file}", mail.url),
        html.paragraph(f"{mail.attachment} {link_note}"),
        html.facts(facts),
        html.link("Unsubscribe from this report", about.unsubscribe_url),
    ]
    lines = [about.title, about.period, *_notices(about), ""]
    lines += [*_summary_lines(mail.summary), ""] if mail.summary else []
    lines += [f"Download the {mail.file}: {mail.url}", mail.attachment, link_note, ""]
    lines += [*(f"{name}: {value}" for name, value in facts), ""]
    lines += [f"Unsubscribe from this report: {about.unsubscribe_url}"]
    return Rendered(
        _subject(about, f"{about.title}: {about.period}"), html.document(about.title, parts), _plain(lines)
    )


def failure(mail: FailureMail) -> Rendered:
    """Return the mail that says that a report could not be sent."""
    about = mail.about
    title = f"{about.title} could not be sent"
    facts = [("Due", mail.at), ("Report for", about.period), ("Error", mail.error), ("Run", about.run_id)]
    parts = [
        html.notice("The report failed. Its recipients were sent nothing."),
        *(html.notice(note) for note in _notices(about)),
        html.facts(facts),
        html.paragraph(f"What happens next: {mail.next_step}"),
        html.link(f"The run: {mail.url}", mail.url),
        html.link("Unsubscribe from this report", about.unsubscribe_url),
    ]
    lines = [title, "", "The report failed. Its recipients were sent nothing.", *_notices(about), ""]
    lines += [*(f"{name}: {value}" for name, value in facts), ""]
    lines += [f"What happens next: {mail.next_step}", f"The run: {mail.url}", ""]
    lines += [f"Unsubscribe from this report: {about.unsubscribe_url}"]
    return Rendered(
        _subject(about, f"Failed: {about.title}: {about.period}"), html.document(title, parts), _plain(lines)
    )


def disabled(mail: DisabledMail) -> Rendered:
    """Return the mail that says that a webhook endpoint was disabled."""
    title = "A webhook endpoint was disabled"
    news = "Nothing is sent to it any more. Events are kept for 30 days."
    facts = [("Endpoint", mail.endpoint_id), ("URL", mail.url), ("Mode", mail.mode), ("Why", mail.reason)]
    path = f"/v1/webhook_endpoints/{mail.endpoint_id}"
    steps = (
        f"When it works again, enable it by POST {path} with disabled=false. GET {path}/deliveries lists what it missed, "
        f"and POST {path}/deliveries/{{delivery}}/resend sends one again."
    )
    parts = [html.notice(news), html.facts(facts), html.paragraph(steps)]
    lines = [title, "", news, "", *(f"{name}: {value}" for name, value in facts), "", steps]
    return Rendered(_one_line(f"{title}: {mail.url}"), html.document(title, parts), _plain(lines))


def _notices(about: About) -> list[str]:
    notices = []
    if about.missed:
        sends = "send" if about.missed == 1 else "sends"
        notices.append(f"This mail also stands for {about.missed} missed {sends}, which will not follow.")
    if about.is_test:
        notices.append("This is a test, sent on request.")
    return notices


def _subject(about: About, text: str) -> str:
    return _one_line(f"[Test] {text}" if about.is_test else text)


def _one_line(text: str) -> str:
    """Return a subject on one line, whatever is in it: a line break would begin a header of somebody's choice."""
    line = "".join(c if c.isprintable() else " " for c in text)
    line = " ".join(line.split())
    return line if len(line) <= _MAX_SUBJECT else line[: _MAX_SUBJECT - 1] + "…"


def _summary_lines(summary: Summary) -> list[str]:
    if not summary.totals:
        return [" | ".join(row) for row in (summary.header, *summary.rows)]
    lines = []
    for total in summary.totals:
        lines.append(total.currency)
        lines += [f"  {bar.label}: {bar.amount}" for bar in total.bars]
        lines.append(f"  Total: {total.total}")
    return lines


def _plain(lines: list[str]) -> str:
    return "\n".join("".join(c if c.isprintable() else " " for c in line) for line in lines) + "\n"


def _size(size: int) -> str:
    if size < 1000:
        return f"{size} bytes"
    return f"{size / 1000:,.0f} kB" if size < 1_000_000 else f"{size / 1_000_000:,.1f} MB"

"""What a mail looks like, as a parser of HTML and of MIME sees it, whatever a customer is called."""

from __future__ import annotations

import email
import re
from datetime import UTC, datetime
from email import policy
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runsheet.mail import message, rendering
from runsheet.mail.addresses import Undeliverable, to_ascii
from runsheet.mail.model import (
    About,
    Attachment,
    Bar,
    DisabledMail,
    FailureMail,
    Rendered,
    ReportMail,
    Summary,
    Total,
)

if TYPE_CHECKING:
    from email.message import EmailMessage

UNSUBSCRIBE = "https://reports.example.com/unsubscribe/" + "u" * 43
LINK = "https://reports.example.com/links/" + "t" * 43
TOTAL = Total(
    "EUR", "50.00", (Bar("Current", "40.00", 1.0), Bar("1 to 30 days", "10.00", 0.25), Bar("x", "0", 0))
)
HOSTILE = '</td><script>alert(1)</script><img src="https://evil.example/x.png" onerror=a>&'


class Page(HTMLParser):
    """The tags, attributes and text of an HTML document."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def about(**changes: Any) -> About:
    values: dict[str, Any] = {
        "title": "Accounts receivable aging summary",
        "period": "as of the end of 2026-11-21, Europe/Berlin",
        "run_id": "frr_1",
        "missed": 0,
        "is_test": False,
        "unsubscribe_url": UNSUBSCRIBE,
    }
    return About(**(values | changes))


def report(summary: Summary | None = None, **changes: Any) -> Rendered:
    return rendering.report(
        ReportMail(
            about=about(**changes),
            summary=summary,
            row_count=12345,
            size=2_500_000,
            digest=("SHA-256", "ab" * 32),
            url=LINK,
            expires="2027-11-22",
            attachment="The CSV is attached.",
        )
    )


def failure(**changes: Any) -> Rendered:
    values: dict[str, Any] = {
        "at": "2026-11-22 08:00 (Europe/Berlin, UTC+0100)",
        "error": "The result is too large.",
        "next_step": "The next one is due tomorrow.",
        "url": "https://reports.example.com/v1/reporting/report_runs/frr_1",
    }
    given_about = about(**{name: changes.pop(name) for name in list(changes) if name not in values})
    return rendering.failure(FailureMail(about=given_about, **(values | changes)))


def test_a_report_says_what_when_how_much_and_where() -> None:
    rendered = report(Summary(totals=(TOTAL,)))
    page = Page(rendered.html)
    for text in (page.text, rendered.text):
        for said in (
            "Accounts receivable aging summary",
            "as of the end of 2026-11-21, Europe/Berlin",
            "12,345",
            "ab" * 32,
            "The CSV is attached.",
            "2027-11-22",
            "EUR",
            "40.00",
            "50.00",
        ):
            assert said in text
    links = [value for name, value in page.attributes if name == "href"]
    assert links == [LINK, UNSUBSCRIBE]
    assert LINK in rendered.text
    assert UNSUBSCRIBE in rendered.text
    assert rendered.subject == "Accounts receivable aging summary: as of the end of 2026-11-21, Europe/Berlin"


def test_bars_are_as_long_as_their_amounts() -> None:
    page = Page(report(Summary(totals=(TOTAL,))).html)
    widths = [value for name, value in page.attributes if name == "width" and value not in {"640", "100%"}]
    assert widths == ["200", "50"]


def test_a_small_table_is_shown_whole() -> None:
    rendered = report(Summary(header=("currency", "net"), rows=(("eur", "1.00"), ("usd", "2.00"))))
    page = Page(rendered.html)
    assert page.tags.count("th") == 2
    assert "usd | 2.00" in rendered.text


@pytest.mark.parametrize(("missed", "said"), [(1, "1 missed send,"), (5, "5 missed sends,")])
def test_missed_sends_and_tests_are_named(missed: int, said: str) -> None:
    rendered = report(missed=missed, is_test=True)
    assert said in rendered.text
    assert said in Page(rendered.html).text
    assert "This is a test" in rendered.text
    assert rendered.subject.startswith("[Test] ")


def test_nothing_is_said_of_missed_sends_where_there_are_none() -> None:
    assert "missed" not in report().text
    assert "test" not in report().text.lower()


def test_a_failure_says_what_when_why_and_what_happens_next() -> None:
    rendered = failure()
    for text in (Page(rendered.html).text, rendered.text):
        for said in (
            "could not be sent",
            "2026-11-22 08:00",
            "too large",
            "due tomorrow",
            "/report_runs/frr_1",
        ):
            assert said in text
    assert rendered.subject.startswith("Failed: Accounts receivable aging summary")


@pytest.mark.parametrize(
    "rendered",
    [
        report(Summary(header=(HOSTILE,), rows=((HOSTILE,),)), title=HOSTILE, period=HOSTILE),
        report(Summary(totals=(Total(HOSTILE, HOSTILE, (Bar("Current", HOSTILE, 1.0),)),))),
        failure(error=HOSTILE, at=HOSTILE, next_step=HOSTILE, title=HOSTILE),
    ],
)
def test_markup_in_a_name_is_text(rendered: Rendered) -> None:
    page = Page(rendered.html)
    assert set(page.tags) <= {"html", "head", "meta", "title", "body", "table", "tr", "td", "th", "a"}
    assert not [name for name, _ in page.attributes if name.startswith("on") or name == "src"]
    assert HOSTILE in page.text
    assert page.open == []


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_gives_html_that_nests_and_a_subject_on_one_line(name: str, cell: str) -> None:
    rendered = report(Summary(header=(name,), rows=((cell,),)), title=name, period=cell)
    page = Page(rendered.html)
    assert page.open == []
    assert set(page.tags) <= {"html", "head", "meta", "title", "body", "table", "tr", "td", "th", "a"}
    assert rendered.subject.isprintable()
    assert len(rendered.subject) <= 200
    assert all(line.isprintable() for line in rendered.text.splitlines())


def built(
    rendered: Rendered, attachment: Attachment | None = None, to: str = "ann@example.com"
) -> EmailMessage:
    raw = message.build(
        rendered,
        sender="reports@example.com",
        recipient=to,
        unsubscribe_url=UNSUBSCRIBE,
        attachment=attachment,
        at=datetime(2026, 11, 22, 8, tzinfo=UTC),
    )
    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    parsed: EmailMessage = email.message_from_bytes(raw, policy=policy.default)
    assert not parsed.defects
    return parsed


def test_a_mail_has_its_headers_both_bodies_and_its_attachment() -> None:
    mail = built(report(), Attachment("report-2026-11-21.csv", "text/csv", b'"a"\n"\xc3\xa4"\n'))
    assert mail["From"] == "Runsheet <reports@example.com>"
    assert mail["To"] == "ann@example.com"
    assert mail["Date"] == "Sun, 22 Nov 2026 08:00:00 +0000"
    assert mail["List-Unsubscribe"] == f"<{UNSUBSCRIBE}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    (attached,) = mail.iter_attachments()
    assert attached.get_filename() == "report-2026-11-21.csv"
    assert attached.get_content_type() == "text/csv"
    assert attached.get_payload(decode=True) == b'"a"\n"\xc3\xa4"\n'
    for kind in ("plain", "html"):
        body = mail.get_body((kind,))
        assert body is not None
        assert LINK in body.get_content()


def test_the_address_to_unsubscribe_stands_in_one_piece_however_long_it_is() -> None:
    url = f"https://abcdefghij.execute-api.ap-southeast-2.amazonaws.com/unsubscribe/{'u' * 43}"
    raw = message.build(
        report(),
        sender="reports@example.com",
        recipient="ann@example.com",
        unsubscribe_url=url,
        attachment=None,
        at=datetime(2026, 11, 22, 8, tzinfo=UTC),
    )
    assert f"\r\nList-Unsubscribe: <{url}>\r\n".encode() in raw


@pytest.mark.parametrize(
    "title",
    ["x\r\nBcc: evil@example.com", "x\nBcc: evil@example.com", "x\x00y", "x\u2028Bcc: e", "Größe 報告 🧾"],
)
def test_a_name_cannot_begin_a_header(title: str) -> None:
    mail = built(report(title=title))
    assert mail["Bcc"] is None
    assert set(mail.keys()) == {
        "From",
        "To",
        "Subject",
        "Date",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "Auto-Submitted",
        "MIME-Version",
        "Content-Type",
    }


def test_a_name_of_any_script_arrives() -> None:
    assert built(report(title="Größe 報告 🧾"))["Subject"].startswith("Größe 報告 🧾: as of")


def test_a_disabled_endpoint_s_own_words_are_text_and_begin_no_header() -> None:
    url = "https://example.com/<script>?a=1&b=" + "x" * 400
    rendered = rendering.disabled(DisabledMail("we_1", url, "live", "It answered\r\nBcc: evil@example.com"))
    assert Page(rendered.html).open == []
    assert "<script>" not in rendered.html
    assert "\r" not in rendered.text
    raw = message.build(
        rendered,
        sender="reports@example.com",
        recipient="ops@acme.example",
        unsubscribe_url=None,
        attachment=None,
        at=datetime(2026, 11, 22, 8, tzinfo=UTC),
    )
    assert b"List-Unsubscribe" not in raw
    parsed = email.message_from_bytes(raw, policy=policy.default)
    assert parsed["Bcc"] is None
    assert len(parsed["Subject"]) <= 200


def test_a_long_subject_begins_on_its_own_line() -> None:
    rendered = Rendered("Accounts receivable aging detail: " + "x" * 90, "<p>x</p>", "x\n")
    raw = message.build(
        rendered,
        sender="reports@example.com",
        recipient="ann@example.com",
        unsubscribe_url="https://reports.example.com/unsubscribe/x",
        attachment=None,
        at=datetime(2026, 11, 22, 8, tzinfo=UTC),
    )
    assert b"\r\nSubject: Accounts receivable aging detail: x" in raw


@given(st.text(max_size=300))
def test_any_subject_arrives_on_one_line(title: str) -> None:
    subject = report(title=title, period="p").subject
    mail = built(Rendered(subject, "<p>x</p>", "x\n"))
    assert "\n" not in mail["Subject"]
    assert " ".join(mail["Subject"].split()) == subject


@pytest.mark.parametrize(
    ("given_address", "sent_to"),
    [
        ("Ann@example.com", "Ann@example.com"),
        ("a.b+c@sub.example.co.uk", "a.b+c@sub.example.co.uk"),
        ("a@exämple.com", "a@xn--exmple-cua.com"),
        ("a@EXAMPLE.com", "a@example.com"),
    ],
)
def test_an_address_goes_out_in_ascii(given_address: str, sent_to: str) -> None:
    assert to_ascii(given_address) == sent_to
    assert built(report(), to=given_address)["To"] == sent_to


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "@example.com",
        "a@",
        "a@localhost",
        "a b@example.com",
        "ä@example.com",
        "a@example.com\r\nBcc: evil@example.com",
        "a\r\n@example.com",
        "a@example.com,b@example.com",
        "a@b@example.com",
        "<a@example.com>",
        '"a b"@example.com',
        ".a@example.com",
        "a..b@example.com",
        "a@-example.com",
        "a@example..com",
        "a@" + "x" * 64 + ".com",
        "a" * 65 + "@example.com",
        "a@" + ".".join(["x" * 60] * 5) + ".com",
        "a@exa mple.com",
        "a@example.com\x00",
    ],
)
def test_what_no_mail_can_be_sent_to_is_refused(address: str) -> None:
    with pytest.raises(Undeliverable):
        to_ascii(address)


@given(st.text(max_size=80))
def test_an_address_is_refused_or_is_one_that_no_header_breaks_on(text: str) -> None:
    try:
        address = to_ascii(text)
    except Undeliverable:
        return
    assert re.fullmatch(r"[!-~]+@[a-z0-9.-]+", address)
    assert built(Rendered("s", "<p>x</p>", "x\n"), to=text)["To"] == address

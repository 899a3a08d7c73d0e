"""Which addresses are taken, and what a mail's header is given."""

from __future__ import annotations

import pytest

from runsheet.email_addresses import InvalidAddress, checked, folded, sendable

LONGEST = "a" * 64 + "@" + ".".join(["b" * 60, "c" * 60, "d" * 60, "ee.com"])


@pytest.mark.parametrize(
    ("address", "sent_to"),
    [
        ("finance@example.com", "finance@example.com"),
        ("O'Brien+reports@mail.example.co.uk", "O'Brien+reports@mail.example.co.uk"),
        ("a@exämple.com", "a@xn--exmple-cua.com"),
        ("a@EXÄMPLE.com", "a@xn--exmple-cua.com"),
        ("a@例え.jp", "a@xn--r8jz45g.jp"),
        (LONGEST, LONGEST),
    ],
)
def test_it_is_kept_as_given_and_sent_to_in_ascii(address: str, sent_to: str) -> None:
    assert checked(address) == address
    assert sendable(address) == sent_to


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "@example.com",
        "a@",
        "a@b",
        "a@localhost",
        "a b@example.com",
        " a@example.com",
        "a@example.com ",
        "a@example.com\n",
        "a@example.com\r\nBcc: everyone@example.com",
        "a\n@example.com",
        "a\x00@example.com",
        "Ann <a@example.com>",
        "a@example.com, b@example.com",
        '"a b"@example.com',
        "a@[127.0.0.1]",
        "a@example..com",
        "ü@example.com",
        "=?utf-8?q?a?=@example.com",
        "=?utf-8?q??=@example.com",
        "a\ud800@example.com",
        "a@\ud800.com",
        "a@exa\u202emple.com",
        "a" * 65 + "@example.com",
        "x" + LONGEST,
        "a" * 10_000 + "@example.com",
    ],
)
def test_what_no_mail_can_be_sent_to_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(InvalidAddress) as refused:
        checked(address)
    assert len(address) < 3 or address not in str(refused.value)


def test_two_ways_of_writing_one_address_fold_to_one() -> None:
    assert folded("Ann@Exämple.com") == folded("ann@XN--EXMPLE-CUA.COM") == "ann@xn--exmple-cua.com"

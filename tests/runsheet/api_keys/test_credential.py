"""The Authorization header is read without trusting it."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from runsheet.api_keys.credential import Credential, parse

TOKEN = "sk_test_" + "0aZ" * 13 + "abcd"
RESTRICTED = "rk_live_" + "0aZ" * 13 + "WXYZ"
PAIR = "su0123456789AB:" + "k" * 64


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "header",
    [
        f"Bearer {TOKEN}",
        f"bearer {TOKEN}",
        f"BEARER   {TOKEN}  ",
        basic(f"{TOKEN}:"),
        basic(TOKEN),
        basic(f"{TOKEN}:ignored"),
        basic(f"{TOKEN}:").replace("Basic", "basic").rstrip("="),
    ],
)
def test_a_token_is_read_from_bearer_and_from_the_user_of_basic(header: str) -> None:
    assert parse(header) == Credential("token", TOKEN)


@pytest.mark.parametrize("header", [basic(PAIR), basic(PAIR).rstrip("=")])
def test_an_access_pair_is_read_from_basic(header: str) -> None:
    assert parse(header) == Credential("pair", PAIR)


@pytest.mark.parametrize(
    "header", [None, "", "   ", "Bearer", "Bearer ", "Basic ", basic(":"), TOKEN, "Digest x"]
)
def test_a_header_without_a_credential_is_none(header: str | None) -> None:
    assert parse(header) is None


@pytest.mark.parametrize(
    "header",
    [
        "Bearer nonsense",
        "Bearer sk_test_short",
        "Bearer sk_prod_" + "a" * 43,
        "Bearer " + TOKEN + "é",
        "Bearer " + TOKEN + "\n" + TOKEN,
        "Bearer " + TOKEN + "," + TOKEN,
        "Bearer " + PAIR,
        "Bearer sk_test_" + "a" * 100_000,
        "Bearer \ud800" + "a" * 40,
        "Basic !!!!",
        "Basic a",
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
        "Basic ünïcode",
        basic(":password"),
        basic("someone:password"),
        basic("x" * 100_000 + ":y"),
    ],
)
def test_what_is_not_ours_is_other_and_shows_nothing(header: str) -> None:
    assert parse(header) == Credential("other")


@pytest.mark.parametrize("header", ["Bearer pk_test_" + "a" * 24, basic("pk_live_:"), "Bearer pk_live_"])
def test_a_publishable_key_is_told_apart(header: str) -> None:
    credential = parse(header)

    assert credential is not None
    assert (credential.form, credential.shown) == ("publishable", "*" * 16)


def test_a_message_shows_the_prefix_and_the_last_four_at_most() -> None:
    assert Credential("token", TOKEN).shown == "sk_test_****************abcd"
    assert Credential("token", RESTRICTED).shown == "rk_live_****************WXYZ"
    assert Credential("pair", PAIR).shown == "su0123456789AB"
    assert Credential("other").shown == "****************"


def test_the_hash_is_of_the_whole_secret() -> None:
    assert Credential("token", TOKEN).secret_hash == hashlib.sha256(TOKEN.encode()).hexdigest()
    assert Credential("pair", PAIR).secret_hash == hashlib.sha256(PAIR.encode()).hexdigest()


def test_the_secret_is_not_in_the_repr() -> None:
    assert TOKEN not in repr(Credential("token", TOKEN))


@given(st.text() | st.text().map(lambda text: f"Basic {text}") | st.text().map(lambda text: f"Bearer {text}"))
@example(basic("su0123456789AB:\ud7ff" * 10))
def test_no_header_breaks_it(header: str) -> None:
    credential = parse(header)

    if credential is not None:
        assert len(credential.secret_hash) == 64
        assert len(credential.shown) <= 28

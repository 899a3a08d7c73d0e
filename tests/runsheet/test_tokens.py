"""Tokens that stand in a link."""

from __future__ import annotations

import hmac

from runsheet.tokens import derived_token, hash_of, new_token, plausible

KEY = b"a key"


def test_tokens_are_of_one_form_however_they_are_made() -> None:
    made = {new_token() for _ in range(200)} | {derived_token(KEY, str(number)) for number in range(200)}
    assert len(made) == 400
    assert all(plausible(token) for token in made)
    assert len({hash_of(token) for token in made}) == 400


def test_a_derived_token_is_the_whole_digest_and_always_the_same() -> None:
    token = derived_token(KEY, "link_1")
    number = 0
    for digit in token:
        number = number * 62 + "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".index(digit)
    assert number.to_bytes(32, "big") == hmac.digest(KEY, b"link_1", "sha256")
    assert derived_token(KEY, "link_1") == token
    assert derived_token(b"another", "link_1") != token

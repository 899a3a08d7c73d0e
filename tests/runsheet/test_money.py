"""The frozen currency table against the registry."""

from __future__ import annotations

import iso4217

from runsheet import money


def test_every_currency_in_use_has_the_decimals_of_iso_4217() -> None:
    in_use = {c.code.lower(): c.exponent for c in iso4217.Currency if c.exponent is not None}
    ours = {code: decimals for code, decimals in money.EXPONENTS.items() if code not in money.WITHDRAWN}
    assert ours == in_use


def test_a_withdrawn_currency_is_not_in_use() -> None:
    in_use = {c.code.lower() for c in iso4217.Currency}
    assert not money.WITHDRAWN & in_use


def test_an_unknown_currency_has_two_decimals() -> None:
    assert money.exponent("zzz") == 2
    assert money.exponent("jpy") == 0
    assert money.exponent("kwd") == 3

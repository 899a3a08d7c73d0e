"""Decimals of a currency, by ISO 4217. Amounts are stored as integers in minor units and leave as decimals.

The table is frozen here, and held against the `iso4217` package by a test: an update of a dependency must not
move the decimal point of a published report. Withdrawn currencies stay, because old records have them.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_DECIMALS = {
    0: "bif clp djf gnf isk jpy kmf krw pyg rwf ugx uyi vnd vuv xaf xof xpf",
    2: """aed afn all amd aoa ars aud awg azn bam bbd bdt bmd bnd bob bov brl bsd btn bwp byn bzd cad cdf
          che chf chw cny cop cou crc cup cve czk dkk dop dzd egp ern etb eur fjd fkp gbp gel
          ghs gip gmd gtq gyd hkd hnl htg huf idr ils inr irr jmd kes kgs khr kpw kyd kzt lak
          lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mru mur mvr mwk mxn mxv myr mzn nad ngn
          nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub sar sbd scr sdg sek sgd shp
          sle sos srd ssp stn svc syp szl thb tjs tmt top try ttd twd tzs uah usd usn uyu uzs
          ved ves wst xad xcd xcg yer zar zmw zwg""",
    3: "bhd iqd jod kwd lyd omr tnd",
    4: "clf uyw",
}
_WITHDRAWN_DECIMALS = {0: "byr", 2: "ang bgn cuc eek hrk ltl lvl mro sll std vef zwl"}

WITHDRAWN = frozenset(" ".join(_WITHDRAWN_DECIMALS.values()).split())
DEFAULT_EXPONENT = 2

EXPONENTS: Mapping[str, int] = MappingProxyType(
    {
        currency: decimals
        for table in (_DECIMALS, _WITHDRAWN_DECIMALS)
        for decimals, currencies in table.items()
        for currency in currencies.split()
    }
)
"""Number of decimals of every currency in use or withdrawn, by its code in lower case."""


def exponent(currency: str) -> int:
    """Return the number of decimals of `currency` (lower case); 2 for a code that ISO 4217 does not know."""
    return EXPONENTS.get(currency, DEFAULT_EXPONENT)

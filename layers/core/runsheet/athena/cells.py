"""How a typed value becomes the text of a CSV cell in Trino's SQL: what `engine.cells` does in DuckDB's.

Quotes are not doubled here: Athena quotes every cell that is not NULL, and doubles them itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runsheet.engine.cells import FORMULA, by_currency
from runsheet.engine.session import identifier, literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runsheet.catalog.header import ColumnType


def cell(value: str, kind: ColumnType, decimal_separator: str) -> str:
    """Return the SQL of the text of a value of a column of the kind; a value of metadata is text."""
    match kind:
        case "money":
            amount = _money(f'{value}."minor"', f'{value}."currency"')
            return (
                amount
                if decimal_separator == "."
                else f"replace({amount}, '.', {literal(decimal_separator)})"
            )
        case "timestamp":
            # Rounded down to the second, where a cast to timestamp(0) rounds to the nearest.
            return f"date_format({value}, '%Y-%m-%d %H:%i:%s')"
        case "decimal":
            digits = f"trim(trailing '0' from cast({value} as varchar))"
            return f"case when substr({digits}, -1) = '.' then {digits} || '0' else {digits} end"
        case "text" | "metadata":
            return _text(value)
        case _:
            return f"cast({value} as varchar)"


def totals(columns: Iterable[str], rows: str) -> str:
    """Return the query of the control totals: one column and row of JSON, that `athena.result` reads.

    It has a list for each group of rows whose amounts have the same currencies: how many, and for each column its name, the
    currency and the sum.

    Args:
        columns: those of amounts.
        rows: the name of the rows.
    """
    names = list(columns)
    sums = [
        f'{identifier(name)}."currency" as q{at}, sum({identifier(name)}."minor") as s{at}'
        for at, name in enumerate(names)
    ]
    keys = ", ".join(f'{identifier(name)}."currency"' for name in names)
    listed = [f"{literal(name)}, q{at}, cast(s{at} as varchar)" for at, name in enumerate(names)]
    groups = f" group by {keys}" if names else ""
    return (
        f"select json_format(cast(array_agg(array[{', '.join(['cast(n as varchar)', *listed])}]) as json)) as totals"  # noqa: S608
        f" from (select {', '.join(['count(*) as n', *sums])} from {rows}{groups}) as sums"
    )


def _text(value: str) -> str:
    formula = ", ".join(literal(one) if one.isprintable() else f"chr({ord(one)})" for one in FORMULA)
    return (
        f"case when {value} = '' then null when substr({value}, 1, 1) in ({formula}) then '''' || {value}"
        f" else {value} end"
    )


def _money(minor: str, currency: str) -> str:
    return by_currency(
        currency,
        lambda decimals: _decimal(minor, decimals),
        among=lambda listed, value: f"{value} in ({listed})",
    )


def _decimal(minor: str, decimals: int) -> str:
    if decimals == 0:
        return f"cast({minor} as varchar)"
    unit = f"cast('{10**-decimals:.{decimals}f}' as decimal({decimals}, {decimals}))"
    return f"cast({minor} * {unit} as varchar)"

"""How a typed value becomes the text of a CSV cell (contracts: v1, 2.3; account usage, 2.2).

Every cell is quoted, or every text, and an empty one is nothing between two commas: what SQL returns as NULL. A line is put
together in SQL, and COPY only writes it: to look once more at every cell for what to quote takes COPY a third
of an export's time. No `x in (...)` over constants: DuckDB makes a hash join of it, which costs more than the
comparison and gives up the order of the rows.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from runsheet import money
from runsheet.engine.session import identifier, literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from runsheet.catalog import Column
    from runsheet.engine.rows import Rows

# COPY writes lines as they are: without a quote character it quotes nothing. It looks for the delimiter all the
# same; as almost every line begins with this one, it has not far to look.
COPY_OPTIONS = "format csv, header false, quote '', escape '', delimiter '\"', use_tmp_file false"
# Up to here an amount fits DECIMAL(16, 0), whose arithmetic is that of a 64-bit integer; sums may be larger.
_FAST = 10**15 - 1
# What a spreadsheet would take for the start of a formula; the full-width forms where it is set to Japanese or Chinese.
FORMULA = "=+-@\t\n\r＝＋－＠"  # noqa: RUF001


def header_line(titles: Iterable[str], *, quotes: str = "all") -> bytes:
    """Return the first line of the CSV; a title may be an organisation's own text, as a cell."""
    text = io.StringIO()
    titled = [f"'{title}" if title.startswith(tuple(FORMULA)) else title for title in titles]
    lines = csv.writer(
        text, quoting=csv.QUOTE_ALL if quotes == "all" else csv.QUOTE_MINIMAL, lineterminator="\n"
    )
    lines.writerow(titled)
    return text.getvalue().encode()


def lines(rows: Rows, *, quotes: str) -> tuple[str, dict[str, Any]]:
    """Return the query of the CSV's lines of rows, in order, without their ends, and what to bind to it."""
    select, keys = select_list(rows.known, rows.names, rows.given.get("decimal_separator"))
    types = {column.name: column.type for column in rows.known}
    joined = line([quotes == "all" or types.get(name, "text") == "text" for name in rows.names])
    # Lines are sorted, not rows: one text for each is moved, and not all of its columns.
    more = ", report.*" if rows.order_by else ""
    made = f"select {select}{more} from ({rows.sql}) as report"  # noqa: S608
    return rows.statement(f"select {joined} from ({made}) as made{rows.sorting}", keys)  # noqa: S608


def select_list(
    known_columns: Iterable[Column], names: Iterable[str], decimal_separator: str | None
) -> tuple[str, dict[str, str]]:
    """Return the SQL of the cells of the columns `names`, over a relation that has the `known_columns`.

    Returns:
        The select list of c0, c1 and so on, each the text between its quotes, or NULL; and what to bind: the
        keys of metadata columns, which are the caller's text.
    """
    known = {column.name: column for column in known_columns if column.type != "metadata"}
    cells: list[str] = []
    keys: dict[str, str] = {}
    for position, name in enumerate(names):
        if name in known:
            cells.append(_cell(known[name], decimal_separator or "."))
        else:
            family, key = name.removesuffix("]").split("[", 1)
            keys[f"metadata_key_{position}"] = key
            cells.append(_text(f"{identifier(family)}[$metadata_key_{position}]"))
    return ",\n".join(f"{cell} as c{position}" for position, cell in enumerate(cells)), keys


def line(quoted: Sequence[bool]) -> str:
    """Return the SQL of a line of the CSV, without its end, over the cells of `select_list`: whether each is quoted."""
    cells = [_quoted(position) if is_quoted else f"c{position}" for position, is_quoted in enumerate(quoted)]
    return "concat(" + ", ',', ".join(cells) + ")"


def _quoted(position: int) -> str:
    # The marks are constants, so this makes no text; '"' || cell || '"' would make one for every cell.
    mark = f"case when c{position} is not null then '\"' end"
    return f"{mark}, c{position}, {mark}"


def _cell(column: Column, decimal_separator: str) -> str:
    name = identifier(column.name)
    if column.type == "money":
        amount = money_text(name)
        return amount if decimal_separator == "." else f"replace({amount}, '.', {literal(decimal_separator)})"
    if column.type == "timestamp":
        return time_text(name)
    if column.type == "decimal":
        return decimal_text(name)
    if column.type == "text":
        return _text(name)
    return f"{name}::varchar"


def decimal_text(value: str) -> str:
    """Return the SQL of a decimal's text, exact and short: 2.5 and 3.0, however many decimals the sum has room for."""
    digits = f"rtrim({value}::varchar, '0')"
    return f"case when ends_with({digits}, '.') then {digits} || '0' else {digits} end"


def money_text(amount: str) -> str:
    """Return the SQL of the text of an amount (minor units and currency) in major units."""
    return _money(f"struct_extract({amount}, 'minor')", f"struct_extract({amount}, 'currency')")


def time_text(moment: str) -> str:
    """Return the SQL of the text of `moment`, rounded down to the second; a cast to TIMESTAMP_S rounds to the nearest."""
    # Dropping the milliseconds is faster than date_trunc, and rounds down from 1970 on.
    whole = f"make_timestamp_ms((epoch_ms({moment}) // 1000) * 1000)"
    return (
        f"case when {moment} >= timestamp '1970-01-01' then {whole}"
        f" else date_trunc('second', {moment}) end::varchar"
    )


def _text(value: str) -> str:
    """Return `value` with its quotes doubled and an apostrophe before what would run as a formula; NULL for ''.

    What begins with an ASCII letter and has no quote needs no care, as most values.
    """
    # One function, not a comparison for each character: every one would be planned for every text of every part.
    formula = f"contains({literal(FORMULA)}, left({value}, 1))"
    doubled = f"replace({value}, '\"', '\"\"')"
    return (
        f"case when {value} between 'A' and '~' and not contains({value}, '\"') then {value}"
        f" when {value} = '' then null when {formula} then '''' || {doubled} else {doubled} end"
    )


def _money(minor: str, currency: str) -> str:
    fast = by_currency(currency, lambda decimals: _decimal(minor, decimals))
    slow = by_currency(currency, lambda decimals: _large_decimal(minor, decimals))
    return f"case when {minor} between -{_FAST} and {_FAST} then {fast} else {slow} end"


def by_currency(
    currency: str, amount: Callable[[int], str], among: Callable[[str, str], str] | None = None
) -> str:
    """Return the SQL of what `amount` makes of the number of decimals of the currency.

    `among` makes the condition that the currency, its second argument, is one of those listed; by default DuckDB's.
    """
    is_one = among or _contained
    branches = [
        f"when {is_one(_listed(decimals), currency)} then {amount(decimals)}"
        for decimals in sorted(set(money.EXPONENTS.values()) - {money.DEFAULT_EXPONENT})
    ]
    return f"case {' '.join(branches)} else {amount(money.DEFAULT_EXPONENT)} end"


def _contained(listed: str, value: str) -> str:
    # list_contains runs once per value of a dictionary-encoded column, a chain of comparisons once per row.
    return f"list_contains([{listed}], {value})"


def _listed(decimals: int) -> str:
    return ", ".join(
        literal(currency) for currency, exponent in money.EXPONENTS.items() if exponent == decimals
    )


def _decimal(minor: str, decimals: int) -> str:
    if decimals == 0:
        return f"{minor}::varchar"
    unit = f"{10**-decimals:.{decimals}f}"
    # try_cast: under an ORDER BY, DuckDB 1.5.5 casts the amounts of the other branch of the CASE as well.
    return f"(try_cast({minor} as decimal(16, 0)) * {unit}::decimal({decimals}, {decimals}))::varchar"


def _large_decimal(minor: str, decimals: int) -> str:
    if decimals == 0:
        return f"{minor}::varchar"
    # At least one digit before the point, whatever the sign; arithmetic takes three times as long to plan.
    digits = f"format('{{:0{decimals + 2}d}}', {minor})"
    return rf"regexp_replace({digits}, '^(-?)0*(\d+)(\d{{{decimals}}})$', '\1\2.\3')"

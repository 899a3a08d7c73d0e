"""HTML that mail clients agree on: tables, inline styles, escaped text. No scripts, no images, nothing remote.

Every coloured cell has a background of its own, and text is neither black nor white: clients in dark mode that turn
colours round, and those that do not, both stay readable.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runsheet.mail.model import Summary, Total

_INK, _PAPER, _FAINT, _LINE, _BLUE = "#1f2937", "#fdfdfd", "#5b6472", "#d5d9e0", "#2563c9"
_FONT = "font-family:-apple-system,'Segoe UI',Helvetica,Arial,sans-serif"
_CELL = f"padding:4px 8px;border-bottom:1px solid {_LINE};font-size:13px"
_BAR_WIDTH = 200
_TABLE = '<table role="presentation" cellpadding="0" cellspacing="0" border="0"'


def document(title: str, parts: Iterable[str]) -> str:
    """Return a whole mail: a title and what stands below it."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        f"<title>{_text(title)}</title></head>"
        f'<body style="margin:0;padding:0;background:{_PAPER}">'
        f'{_TABLE} width="100%" bgcolor="{_PAPER}"><tr><td align="center" style="padding:24px 12px">'
        f'{_TABLE} width="640" bgcolor="{_PAPER}" style="max-width:640px;{_FONT};color:{_INK};font-size:15px;'
        'line-height:1.5">'
        f'<tr><td style="font-size:20px;font-weight:bold;padding-bottom:4px">{_text(title)}</td></tr>'
        f"{''.join(parts)}</table></td></tr></table></body></html>"
    )


def paragraph(text: str, *, faint: bool = False) -> str:
    """Return a paragraph."""
    style = f"color:{_FAINT};font-size:13px" if faint else f"color:{_INK}"
    return f'<tr><td style="padding:6px 0;{style}">{_text(text)}</td></tr>'


def notice(text: str) -> str:
    """Return a paragraph that is not to be missed."""
    return (
        f'<tr><td bgcolor="#fff4d6" style="padding:10px 12px;background:#fff4d6;color:#5f4300">'
        f"{_text(text)}</td></tr>"
    )


def button(label: str, url: str) -> str:
    """Return a link that looks like a button."""
    return (
        f'<tr><td style="padding:12px 0">{_TABLE}><tr><td bgcolor="{_BLUE}" style="border-radius:6px;'
        f'background:{_BLUE};padding:10px 18px"><a href="{escape(url)}" style="color:#fdfdfd;'
        f'text-decoration:none;font-weight:bold">{_text(label)}</a></td></tr></table></td></tr>'
    )


def link(label: str, url: str) -> str:
    """Return a small link on a line of its own."""
    return (
        f'<tr><td style="padding:6px 0;font-size:13px"><a href="{escape(url)}" style="color:{_BLUE}">'
        f"{_text(label)}</a></td></tr>"
    )


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Return names and values, one a line."""
    rows = "".join(
        f'<tr><td style="{_CELL};color:{_FAINT};white-space:nowrap">{_text(name)}</td>'
        f'<td style="{_CELL};color:{_INK};word-break:break-all">{_text(value)}</td></tr>'
        for name, value in pairs
    )
    return f'<tr><td style="padding:8px 0">{_TABLE} width="100%">{rows}</table></td></tr>'


def summary(shown: Summary) -> str:
    """Return totals with their bars, or a small table."""
    if shown.totals:
        return "".join(_total(total) for total in shown.totals)
    head = "".join(
        f'<th align="left" style="{_CELL};color:{_FAINT}">{_text(name)}</th>' for name in shown.header
    )
    rows = "".join(
        "<tr>" + "".join(f'<td style="{_CELL};color:{_INK}">{_text(cell)}</td>' for cell in row) + "</tr>"
        for row in shown.rows
    )
    return f'<tr><td style="padding:8px 0">{_TABLE} width="100%"><tr>{head}</tr>{rows}</table></td></tr>'


def _total(total: Total) -> str:
    rows = "".join(
        f'<tr><td style="{_CELL};color:{_FAINT};white-space:nowrap">{_text(bar.label)}</td>'
        f'<td style="{_CELL}">{_bar(bar.share)}</td>'
        f'<td align="right" style="{_CELL};color:{_INK};white-space:nowrap">{_text(bar.amount)}</td></tr>'
        for bar in total.bars
    )
    sum_row = (
        f'<tr><td style="{_CELL};color:{_INK};font-weight:bold">Total</td><td style="{_CELL}"></td>'
        f'<td align="right" style="{_CELL};color:{_INK};font-weight:bold;white-space:nowrap">'
        f"{_text(total.total)}</td></tr>"
    )
    return (
        f'<tr><td style="padding:12px 0 2px;font-weight:bold;color:{_INK}">{_text(total.currency)}</td></tr>'
        f'<tr><td>{_TABLE} width="100%">{rows}{sum_row}</table></td></tr>'
    )


def _bar(share: float) -> str:
    width = round(share * _BAR_WIDTH)
    if width <= 0:
        return ""
    return (
        f'{_TABLE} width="{width}"><tr><td bgcolor="{_BLUE}" height="10" '
        f'style="background:{_BLUE};height:10px;line-height:10px;font-size:1px">&nbsp;</td></tr></table>'
    )


def _text(text: str) -> str:
    """Escape text, and cut what would make a mail unreadable; a control character never reaches a client."""
    printable = "".join(c if c.isprintable() else " " for c in text)
    return escape(printable if len(printable) <= 300 else printable[:299] + "…")

"""Values in a statement. Text is bound, as it may be the caller's; what has no text of anybody's in it is a literal.

Athena documents `?` for conditions only, as its engine version 2 had it; version 3 takes it elsewhere too. So a time or a
number is not bound, and what is left outside of conditions are the keys of metadata.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.tokenizer_core import TokenType

if TYPE_CHECKING:
    from collections.abc import Iterable

# Of the limit of 1,024 characters for a parameter; a quote takes two.
_PIECE = 500
_NAME = "text_"


class Marks:
    """The texts that are bound to a statement in the making."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def value(self, value: Any) -> exp.Expr:  # noqa: ANN401 - of any parameter
        """Return the expression of a value: a mark for a text, an array for a list, a literal for anything else.

        Raises:
            TypeError: there is no such value in a report.
        """
        match value:
            case exp.Expr():
                return value
            case None:
                return exp.Null()
            case bool():
                return exp.Boolean(this=value)
            case int() | Decimal():
                return exp.Literal.number(value)
            case datetime():
                return exp.cast(exp.Literal.string(value.isoformat(sep=" ")), "timestamp")
            case date():
                return exp.cast(exp.Literal.string(value.isoformat()), "date")
            case str():
                return self.text(value)
            case list() | tuple():
                return exp.Array(expressions=[self.value(one) for one in value])
        raise TypeError(f"no value of a report: {type(value)}")

    def text(self, text: str) -> exp.Expr:
        """Return the mark of a text; of one that is too long for a parameter, several that are put together."""
        pieces = [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)] or [""]
        return exp.paren(_joined(self._mark(piece) for piece in pieces)) if pieces[1:] else self._mark(text)

    def placed(self, sql: str) -> tuple[str, tuple[str, ...]]:
        """Return the SQL with a `?` in the place of every mark, and for each the literal of its text."""
        if not self._texts:
            return sql, ()
        made, end, parameters = [], 0, []
        tokens = Trino().tokenize(sql)
        for colon, name in pairwise(tokens):
            if colon.token_type is TokenType.COLON and name.text.startswith(_NAME):
                made += [sql[end : colon.start], "?"]
                end = name.end + 1
                parameters.append(literal(self._texts[int(name.text.removeprefix(_NAME))]))
        return "".join([*made, sql[end:]]), tuple(parameters)

    def _mark(self, text: str) -> exp.Placeholder:
        self._texts.append(text)
        return exp.Placeholder(this=f"{_NAME}{len(self._texts) - 1}")


def literal(text: str) -> str:
    """Return a text as an ExecutionParameter."""
    return exp.Literal.string(text).sql("trino")


def _joined(parts: Iterable[exp.Expr]) -> exp.Expr:
    first, *rest = parts
    for part in rest:
        first = exp.DPipe(this=first, expression=part)
    return first

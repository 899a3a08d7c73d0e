"""Trino's own grammar, of the release that Athena's engine version 3 follows most closely of those that are packaged."""

from __future__ import annotations

from typing import Any

import antlr4  # type: ignore[import-untyped]
from antlr4.atn.PredictionMode import PredictionMode  # type: ignore[import-untyped]
from antlr4.error.ErrorListener import ErrorListener  # type: ignore[import-untyped]
from antlr4.error.Errors import ParseCancellationException  # type: ignore[import-untyped]
from antlr4.error.ErrorStrategy import BailErrorStrategy  # type: ignore[import-untyped]
from trino_query_parser.SqlBaseLexer import SqlBaseLexer  # type: ignore[import-untyped]
from trino_query_parser.SqlBaseParser import SqlBaseParser  # type: ignore[import-untyped]


class NotInTheGrammar(Exception):
    """The text is no statement of Trino's."""


class _Refusing(ErrorListener):  # type: ignore[misc]
    def syntaxError(  # noqa: N802 - the listener's own name
        self,
        recognizer: Any,  # noqa: ARG002
        offendingSymbol: Any,  # noqa: ARG002, N803
        line: int,
        column: int,
        msg: str,
        e: Any,  # noqa: ARG002
    ) -> None:
        raise NotInTheGrammar(f"{line}:{column} {msg}")


def parse(sql: str) -> None:
    """Parse a statement.

    Raises:
        NotInTheGrammar: it is none.
    """
    # The grammar has its keywords in capitals: Trino folds the case of the stream, which the package leaves to its caller.
    lexer = SqlBaseLexer(antlr4.InputStream(sql.upper()))
    parser = SqlBaseParser(antlr4.CommonTokenStream(lexer))
    for each in (lexer, parser):
        each.removeErrorListeners()
        each.addErrorListener(_Refusing())
    # As Trino does first: what this mode takes, the slow one takes too.
    parser._interp.predictionMode = PredictionMode.SLL
    # Nothing is made of the tree, and nothing is to be mended.
    parser.buildParseTrees = False
    parser._errHandler = BailErrorStrategy()
    try:
        parser.singleStatement()
    except ParseCancellationException as error:
        raise NotInTheGrammar(str(error)) from error

"""The statements are those that were written down, and Trino's grammar takes them."""

from __future__ import annotations

import pytest

from tests.runsheet.athena import golden, grammar


@pytest.mark.parametrize("name", golden.names())
def test_a_statement_is_the_one_that_was_written_down_and_in_trinos_grammar(name: str) -> None:
    """After a change that is meant: python -m tests.runsheet.athena.golden --write."""
    made = golden.statement(name)
    assert golden.text(made) == (golden.FOLDER / f"{name}.sql").read_text(encoding="utf-8")
    grammar.parse(made.sql)


def test_nothing_else_is_written_down() -> None:
    assert {path.name for path in golden.FOLDER.iterdir()} == {f"{name}.sql" for name in golden.names()}


@pytest.mark.parametrize(
    "sql",
    [
        "select 1 from",
        "select (1",
        "select a from b qualify row_number() over () = 1",
        "select $1",
        "select {'a': 1}",
        "select a::date",
        "select * exclude (a) from b",
        "from b",
        "select list_transform(a, lambda x: x)",
        "select 1; select 2",
    ],
)
def test_trinos_grammar_refuses_what_is_duckdbs(sql: str) -> None:
    with pytest.raises(grammar.NotInTheGrammar):
        grammar.parse(sql)

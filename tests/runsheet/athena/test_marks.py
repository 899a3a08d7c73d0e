"""Texts reach the statement as values, whatever they are."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from local.athena_execution import StatementFailed, with_parameters
from runsheet.athena.marks import Marks

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=1200)


@given(st.lists(TEXTS, min_size=1, max_size=5))
@example(["'", "''", "?", "$path", ":text_0", "'; drop table x --", "\\'", "\n", "é😀", "", "/* ? */"])
@example(["'" * 1200, "?" * 1200])
def test_a_text_comes_back_as_it_was(texts: list[str]) -> None:
    marks = Marks()
    written = ", ".join(f"{marks.text(text).sql('trino')} || ':text_0 ? '" for text in texts)
    sql, parameters = marks.placed(f"select {written}")
    assert all(len(parameter) <= 1024 for parameter in parameters)
    assert sql.count("?") == len(parameters) + len(texts)
    whole = with_parameters(sql, parameters)
    assert duckdb.sql(whole).fetchone() == tuple(f"{text}:text_0 ? " for text in texts)


def test_what_has_no_text_of_anybodys_is_a_literal() -> None:
    marks = Marks()
    values = [None, True, 7, Decimal("2.50"), date(2026, 1, 2), datetime(2026, 1, 2, 3, 4, 5)]  # noqa: DTZ001
    made = [marks.value(value).sql("trino") for value in values]
    assert made == [
        "NULL",
        "TRUE",
        "7",
        "2.50",
        "CAST('2026-01-02' AS DATE)",
        "CAST('2026-01-02 03:04:05' AS TIMESTAMP)",
    ]
    assert marks.placed("select 1") == ("select 1", ())


def test_a_value_that_no_report_has_is_refused() -> None:
    with pytest.raises(TypeError):
        Marks().value(object())


def test_a_statement_has_as_many_parameters_as_marks() -> None:
    with pytest.raises(StatementFailed, match="expected 1 but found 0"):
        with_parameters("select '?' || ? -- ?", [])
    with pytest.raises(StatementFailed, match="expected 0 but found 1"):
        with_parameters("select '?'", ["1"])


def test_a_parameter_is_a_value() -> None:
    with pytest.raises(StatementFailed):
        with_parameters("select ?", ["(select 1)"])

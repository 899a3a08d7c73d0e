"""What is read from Athena's result."""

from __future__ import annotations

import pytest

from runsheet import athena, catalog

USAGE = catalog.report_type("account_usage.child_detailed.1")
BALANCE = catalog.report_type("balance.summary.2")


def test_the_control_totals_are_those_of_all_groups() -> None:
    line = (
        b'"[[""2"",""gross"",""usd"",""-5"",""shown"",null,null],[""1"",""gross"",""usd"",""7"",""shown"",""a\\""b"",'
        b'""99999999999999999999""]]",,\n'
    )
    assert athena.totals(line) == (3, {("usd", "gross"): 2, ('a"b', "shown"): 99999999999999999999})


@pytest.mark.parametrize("line", [b"", b"\n", b'"null"\n', b",,\n", b'"[]",\n'])
def test_the_control_totals_of_nothing(line: bytes) -> None:
    if line.strip():
        assert athena.totals(line) == (0, {})
    else:
        with pytest.raises(ValueError, match=r"line|unpack"):
            athena.totals(line)


@pytest.mark.parametrize("line", [b'"a","b"\n', b'"a"\n', b"1,2\n"])
def test_another_line_is_no_control_total(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"line|unpack"):
        athena.totals(line)


def test_lines_stay_as_they_are_where_every_cell_is_quoted() -> None:
    lines = b'"a ""b""",,"1\n2"\n'
    assert athena.cells_of(BALANCE, lines) == lines


def test_only_text_keeps_its_quotes_in_a_report_that_has_it_so() -> None:
    lines = b'"org ""1""\n","a,b","2026-01-01","2.5","0.0"\n"x",,"2026-01-02",,"1.0"\n'
    assert athena.cells_of(USAGE, lines) == b'"org ""1""\n","a,b",2026-01-01,2.5,0.0\n"x",,2026-01-02,,1.0\n'

"""How the header of a report type is read, and what it takes from other types."""

from __future__ import annotations

import pytest

from runsheet.catalog import header

_HEADER = """name = "x"
meaning = "x"
order_by = "a"
[reads]
balance_transactions = "interval"
[parameters]
currency = { kind = "currency" }
[columns]
a = { type = "text", meaning = "x" }
"""


def parsed(text: str, sql: str = "select 1 as a\n", **others: header.ReportFile) -> header.ReportFile:
    return header.parse(f"/* +++\n{text}+++ */\n{sql}", others.__getitem__)


def test_a_header_is_read_and_the_sql_left_as_it_is() -> None:
    file = parsed(_HEADER, "select 1 as a;\n")
    assert (file.header.name, file.tables, file.views, file.rows) == ("x", {}, {}, "select 1 as a")


def test_tables_and_views_stand_before_the_rows() -> None:
    before = (
        "-- why\ncreate table one as\nselect 1 as a;\n\ncreate view three as\nfrom two;\n"
        "create table two as\nselect a + 1 as b from one;\n"
    )
    file = parsed(_HEADER, f"{before}\nselect b from three\n")
    assert file.tables == {"one": "select 1 as a", "two": "select a + 1 as b from one"}
    assert file.views == {"three": "from two"}
    assert file.rows.endswith("select b from three")


_OTHER = """name = "y"
meaning = "y"
rows_of = "first"
[parameters]
payout = { kind = "id", required = true }
"""


def test_a_type_has_the_rows_of_another_and_says_what_differs() -> None:
    first = parsed(
        _HEADER.replace('order_by = "a"', 'order_by = "a"\nin_order = true\ndefault_columns = ["a"]')
        + 'b = { type = "money", meaning = "x" }\n',
        "create view lines as\nselect 1;\ncreate table made as\nselect 2;\nselect a, b from lines",
    )
    plain = parsed(_OTHER, "-- Nothing differs.\n", first=first)
    assert plain.header.model_dump(
        exclude={"name", "meaning", "parameters", "rows_of"}
    ) == first.header.model_dump(exclude={"name", "meaning", "parameters", "rows_of"})
    assert (plain.rows, plain.views, plain.tables) == (first.rows, first.views, first.tables)
    assert list(plain.header.parameters) == ["payout"]
    differs = parsed(
        _OTHER.replace(
            "[parameters]", 'columns = ["b", "a"]\nin_order = false\n[reads]\ncustomers = "all"\n[parameters]'
        ),
        "create view lines as\nselect 3;\n",
        first=first,
    )
    assert list(differs.header.columns.items()) == [(name, first.header.columns[name]) for name in ("b", "a")]
    assert differs.header.reads == {"customers": "all"}
    assert not differs.header.in_order
    assert (differs.rows, differs.views, differs.tables) == (
        first.rows,
        {"lines": "select 3"},
        {"made": "select 2"},
    )


def test_a_type_has_the_rows_of_one_and_the_records_of_another() -> None:
    first = parsed(_HEADER, "create view lines as\nselect 1;\nselect a from lines")
    second = parsed(
        _HEADER.replace('= "interval"', '= "all"').replace('= "a"\n', '= "b"\n').replace("\na =", "\nb ="),
        "create table made as\nselect 2;\ncreate view lines as\nfrom made;\nselect b from lines",
    )
    both = parsed(
        _OTHER.replace("[parameters]", 'records_of = "second"\n[parameters]'), "", first=first, second=second
    )
    assert (both.rows, both.tables, both.views) == (first.rows, second.tables, second.views)
    assert (both.header.reads, both.header.order_by) == (second.header.reads, "a")
    own_rows = parsed(
        _HEADER.replace("[reads]\nbalance_transactions", 'records_of = "second"\n#'), second=second
    )
    assert (own_rows.rows, own_rows.tables, own_rows.views) == ("select 1 as a", second.tables, second.views)
    assert own_rows.header.reads == second.header.reads


def test_connected_accounts_have_a_leading_column() -> None:
    first = parsed(_HEADER.replace('order_by = "a"', 'order_by = "a"\ndefault_columns = ["a"]'))
    connected = _OTHER.replace(
        "[parameters]", 'accounts = "connected"\n[parameters]\nconnected_account = { kind = "id" }'
    )
    file = parsed(connected, "", first=first)
    assert list(file.header.columns) == ["connected_account", "a"]
    assert file.header.default_columns == ("connected_account", "a")
    for unsaid in ('accounts = "connected"\n', 'connected_account = { kind = "id" }\n'):
        with pytest.raises(ValueError, match="the parameter connected_account goes with the accounts"):
            parsed(connected.replace(unsaid, ""), "", first=first)


@pytest.mark.parametrize("columns", ['["a", "b"]', '["a", "a"]'])
def test_a_column_that_the_other_type_does_not_have_is_refused(columns: str) -> None:
    with pytest.raises(ValueError, match="columns that the other type does not have, or twice"):
        parsed(
            _OTHER.replace("[parameters]", f"columns = {columns}\n[parameters]"), "", first=parsed(_HEADER)
        )


@pytest.mark.parametrize(
    "change",
    [
        ("name =", "nome ="),
        ('"currency" }', '"money" }'),
        ('"currency" }', '"choice" }'),
        ('= "interval"', '= "some"'),
        (
            'order_by = "a"\n[reads]\nbalance_transactions = "interval"',
            'order_by = "a"\nin_order = true\n[reads]\nx = "all"\ny = "all"',
        ),
        ('order_by = "a"', 'order_by = "a"\nin_order = true\nin_parts = true'),
        ('order_by = "a"', 'order_by = "a"\nin_order = true\nbounds_only = true'),
        ('order_by = "a"', 'order_by = "a"\ndefault_columns = ["b"]'),
        (
            'order_by = "a"',
            'order_by = "a"\npivot = { columns = "c", measures = ["m"], period = "group_by" }',
        ),
        ('meaning = "x" }', 'meaning = "" }'),
        ('currency = { kind = "currency" }', 'as_of = { kind = "date" }'),
    ],
)
def test_a_header_with_a_mistake_is_refused(change: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parsed(_HEADER.replace(*change))


def test_sql_without_a_header_is_refused() -> None:
    with pytest.raises(ValueError, match="starts with a header"):
        header.parse("select 1", dict[str, header.ReportFile]().__getitem__)

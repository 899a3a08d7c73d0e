"""Every report type's header against its SQL, as DuckDB reads it."""

from __future__ import annotations

import re

import duckdb
import pytest

from runsheet import catalog
from runsheet.catalog import ReportType, header
from runsheet.datasets.schema import schema, schemas

TYPES = list(catalog.report_types().values())
# What the engine sees to itself, so that the SQL does not have to name it.
ENGINES_OWN = {"columns", "timezone", "decimal_separator"}
# What the catalogue makes of a parameter, for the SQL to use, and of which.
DERIVED = {"as_of_end": {"as_of"}, "interval_start": {"start_date"}, "interval_end": {"end_date"}}
REQUIRED = {
    "interval_start": "1680000000",
    "interval_end": "1680100000",
    "as_of": "2023-03-29",
    "start_date": "2023-03-27",
    "end_date": "2023-03-29",
}
DUCKDB_TYPES = {
    "text": "VARCHAR",
    "money": r"STRUCT\(minor (BIGINT|HUGEINT), currency VARCHAR\)",
    "timestamp": "TIMESTAMP",
    "date": "DATE",
    "boolean": "BOOLEAN",
    "integer": "BIGINT",
    "decimal": r"DECIMAL\(38,\d+\)",
    "metadata": r"MAP\(VARCHAR, VARCHAR\)",
}

each_type = pytest.mark.parametrize("report_type", TYPES, ids=lambda report_type: report_type.id)


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    """A database with every dataset as an empty table, and what the engine gives to report SQL."""
    connection = duckdb.connect()
    for name, dataset in schemas().items():
        columns = ", ".join(f"{column.name} {column.type}" for column in dataset.columns)
        connection.execute(f"create table {name} ({columns})")
    connection.execute("create macro money(minor, currency) as {'minor': minor, 'currency': currency}")
    connection.execute("create macro local_time(moment) as moment + interval 1 hour")
    connection.execute("create macro refused(code, message) as error(code || message)")
    connection.execute(
        "create table organisations (id varchar, name varchar, is_own boolean, is_child boolean)"
    )
    return connection


def bound(report_type: ReportType) -> dict[str, object]:
    given = {name: REQUIRED[name] for name, one in report_type.parameters.items() if one.required}
    return dict(report_type.bind(given).values)


def test_there_are_the_types_of_the_contract() -> None:
    assert {report_type.id for report_type in TYPES} >= {
        "balance.summary.1",
        "balance_change_from_activity.itemized.3",
        "balance_change_from_activity.summary.1",
    }


def made(report_type: ReportType, connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables of a report type, as a run does."""
    for name, query in report_type.tables.items():
        connection.execute(
            f"create table {name} as select * from ({query})", named_in(query, bound(report_type))
        )


def named_in(sql: str, given: dict[str, object]) -> dict[str, object]:
    [statement] = duckdb.extract_statements(sql)
    return {name: value for name, value in given.items() if name in statement.named_parameters}


@each_type
def test_the_header_names_the_columns_that_the_sql_gives(
    report_type: ReportType, connection: duckdb.DuckDBPyConnection
) -> None:
    made(report_type, connection)
    given = named_in(report_type.sql, bound(report_type))
    described = {
        name: found for name, found, *_ in connection.execute(f"describe {report_type.sql}", given).fetchall()
    }
    if report_type.pivot is None and report_type.rows_of is None:
        assert list(described) == [column.name.removesuffix("[key]") for column in report_type.columns]
    for column in report_type.columns:
        found = described[column.name.removesuffix("[key]")]
        assert re.fullmatch(DUCKDB_TYPES[column.type], found), (column.name, found)


@each_type
def test_a_pivot_lists_its_columns_and_sums_what_the_sql_gives(
    report_type: ReportType, connection: duckdb.DuckDBPyConnection
) -> None:
    if report_type.pivot is None:
        return
    made(report_type, connection)
    given = named_in(report_type.sql, bound(report_type))
    rows = {name for name, *_ in connection.execute(f"describe {report_type.sql}", given).fetchall()}
    title, measure, *where = connection.sql(f"from {report_type.pivot.columns}").columns
    assert (title, measure) == ("title", "measure")
    assert rows >= {*where, *report_type.pivot.measures}
    dated = next(column.name for column in report_type.columns if column.type == "date")
    assert report_type.order_by.startswith(f'"{dated}"')


@each_type
def test_the_sql_is_queries_with_the_parameters_of_the_header(report_type: ReportType) -> None:
    named: set[str] = set()
    for sql in (*report_type.tables.values(), report_type.sql):
        [statement] = duckdb.extract_statements(sql)
        assert statement.type == duckdb.StatementType.SELECT
        named |= statement.named_parameters
    sources = [{name} if name in report_type.parameters else DERIVED[name] for name in named]
    assert set().union(*sources) == set(report_type.parameters) - ENGINES_OWN


@each_type
def test_the_sql_names_relations_and_never_a_file(report_type: ReportType) -> None:
    named: set[str] = set()
    for sql in (*report_type.tables.values(), report_type.sql):
        of_sql = set(re.findall(r"\b(?:from|join)\s+([^\s;()]+)", re.sub(r"--.*", "", sql)))
        named |= of_sql - set(re.findall(r"\b(\w+) as \(\s*select", sql))
        assert not re.search(r"read_\w+\s*\(|glob\s*\(|getenv|current_setting|duckdb_\w+\s*\(", sql)
    own = {"organisations"} if report_type.reads_organisations else set()
    assert named - report_type.tables.keys() == report_type.reads.keys() | own


@each_type
def test_no_list_of_constants_is_compared_with_in(report_type: ReportType) -> None:
    assert not re.search(r"\bin\s*\(\s*'", report_type.sql), (
        "DuckDB makes a join of it, and rows lose their order"
    )


@each_type
def test_a_report_in_order_is_ordered_by_the_time_and_key_of_its_dataset(report_type: ReportType) -> None:
    if report_type.in_order:
        [dataset] = [schema(name) for name in report_type.reads]
        ordered = [
            re.search(rf"^\s+(\w+) as {column}\b", report_type.sql, re.MULTILINE)
            for column in report_type.order_by.split(", ")
        ]
        assert [match and match[1] for match in ordered] == [dataset.time, dataset.key]
        assert not re.search(r"\b(join|group by|distinct|union|over|limit|order by)\b", report_type.sql)


@each_type
def test_the_version_is_the_end_of_the_id(report_type: ReportType) -> None:
    assert report_type.id.endswith(f".{report_type.version}")


def test_an_alias_is_no_id_and_stands_for_one_type() -> None:
    aliases = [alias for report_type in TYPES for alias in report_type.aliases]
    assert len(set(aliases)) == len(aliases)
    assert not set(aliases) & set(catalog.report_types())


def test_the_columns_of_the_aging_are_those_of_the_contract_in_its_order() -> None:
    expected = (
        "as_of_date customer_id customer_name account_number document_type document_id document_number remote_id"
        " issue_date due_date days_past_due bucket currency total_amount amount_paid amount_due current days_1_30"
        " days_31_60 days_61_90 days_91_plus due_date_missing"
    )
    assert [column.name for column in catalog.report_type("ar_aging.detail.1").columns] == expected.split()


def test_the_columns_of_the_itemized_report_are_those_of_the_contract_in_its_order() -> None:
    addresses = ("line1", "line2", "city", "state", "postal_code", "country")
    blocks = [
        f"{block}_{part}"
        for block in ("customer_shipping_address", "customer_address", "shipping_address", "card_address")
        for part in addresses
    ]
    expected = (
        "balance_transaction_id created_utc created available_on_utc available_on currency gross fee net"
        " reporting_category source_id description customer_facing_amount customer_facing_currency regulatory_tag"
        " trace_id trace_id_status automatic_payout_id automatic_payout_effective_at_utc"
        " automatic_payout_effective_at customer_id customer_email customer_name customer_description "
        + " ".join(blocks)
        + " charge_id payment_intent_id charge_created_utc charge_created invoice_id invoice_number subscription_id"
        " payment_method_type is_link card_brand card_funding card_country statement_descriptor dispute_reason"
        " connected_account_id connected_account_name connected_account_country connected_account_direct_charge_id"
        " payment_metadata[key] refund_metadata[key] transfer_metadata[key]"
    )
    found = catalog.report_type("balance_change_from_activity.itemized.3").columns
    assert [column.name for column in found] == expected.split()


def test_the_default_columns_of_the_summaries_are_those_of_the_contract() -> None:
    assert catalog.report_type("balance.summary.1").default_columns == (
        "category", "description", "net_amount", "currency",
    )  # fmt: skip
    assert catalog.report_type("balance_change_from_activity.summary.1").default_columns == (
        "reporting_category", "currency", "count", "gross", "fee", "net",
    )  # fmt: skip


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


def test_a_header_is_read_and_the_sql_left_as_it_is() -> None:
    head, tables, sql = header.parse(f"/* +++\n{_HEADER}+++ */\nselect 1 as a;\n")
    assert (head.name, tables, sql) == ("x", {}, "select 1 as a")


def test_tables_stand_before_the_rows() -> None:
    tables = (
        "-- why\ncreate table one as\nselect 1 as a;\n\ncreate table two as\nselect a + 1 as b from one;\n"
    )
    _, found, sql = header.parse(f"/* +++\n{_HEADER}+++ */\n{tables}\nselect b from two\n")
    assert found == {"one": "select 1 as a", "two": "select a + 1 as b from one"}
    assert sql.endswith("select b from two")


@pytest.mark.parametrize(
    "change",
    [
        ("name =", "nome ="),
        ('"currency" }', '"money" }'),
        ('"currency" }', '"choice" }'),
        ('= "interval"', '= "some"'),
        (
            'order_by = "a"\n[reads]\nbalance_transactions = "interval"',
            'order_by = "a"\nin_order = true\n[reads]\nx = "all"',
        ),
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
        header.parse(f"/* +++\n{_HEADER.replace(*change)}+++ */\nselect 1 as a\n")


def test_sql_without_a_header_is_refused() -> None:
    with pytest.raises(ValueError, match="starts with a header"):
        header.parse("select 1")

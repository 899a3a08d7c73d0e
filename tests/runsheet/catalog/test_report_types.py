"""Every report type's header against its SQL, as DuckDB reads it."""

from __future__ import annotations

import re

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from runsheet import catalog
from runsheet.catalog import ReportType, header, shelf
from runsheet.datasets.schema import schema, schemas

TYPES = list(catalog.report_types().values())
# What the engine sees to itself, so that the SQL does not have to name it.
ENGINES_OWN = {"columns", "timezone", "decimal_separator", "connected_account", "connected_accounts"}
# What the catalogue makes of a parameter, for the SQL to use, and of which.
DERIVED = {"as_of_end": {"as_of"}, "interval_start": {"start_date"}, "interval_end": {"end_date"}}
REQUIRED = {
    "payout": "po_1",
    "connected_account": "acct_1",
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


INTERVAL = {"interval_start", "interval_end"}
FILTERS = {"currency", "reporting_category", "decimal_separator", "columns"}
SUMMARY = {"timezone", "currency", "columns"}
BY_ID, ENDING = "payout_reconciliation.by_id.itemized", "ending_balance_reconciliation.itemized"
# What each type requires, and takes beside (contracts: v1, 2.2); without a version: all of them.
PARAMETERS = {
    "balance.summary": (INTERVAL, SUMMARY),
    "balance_change_from_activity.itemized": (INTERVAL, FILTERS),
    "balance_change_from_activity.itemized.3": (INTERVAL, FILTERS | {"timezone"}),
    "balance_change_from_activity.summary": (INTERVAL, SUMMARY),
    "payouts.itemized": (INTERVAL, FILTERS),
    "payouts.itemized.3": (INTERVAL, FILTERS | {"timezone"}),
    "payouts.summary": (INTERVAL, SUMMARY),
    "payout_reconciliation.itemized": (INTERVAL, FILTERS),
    "payout_reconciliation.itemized.4": (INTERVAL, FILTERS | {"timezone"}),
    "payout_reconciliation.itemized.5": (INTERVAL, FILTERS | {"timezone"}),
    "payout_reconciliation.summary": (INTERVAL, SUMMARY),
    BY_ID: ({"payout"}, FILTERS - {"currency"}),
    f"{BY_ID}.4": ({"payout"}, FILTERS - {"currency"} | {"timezone"}),
    "payout_reconciliation.by_id.summary": ({"payout"}, {"columns"}),
    ENDING: ({"interval_end"}, FILTERS - {"decimal_separator"}),
    f"{ENDING}.3": ({"interval_end"}, FILTERS - {"decimal_separator"} | {"timezone"}),
    f"{ENDING}.4": ({"interval_end"}, FILTERS | {"timezone"}),
    "ending_balance_reconciliation.summary": ({"interval_end"}, SUMMARY),
    "activity.itemized": (INTERVAL, FILTERS | {"timezone"}),
    "activity.summary": (INTERVAL, SUMMARY),
}
# The versions of each family and kind (contracts: v1, 2.1); connected accounts have all but the last two families.
CONTRACT = {
    "balance.summary": [1, 2],
    "balance_change_from_activity.itemized": [1, 2, 3],
    "balance_change_from_activity.summary": [1],
    "payouts.itemized": [1, 2, 3],
    "payouts.summary": [1],
    "payout_reconciliation.itemized": [1, 2, 3, 4, 5],
    "payout_reconciliation.summary": [1],
    "payout_reconciliation.by_id.itemized": [1, 2, 3, 4],
    "payout_reconciliation.by_id.summary": [1],
    "ending_balance_reconciliation.itemized": [1, 2, 3, 4],
    "ending_balance_reconciliation.summary": [1],
    "activity.itemized": [2, 3],
    "activity.summary": [1],
}
NOT_OF_CONNECTED_ACCOUNTS = {
    "balance.summary.2",
    "activity.itemized.2",
    "activity.itemized.3",
    "activity.summary.1",
}
OF_THE_CONTRACT = [f"{kind}.{version}" for kind, versions in CONTRACT.items() for version in versions]


def test_there_are_the_types_of_the_contract() -> None:
    connected = {
        f"connected_account_{each}" for each in OF_THE_CONTRACT if each not in NOT_OF_CONNECTED_ACCOUNTS
    }
    ids = {report_type.id for report_type in TYPES}
    assert ids >= {*OF_THE_CONTRACT, *connected}
    assert {each for each in ids if each.startswith("connected_account_")} == connected


@pytest.mark.parametrize("report_type_id", OF_THE_CONTRACT)
def test_the_parameters_are_those_of_the_contract(report_type_id: str) -> None:
    required, optional = PARAMETERS.get(report_type_id) or PARAMETERS[report_type_id.rpartition(".")[0]]
    parameters = catalog.report_type(report_type_id).parameters
    assert {name for name, one in parameters.items() if one.required} == required
    assert parameters.keys() == required | optional
    if report_type_id in NOT_OF_CONNECTED_ACCOUNTS:
        return
    connected = catalog.report_type(f"connected_account_{report_type_id}").parameters
    account = {"connected_account"}
    required = required | account if "payout" in required else required
    assert {name for name, one in connected.items() if one.required} == required
    added = account if "payout" in required else account | {"connected_accounts"}
    assert connected.keys() == parameters.keys() | added


def test_a_parameter_is_of_the_same_kind_in_every_type_and_all_work_in_test_mode() -> None:
    of_the_balance = [report_type for report_type in TYPES if "balance_transactions" in report_type.reads]
    kinds = {
        (name, one.kind, one.choices) for each in of_the_balance for name, one in each.parameters.items()
    }
    assert len(kinds) == len({name for name, *_ in kinds})
    assert not any(report_type.requires_live for report_type in of_the_balance)


def test_reports_of_connected_accounts_have_the_columns_of_the_others_behind_the_account() -> None:
    connected = [report_type for report_type in TYPES if report_type.accounts == "connected"]
    assert {each.id for each in connected} == {
        each.id for each in TYPES if each.id.startswith("connected_account_")
    }
    for each in connected:
        plain = catalog.report_type(each.id.removeprefix("connected_account_"))
        assert [column.name for column in each.columns][:1] == ["connected_account"]
        assert each.columns[1:] == plain.columns
        assert each.default_columns == ("connected_account", *(plain.default_columns or ()))


def made(report_type: ReportType, connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables of a report type, as a run does."""
    for name, query in report_type.tables.items():
        sql = with_views(report_type, f"select * from ({query})")
        connection.execute(f"create table {name} as {sql}", named_in(sql, bound(report_type)))


def with_views(report_type: ReportType, sql: str) -> str:
    named = ", ".join(f"{name} as ({query})" for name, query in report_type.views.items())
    return f"with {named} {sql}" if named else sql


def named_in(sql: str, given: dict[str, object]) -> dict[str, object]:
    [statement] = duckdb.extract_statements(sql)
    return {name: given.get(name) for name in statement.named_parameters}


def described(report_type: ReportType, connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Return the columns of the SQL, and DuckDB's names of their types."""
    made(report_type, connection)
    sql = with_views(report_type, f"select * from ({report_type.sql})")
    found = connection.execute(f"describe {sql}", named_in(sql, bound(report_type))).fetchall()
    return {name: kind for name, kind, *_ in found}


def header_of(report_type: ReportType) -> header.ReportHeader:
    return shelf._file(report_type.id).header


def related(report_type: ReportType) -> list[ReportType]:
    """Return the types that share the rows of this one, itself included, and those whose rows or records it has."""
    head = header_of(report_type)
    sources = {head.rows_of, head.records_of}
    return [
        other
        for other in TYPES
        if other.id in sources or other.sql == report_type.sql or other.views == report_type.views != {}
    ]


@each_type
def test_the_header_names_the_columns_that_the_sql_gives(
    report_type: ReportType, connection: duckdb.DuckDBPyConnection
) -> None:
    columns = described(report_type, connection)
    for column in report_type.columns:
        found = columns[column.name.removesuffix("[key]")]
        assert re.fullmatch(DUCKDB_TYPES[column.type], found), (column.name, found)
    if report_type.pivot is None:
        own = [column.name.removesuffix("[key]") for column in report_type.columns]
        shown = {
            column.name.removesuffix("[key]") for other in related(report_type) for column in other.columns
        }
        ordering = set(re.findall(r"\w+", report_type.order_by))
        assert columns.keys() <= shown | ordering
        if header_of(report_type).rows_of is None:
            assert own == list(columns)[: len(own)]


@each_type
def test_what_orders_the_rows_is_a_column_of_the_sql(
    report_type: ReportType, connection: duckdb.DuckDBPyConnection
) -> None:
    columns = ", ".join(
        f'null::{kind} as "{name}"' for name, kind in described(report_type, connection).items()
    )
    assert connection.execute(f"select 1 from (select {columns}) order by {report_type.order_by}").fetchall()


@each_type
def test_a_pivot_lists_its_columns_and_sums_what_the_sql_gives(
    report_type: ReportType, connection: duckdb.DuckDBPyConnection
) -> None:
    if report_type.pivot is None:
        return
    rows = described(report_type, connection).keys()
    title, measure, *where = connection.sql(f"from {report_type.pivot.columns}").columns
    assert (title, measure) == ("title", "measure")
    assert rows >= {*where, *report_type.pivot.measures}
    dated = next(column.name for column in report_type.columns if column.type == "date")
    assert report_type.order_by.startswith(f'"{dated}"')


@each_type
def test_the_sql_is_queries_with_the_parameters_of_the_header(report_type: ReportType) -> None:
    named: set[str] = set()
    for sql in report_type.queries:
        [statement] = duckdb.extract_statements(sql)
        assert statement.type == duckdb.StatementType.SELECT
        named |= statement.named_parameters
    allowed = {
        name for other in related(report_type) for name, one in other.parameters.items() if not one.required
    }
    sources: set[str] = set()
    for name in named:
        if name not in report_type.parameters and name not in DERIVED:
            assert name in allowed, f"{name} is no parameter, and it is none that may be left out of its SQL"
        else:
            sources |= {name} if name in report_type.parameters else DERIVED[name]
    assert sources == set(report_type.parameters) - ENGINES_OWN


@each_type
def test_the_sql_names_relations_and_never_a_file(report_type: ReportType) -> None:
    named: set[str] = set()
    for sql in report_type.queries:
        of_sql = set(re.findall(r"\b(?:from|join)\s+([^\s;()]+)", without_comments(sql)))
        # `is distinct from` compares, and is followed by a column.
        compared = set(re.findall(r"\bdistinct from\s+([^\s;()]+)", without_comments(sql)))
        named |= of_sql - compared - set(re.findall(r"\b(\w+) as \(\s*select", sql))
        assert not re.search(r"read_\w+\s*\(|glob\s*\(|getenv|current_setting|duckdb_\w+\s*\(", sql)
    own = {"organisations"} if report_type.reads_organisations else set()
    made_here = report_type.tables.keys() | report_type.views.keys()
    assert named - made_here == report_type.reads.keys() | own
    assert made_here <= named | ({report_type.pivot.columns} if report_type.pivot else set())


@each_type
def test_the_sql_leaves_the_accounts_to_the_engine(report_type: ReportType) -> None:
    """A condition of its own would make the same type of connected accounts impossible, or show theirs with the own."""
    for sql in report_type.queries:
        assert not re.search(r"\bconnected_account\b\s*(is|=|<>|in)\b", without_comments(sql))


@each_type
def test_no_list_of_constants_is_compared_with_in(report_type: ReportType) -> None:
    for sql in report_type.queries:
        assert not re.search(r"\bin\s*\(\s*'", without_comments(sql)), (
            "DuckDB makes a join of it, and rows lose their order"
        )


@each_type
def test_a_report_in_order_is_ordered_by_the_time_and_key_of_its_dataset(report_type: ReportType) -> None:
    if not report_type.in_order and not report_type.in_parts:
        return
    [dataset] = [schema(name) for name in report_type.reads]
    ordered = [
        re.search(rf"^\s+(\w+) as {column}\b", report_type.sql, re.MULTILINE)
        for column in report_type.order_by.split(", ")[:2]
    ]
    assert [match and match[1] for match in ordered] == [dataset.time, dataset.key]
    moving = r"\b(join|group by|union|over|limit|order by|select distinct)\b"
    leaving_out = r"\b(exists|in \()"
    for sql in (*report_type.views.values(), report_type.sql):
        assert not re.search(moving, without_comments(sql))
        assert report_type.in_parts or not re.search(leaving_out, without_comments(sql))


@each_type
def test_what_reads_the_time_of_records_for_the_bounds_alone_says_so(report_type: ReportType) -> None:
    times = {schema(dataset).time for dataset in report_type.reads}
    shown = {column.name for column in report_type.columns} | set(re.findall(r"\w+", report_type.order_by))
    named = [
        column
        for sql in report_type.queries
        for column in sqlglot.parse_one(sql, read="duckdb").find_all(exp.Column)
        if column.name in times
    ]
    only = not times & shown and all(is_compared_with_a_bound(column) for column in named)
    made_whole = not report_type.in_order and not report_type.in_parts and report_type.pivot is None
    if report_type.bounds_only:
        assert only
        assert made_whole
    elif len(report_type.reads) == 1 and named:
        assert not (only and made_whole)


def is_compared_with_a_bound(column: exp.Expression) -> bool:
    """Whether a time is at or after a bound, or before it: what all records on one side of it are alike in."""
    compared = column.parent
    if not isinstance(compared, (exp.GTE, exp.LT)) or compared.this is not column:
        return False
    return isinstance(compared.expression, exp.Parameter | exp.Placeholder) and compared.expression.name in {
        "interval_start",
        "interval_end",
    }


def without_comments(sql: str) -> str:
    return re.sub(r"--.*", "", sql)


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

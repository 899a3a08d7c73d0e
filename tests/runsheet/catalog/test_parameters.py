"""What a run's parameters may be, and what is answered to all others."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runsheet import catalog
from runsheet.catalog.parameters import REPORTING_CATEGORIES, timezones
from runsheet.datasets.schema import schema
from runsheet.errors import InvalidRequest, NotFound

ITEMIZED = catalog.report_type("balance_change_from_activity.itemized.3")
BOUNDS = {"interval_start": "1680000000", "interval_end": "1680100000"}


def refusal(**changes: Any) -> InvalidRequest:
    given = {name: value for name, value in (BOUNDS | changes).items() if value is not ...}
    with pytest.raises(InvalidRequest) as refused:
        ITEMIZED.bind(given)
    return refused.value


def test_what_the_caller_sent_is_echoed_with_integers_as_integers() -> None:
    bound = ITEMIZED.bind(BOUNDS | {"timezone": "US/Pacific-New", "columns": ["net", "payment_metadata[a]"]})
    assert bound.echo == {
        "columns": ["net", "payment_metadata[a]"],
        "interval_end": 1680100000,
        "interval_start": 1680000000,
        "timezone": "US/Pacific-New",
    }
    assert list(bound.echo) == sorted(bound.echo)
    assert bound.columns == ("net", "payment_metadata[a]")


def test_an_echo_binds_to_the_same_parameters() -> None:
    bound = ITEMIZED.bind(BOUNDS | {"currency": "usd", "columns": ["net"]})
    assert ITEMIZED.bind(bound.echo) == bound


def test_instants_are_aware_outside_and_naive_utc_in_sql() -> None:
    bound = ITEMIZED.bind(BOUNDS)
    assert bound.interval_start == datetime(2023, 3, 28, 10, 40, tzinfo=UTC)
    assert bound.interval_end == datetime(2023, 3, 29, 14, 26, 40, tzinfo=UTC)
    assert bound.values["interval_start"] == datetime(2023, 3, 28, 10, 40)  # noqa: DTZ001
    assert bound.values["currency"] is None
    assert bound.values["timezone"] == "Etc/UTC"


def test_without_columns_the_defaults_are_given() -> None:
    assert ITEMIZED.bind(BOUNDS).columns == ITEMIZED.default_columns


@pytest.mark.parametrize("nothing", [None, {}])
def test_an_empty_hash_or_none_lacks_what_is_required(nothing: object) -> None:
    with pytest.raises(InvalidRequest) as refused:
        ITEMIZED.bind(nothing)
    assert refused.value.message == "Missing required param: parameters[interval_start]."
    assert refused.value.param == "parameters[interval_start]"
    assert refused.value.code == "parameter_missing"


def test_parameters_that_are_no_hash_are_refused() -> None:
    for wrong in ("x", ["x"], 3):
        with pytest.raises(InvalidRequest) as refused:
            ITEMIZED.bind(wrong)
        assert refused.value.param == "parameters"


def test_unknown_parameters_are_named() -> None:
    one = refusal(foo="1")
    assert (one.message, one.code) == ("Received unknown parameter: parameters[foo]", "parameter_unknown")
    assert one.param == "parameters[foo]"
    assert refusal(foo="1", bar="").message == "Received unknown parameters: parameters[foo], parameters[bar]"


def test_a_parameter_of_another_type_is_unknown_here() -> None:
    assert refusal(payout="po_1").code == "parameter_unknown"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("abc", "Invalid integer: abc"),
        ("1680000000.0", "Invalid integer: 1680000000.0"),
        (" 1680000000", "Invalid integer:  1680000000"),
        ("1_680_000_000", "Invalid integer: 1_680_000_000"),
        ("١٦٨٠٠٠٠٠٠٠", "Invalid integer: ١٦٨٠٠٠٠٠٠٠"),
        ("0x10", "Invalid integer: 0x10"),
        ("-1", "This value must be greater than or equal to 0."),
        (-1, "This value must be greater than or equal to 0."),
        (
            "253402300800",
            "This value must be less than or equal to 253402300799 (it currently is '253402300800').",
        ),
        ("9" * 30, f"This value must be less than or equal to 253402300799 (it currently is '{'9' * 30}')."),
    ],
)
def test_an_instant_is_a_whole_number_of_seconds_up_to_the_year_9999(value: object, message: str) -> None:
    refused = refusal(interval_start=value)
    assert refused.message == message
    assert refused.param == "parameters[interval_start]"
    assert refused.code == "parameter_invalid_integer"


def test_a_number_of_ten_thousand_digits_is_refused_in_a_short_message() -> None:
    assert len(refusal(interval_end="9" * 10_000).message) < 250
    assert len(refusal(interval_end="9" * 10_000 + "x").message) < 250


def test_leading_zeros_are_no_octal() -> None:
    assert ITEMIZED.bind(BOUNDS | {"interval_start": "0001680000000"}).echo["interval_start"] == 1680000000


@pytest.mark.parametrize("value", ["1680100000", "1680100001"])
def test_an_interval_ends_after_it_starts(value: str) -> None:
    refused = refusal(interval_start=value)
    assert "`interval_start` must be before `interval_end`" in refused.message
    assert refused.code is None
    assert refused.param == "parameters.interval_start"


@pytest.mark.parametrize("name", ["interval_start", "timezone", "currency", "reporting_category"])
def test_an_empty_string_cannot_unset_a_parameter(name: str) -> None:
    refused = refusal(**{name: ""})
    assert refused.code == "parameter_invalid_empty"
    assert refused.param == f"parameters[{name}]"
    assert refused.message.startswith(f"You passed an empty string for 'parameters[{name}]'.")


@pytest.mark.parametrize("value", [["usd"], {"a": "usd"}, True, 1.5])
@pytest.mark.parametrize("name", ["interval_start", "currency", "timezone"])
def test_a_value_of_the_wrong_shape_is_refused(name: str, value: object) -> None:
    refused = refusal(**{name: value})
    assert refused.message == f"Invalid string: parameters[{name}] must be a string."
    assert refused.param == f"parameters[{name}]"


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("currency", "USD", "three-letter ISO 4217 currency code in lowercase"),
        ("currency", "us", "three-letter ISO 4217 currency code in lowercase"),
        ("currency", "zzz", "three-letter ISO 4217 currency code in lowercase"),
        ("timezone", "Mars/Olympus", "name of the IANA time zone database"),
        ("timezone", "../../etc/passwd", "name of the IANA time zone database"),
        ("timezone", "localtime", "name of the IANA time zone database"),
        ("timezone", "europe/berlin", "name of the IANA time zone database"),
        ("reporting_category", "Charge", "must be one of advance, advance_funding, "),
        ("decimal_separator", ";", "must be one of ., ,"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_with_what_is(name: str, value: str, allowed: str) -> None:
    refused = refusal(**{name: value})
    assert refused.message.startswith(f"Invalid parameters[{name}]: ")
    assert allowed in refused.message
    assert refused.param == f"parameters[{name}]"


@pytest.mark.parametrize(
    ("columns", "param"),
    [
        ("net", "parameters[columns]"),
        ({"0": "net"}, "parameters[columns]"),
        ([], "parameters[columns]"),
        (["net"] * 10_000, "parameters[columns]"),
        ([f"payment_metadata[{n}]" for n in range(10_000)], "parameters[columns]"),
        (["net", "Net"], "parameters[columns][1]"),
        (["net", "fee", "net"], "parameters[columns][2]"),
        (["net; drop table x"], "parameters[columns][0]"),
        (["net", ""], "parameters[columns][1]"),
        (["net", ["fee"]], "parameters[columns][1]"),
        (["payment_metadata"], "parameters[columns][0]"),
        (["payment_metadata[]"], "parameters[columns][0]"),
        (["payment_metadata[a"], "parameters[columns][0]"),
        (["net[a]"], "parameters[columns][0]"),
        (["payment_metadata[a\0b]"], "parameters[columns][0]"),
        (["payment_metadata[\ud800]"], "parameters[columns][0]"),
        ([f"payment_metadata[{'k' * 256}]"], "parameters[columns][0]"),
        ([f"payment_metadata[{'é' * 128}]"], "parameters[columns][0]"),
    ],
)
def test_columns_are_a_list_of_the_types_columns_each_once(columns: object, param: str) -> None:
    refused = refusal(columns=columns)
    assert refused.param == param
    assert len(refused.message) < 2500


@pytest.mark.parametrize("name", ["payment_metadata[key]", "refund_metadata[a]b]", "transfer_metadata[=1+1]"])
def test_a_metadata_column_takes_any_key(name: str) -> None:
    assert ITEMIZED.bind(BOUNDS | {"columns": [name]}).columns == (name,)


def test_the_time_zones_are_those_of_the_contract() -> None:
    assert len(timezones()) == 599
    assert {"US/Pacific-New", "Etc/UTC", "Asia/Calcutta", "Europe/Kyiv"} <= timezones()
    assert "localtime" not in timezones()


def test_the_reporting_categories_are_those_that_a_record_can_have() -> None:
    assert len(REPORTING_CATEGORIES) == 37
    [check] = [
        check for check in schema("balance_transactions").checks if check.startswith("reporting_category in")
    ]
    assert set(check.split("'")[1::2]) == set(REPORTING_CATEGORIES)


def test_an_interval_must_lie_in_the_data() -> None:
    balance = catalog.report_type("balance.summary.1")
    start, end = datetime(2022, 4, 29, tzinfo=UTC), datetime(2022, 5, 8, 12, tzinfo=UTC)
    early = balance.bind({"interval_start": 1641045832, "interval_end": 1651000000})
    with pytest.raises(InvalidRequest) as refused:
        balance.check_available(early, start, end)
    assert refused.value.message == (
        "Data for the report type balance.summary.1 is only available starting at 2022-04-29 00:00:00 UTC; "
        "you requested `interval_start` = 2022-01-01 14:03:52 UTC."
    )
    assert (refused.value.param, refused.value.code) == ("parameters.interval_start", None)
    late = balance.bind({"interval_start": 1651363200, "interval_end": 1652054400})
    with pytest.raises(InvalidRequest) as refused:
        balance.check_available(late, start, end)
    assert refused.value.message == (
        "Data for the report type balance.summary.1 is only available through 2022-05-08 12:00:00 UTC; "
        "you requested `interval_end` = 2022-05-09 00:00:00 UTC."
    )
    assert (refused.value.param, refused.value.code) == ("parameters.interval_end", None)


def test_an_interval_may_be_the_whole_of_the_data_or_any_if_there_is_none() -> None:
    balance = catalog.report_type("balance.summary.1")
    start, end = datetime(2022, 4, 29, tzinfo=UTC), datetime(2022, 5, 8, 12, tzinfo=UTC)
    whole = balance.bind({"interval_start": int(start.timestamp()), "interval_end": int(end.timestamp())})
    balance.check_available(whole, start, end)
    balance.check_available(balance.bind({"interval_start": 0, "interval_end": 1}), None, end)


def test_an_unknown_report_type_is_not_found() -> None:
    for wrong in ("nope", "../shelf", "balance.summary.1.sql", ""):
        with pytest.raises(NotFound):
            catalog.report_type(wrong)


_TEXT = st.text(max_size=40)
_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXT | st.sampled_from(sorted(timezones())),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=8,
)
_NAME = st.sampled_from([*ITEMIZED.parameters, "foo"]) | _TEXT


@given(st.dictionaries(_NAME, _VALUE, max_size=8))
def test_whatever_is_sent_is_bound_or_refused_as_an_invalid_request(sent: dict[str, Any]) -> None:
    try:
        bound = ITEMIZED.bind(BOUNDS | sent)
    except InvalidRequest as refused:
        bound, param = None, refused.param
    if bound is None:
        assert param is not None
    else:
        assert ITEMIZED.bind(bound.echo) == bound

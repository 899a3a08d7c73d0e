"""What a run's parameters may be, and what is answered to all others."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runsheet import catalog
from runsheet.catalog import shelf
from runsheet.catalog.parameters import REPORTING_CATEGORIES, timezones
from runsheet.datasets.schema import schema
from runsheet.errors import InvalidRequest, NotFound

ITEMIZED = catalog.report_type("balance_change_from_activity.itemized.3")
AGING = catalog.report_type("ar_aging.summary.1")
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


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("True", True), ("false", False), ("False", False)]
)
def test_a_boolean_is_read_as_the_sdks_write_it(text: str, value: bool) -> None:
    assert ITEMIZED.bind(BOUNDS | {"refresh": text}).echo["refresh"] is value


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


@pytest.mark.parametrize(
    "value",
    [
        "2026-02-29",
        "2026-2-28",
        "20260228",
        "2026-W09-6",
        "2026-02-28T00:00:00",
        "2026-02-28 ",
        "२०२६-०२-२८",
        "1899-12-31",
        "9999-01-01",
        "0000-01-01",
        "today",
        "9" * 10_000,
    ],
)
def test_a_date_is_a_day_of_the_calendar(value: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        AGING.bind({"as_of": value})
    assert refused.value.message == (
        "Invalid parameters[as_of]: must be a date as YYYY-MM-DD of the years 1900 to 9998"
    )
    assert refused.value.param == "parameters[as_of]"


@pytest.mark.parametrize("value", [20260228, ["2026-02-28"], {"a": "2026-02-28"}, True])
def test_a_date_of_the_wrong_shape_is_refused(value: object) -> None:
    with pytest.raises(InvalidRequest, match=r"Invalid string: parameters\[as_of\] must be a string\."):
        AGING.bind({"as_of": value})


def test_a_date_is_echoed_as_it_came_and_binds_again() -> None:
    bound = AGING.bind({"as_of": "2024-02-29", "timezone": "Asia/Kathmandu"})
    assert bound.echo == {"as_of": "2024-02-29", "timezone": "Asia/Kathmandu"}
    assert (bound.as_of, bound.values["as_of"]) == (date(2024, 2, 29), date(2024, 2, 29))
    assert AGING.bind(bound.echo) == bound


@pytest.mark.parametrize(
    ("day", "timezone", "end"),
    [
        ("2026-03-31", None, "2026-04-01 00:00:00"),
        ("2026-03-31", "America/Bogota", "2026-04-01 05:00:00"),
        ("2026-03-31", "Pacific/Kiritimati", "2026-03-31 10:00:00"),
        # A day of 23 hours, one of 25, one before a midnight that is skipped, and one that never was.
        ("2026-03-29", "Europe/Berlin", "2026-03-29 22:00:00"),
        ("2026-10-25", "Europe/Berlin", "2026-10-25 23:00:00"),
        ("2018-11-03", "America/Sao_Paulo", "2018-11-04 03:00:00"),
        ("2011-12-30", "Pacific/Apia", "2011-12-30 10:00:00"),
        ("2011-12-29", "Pacific/Apia", "2011-12-30 10:00:00"),
        ("2026-03-31", "US/Pacific-New", "2026-04-01 07:00:00"),
        ("1900-01-01", "Asia/Tokyo", "1900-01-01 15:00:00"),
        ("9998-12-31", "Etc/GMT+12", "9999-01-01 12:00:00"),
    ],
)
def test_a_day_ends_where_the_next_one_begins_in_its_time_zone(
    day: str, timezone: str | None, end: str
) -> None:
    given = {"as_of": day} | ({"timezone": timezone} if timezone else {})
    assert str(AGING.bind(given).values["as_of_end"]) == end


def test_a_day_may_have_begun_and_must_not_lie_ahead() -> None:
    now = datetime(2026, 4, 1, 4, 59, 59, tzinfo=UTC)
    april = {"as_of": "2026-04-01"}
    AGING.check_available(AGING.bind({"as_of": "1900-01-01"}), datetime(2026, 1, 1, tzinfo=UTC), now)
    AGING.check_available(AGING.bind(april), None, now)
    AGING.check_available(AGING.bind({"as_of": "2026-03-31", "timezone": "America/Bogota"}), None, now)
    with pytest.raises(InvalidRequest) as refused:
        AGING.check_available(AGING.bind(april | {"timezone": "America/Bogota"}), None, now)
    assert refused.value.message == (
        "Data for the report type ar_aging.summary.1 is only available through 2026-04-01 04:59:59 UTC; you requested"
        " `as_of` = 2026-04-01, a day that begins later in America/Bogota."
    )
    assert (refused.value.param, refused.value.code) == ("parameters.as_of", None)


def test_an_alias_finds_the_report_type_under_its_own_id() -> None:
    assert catalog.report_type("ar_aging_report").id == "ar_aging.summary.1"
    assert catalog.report_type("integration_sync_report").id == "integration_sync.detail.1"


def test_neither_an_id_nor_an_alias_nor_an_unknown_one_reads_other_report_types() -> None:
    for found in (shelf._load, shelf._file, shelf._aliases, shelf.report_types):
        found.cache_clear()
    catalog.report_type("ar_aging_report")
    catalog.report_type("balance_change_from_activity.itemized.1")
    with pytest.raises(NotFound):
        catalog.report_type("nope")
    assert (
        shelf._file.cache_info().currsize == 4
    )  # aging, the itemized one, version 3, and whose rows that has
    assert len(catalog.report_type_ids()) == len(catalog.report_types())


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

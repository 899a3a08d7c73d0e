"""The JSON Schema of a report type's parameters says what `bind` takes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from runsheet import catalog
from runsheet.catalog.options import OPTIONS
from runsheet.catalog.parameters_schema import parameters_schema
from runsheet.errors import InvalidRequest

TYPES = [
    catalog.report_type(name)
    for name in (
        "connected_account_balance_change_from_activity.itemized.3",
        "payout_reconciliation.by_id.itemized.4",
        "account_usage.detailed.1",
        "ar_aging.detail.1",
    )
]
GOOD: dict[str, list[Any]] = {
    "interval_start": [0, 1704067200],
    "interval_end": [1704067201, 253402300799],
    "payout": ["po_1", "é", "x" * 255],
    "connected_account": ["acct_1"],
    "connected_accounts": [["acct_1"], ["acct_1", "acct_2"]],
    "timezone": ["Europe/Berlin", "US/Pacific-New"],
    "currency": ["usd", "kwd"],
    "reporting_category": ["charge"],
    "decimal_separator": [".", ","],
    "interval": [
        "2024",
        "2024-02",
        "2024-Q3",
        "2024-W07",
        "2024-02-29",
        "yesterday",
        "last_quarter",
        "this_year",
    ],
    "format": ["csv", "jsonl", "parquet"],
    "compress": ["gzip", "zip"],
    "fail": ["internal_error"],
    "refresh": [True, False],
    "as_of": ["2024-02-29"],
    "start_date": ["2024-01-01"],
    "end_date": ["2024-01-31"],
    "group_by": ["day", "month"],
    "include_deployment_charge": [True, False],
    "columns": [
        ["net"],
        ["payment_metadata[a]", "payment_metadata[*]"],
        ["customer_id"],
        ["refund_metadata[]]"],
    ],
}
WHEN = {"interval_start", "interval_end", "start_date", "end_date", "as_of"}
BAD: list[Any] = [
    *(-1, 253402300800, 1.5, True, {}),
    *("", "x", "USD", "a\nb", "p" * 256),
    [f"acct_{number}" for number in range(501)],
    *([], ["x"], [""], ["net", "net"], ["payment_metadata[]"]),
]


@pytest.mark.parametrize("report_type", TYPES, ids=lambda report_type: report_type.id)
@given(data=st.data())
def test_what_the_schema_takes_is_what_is_taken(report_type: catalog.ReportType, data: st.DataObject) -> None:
    schema = parameters_schema(report_type)
    names = st.sampled_from([*schema["properties"], "nonsense"])
    is_complete, is_wrong = data.draw(st.tuples(st.booleans(), st.booleans()))
    extra = data.draw(st.lists(names, max_size=5))
    there = [*(required_of(report_type) if is_complete else []), *extra]
    given_: dict[str, Any] = {name: data.draw(st.sampled_from(GOOD.get(name, [1]))) for name in there}
    if given_ and is_wrong:
        given_[data.draw(st.sampled_from(sorted(given_)))] = data.draw(st.sampled_from(BAD))
    assert is_valid(schema, given_) == is_taken(report_type, given_), given_


@pytest.mark.parametrize("report_type", TYPES, ids=lambda report_type: report_type.id)
def test_each_value_of_each_parameter_is_as_good_for_the_schema(report_type: catalog.ReportType) -> None:
    schema = parameters_schema(report_type)
    required = {name: GOOD[name][0] for name in required_of(report_type)}
    for name in schema["properties"]:
        for value in [*GOOD[name], *BAD]:
            given_ = required | {name: value}
            assert is_valid(schema, given_) == is_taken(report_type, given_), given_


def test_a_period_stands_for_what_says_when_and_for_nothing_else() -> None:
    by_id = catalog.report_type("payout_reconciliation.by_id.itemized.4")
    assert "interval" not in parameters_schema(by_id)["properties"]
    for report_type in TYPES:
        schema = parameters_schema(report_type)
        if not WHEN & report_type.parameters.keys():
            assert "interval" not in schema["properties"]
            continue
        without = {name: GOOD[name][0] for name in required_of(report_type) if name not in WHEN}
        for given_ in (without, without | {"interval": "2024-02"}):
            assert is_valid(schema, given_) == is_taken(report_type, given_) == ("interval" in given_)
        for name in WHEN & report_type.parameters.keys():
            given_ = without | {"interval": "2024-02", name: GOOD[name][0]}
            assert not is_valid(schema, given_)
            assert not is_taken(report_type, given_)


def test_what_a_format_does_not_have_is_refused() -> None:
    assert any("decimal_separator" in report_type.parameters for report_type in TYPES)
    for report_type in TYPES:
        schema = parameters_schema(report_type)
        required = {name: GOOD[name][0] for name in required_of(report_type)}
        commas = [{}, *({"decimal_separator": mark} for mark in GOOD["decimal_separator"])]
        for extra in commas if "decimal_separator" in report_type.parameters else [{}]:
            for form in GOOD["format"]:
                for given_ in (required | extra, required | extra | {"compress": "zip"}):
                    asked = given_ | {"format": form}
                    assert is_valid(schema, asked) == is_taken(report_type, asked), asked


def required_of(report_type: catalog.ReportType) -> list[str]:
    return [name for name, one in report_type.parameters.items() if one.required]


def is_valid(schema: dict[str, Any], given_: dict[str, Any]) -> bool:
    checker = Draft202012Validator.FORMAT_CHECKER
    return bool(Draft202012Validator(schema, format_checker=checker).is_valid(given_))


def is_taken(report_type: catalog.ReportType, given_: dict[str, Any]) -> bool:
    try:
        report_type.bind(given_)
    except InvalidRequest:
        return False
    return True


@pytest.mark.parametrize(
    "report_type", catalog.report_types().values(), ids=lambda report_type: report_type.id
)
def test_every_report_type_has_a_schema_that_names_its_parameters(report_type: catalog.ReportType) -> None:
    schema = parameters_schema(report_type)
    Draft202012Validator.check_schema(schema)
    periods = {"interval"} if WHEN & report_type.parameters.keys() else set()
    options = OPTIONS.keys() - {"interval"} | periods
    assert schema["properties"].keys() == report_type.parameters.keys() | options
    assert schema["required"] == [name for name in required_of(report_type) if name not in WHEN]
    json.dumps(schema)
    columns = schema["properties"].get("columns")
    if columns:
        report_type.bind(
            {name: GOOD[name][0] for name in required_of(report_type)} | {"columns": columns["default"]}
        )

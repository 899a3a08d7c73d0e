"""`parameters[interval]` in place of the parameters that say when, for every kind of report type."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from runsheet import catalog
from runsheet.errors import InvalidRequest
from runsheet.runtime import clock

NOW = datetime(2026, 3, 29, 12, 30, 15, 999_999, tzinfo=UTC)


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def seconds(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp())  # type: ignore[misc, arg-type]


def resolved(report_type: str, **given: Any) -> dict[str, Any]:
    return dict(catalog.report_type(report_type).bind(given).resolved)


def test_a_month_in_the_runs_time_zone_stands_for_its_instants() -> None:
    bound = catalog.report_type("balance.summary.1").bind(
        {"interval": "2026-03", "timezone": "Europe/Berlin"}
    )
    assert bound.echo == {"interval": "2026-03", "timezone": "Europe/Berlin"}
    expected = {"interval_start": seconds(2026, 2, 28, 23), "interval_end": seconds(2026, 3, 31, 22)}
    assert bound.resolved == expected
    assert bound.interval_start == datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert bound.values["interval_end"] == datetime(2026, 3, 31, 22)  # noqa: DTZ001 - as SQL takes it


def test_what_it_was_resolved_to_is_bound_again_whatever_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    report_type = catalog.report_type("balance.summary.1")
    first = report_type.bind({"interval": "yesterday", "currency": "usd"})
    monkeypatch.setattr(clock, "now", lambda: datetime(2027, 1, 1, tzinfo=UTC))
    again = report_type.bind({"currency": "usd"} | dict(first.resolved))
    assert (again.interval_start, again.interval_end) == (first.interval_start, first.interval_end)
    assert again.interval_end == datetime(2026, 3, 29, tzinfo=UTC)


def test_a_period_that_is_under_way_ends_now() -> None:
    assert resolved("balance.summary.1", interval="today") == {
        "interval_start": seconds(2026, 3, 29),
        "interval_end": seconds(2026, 3, 29, 12, 30, 15),
    }


def test_usage_has_days_of_utc_and_aging_the_last_day() -> None:
    assert resolved("account_usage.standard.1", interval="last_month") == {
        "start_date": "2026-02-01",
        "end_date": "2026-02-28",
    }
    assert resolved("account_usage.standard.1", interval="this_month")["end_date"] == "2026-03-29"
    assert resolved("ar_aging.detail.1", interval="2026-Q1") == {"as_of": "2026-03-31"}
    kiritimati = resolved("ar_aging.detail.1", interval="today", timezone="Pacific/Kiritimati")
    assert kiritimati == {"as_of": "2026-03-30"}


@pytest.mark.parametrize(
    ("report_type", "given", "message"),
    [
        ("balance.summary.1", {"interval": "2026-03", "interval_start": "1"},
         r"You cannot use both parameters\[interval\] and parameters\[interval_start\]"),
        ("balance.summary.1", {"interval": "2026-03", "interval_end": "1"}, r"and parameters\[interval_end\]"),
        ("ar_aging.detail.1", {"interval": "2026-03", "as_of": "2026-01-01"}, r"and parameters\[as_of\]"),
        ("account_usage.standard.1", {"interval": "2026-03", "end_date": "2026-01-01"}, r"and parameters\[end_date\]"),
        ("balance.summary.1", {"interval": "march"}, r"Invalid parameters\[interval\]: must be a year \(2026\)"),
        ("balance.summary.1", {"interval": "2026-13"}, "must be a year"),
        ("balance.summary.1", {"interval": ""}, "You passed an empty string"),
        ("balance.summary.1", {"interval": ["2026"]}, "must be a string"),
        ("balance.summary.1", {"interval": "1969"}, "must not begin before 1970"),
        ("balance.summary.1", {"interval": "1970", "timezone": "Asia/Tokyo"}, "must not begin before 1970"),
        ("balance.summary.1", {"interval": "2011-12-30", "timezone": "Pacific/Apia"}, "there is no time in 2011-12-30"),
    ],
)  # fmt: skip
def test_what_is_no_period_or_one_too_many_is_refused(
    report_type: str, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidRequest, match=message) as refused:
        catalog.report_type(report_type).bind(given)
    assert refused.value.param == "parameters[interval]"


def test_a_wrong_time_zone_is_refused_as_without_it() -> None:
    with pytest.raises(InvalidRequest) as refused:
        catalog.report_type("balance.summary.1").bind({"interval": "today", "timezone": "Mars/Olympus"})
    assert refused.value.param == "parameters[timezone]"


def test_a_period_without_data_is_refused_by_its_own_name() -> None:
    report_type = catalog.report_type("balance.summary.1")
    for given, part in (
        ({"interval": "2026-03"}, "only available through"),
        (
            {"interval": "2025"},
            "only available starting at",
        ),
    ):
        with pytest.raises(InvalidRequest, match=part) as refused:
            report_type.check_available(report_type.bind(given), datetime(2026, 1, 1, tzinfo=UTC), NOW)
        assert refused.value.param == "parameters.interval"
        assert refused.value.message.endswith(f"(`interval` = {given['interval']}).")


@pytest.mark.parametrize("report_type", sorted(catalog.report_types()))
def test_every_report_type_that_is_about_time_takes_a_period(report_type: str) -> None:
    takes = catalog.report_type(report_type).parameters
    when = {"interval_start", "interval_end", "start_date", "end_date", "as_of"} & takes.keys()
    if not when:
        with pytest.raises(InvalidRequest, match="unknown parameter"):
            catalog.report_type(report_type).bind({"interval": "2026-02"})
        return
    required = {name: "po_1" for name, one in takes.items() if one.required and name not in when}
    bound = catalog.report_type(report_type).bind({"interval": "2026-02"} | required)
    assert bound.resolved.keys() == when

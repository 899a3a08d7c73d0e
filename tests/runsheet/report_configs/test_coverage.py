"""What a scheduled run is about, for every kind of report type."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

import pytest

from runsheet import catalog
from runsheet.catalog.header import ParameterHeader
from runsheet.errors import InvalidRequest
from runsheet.report_configs.coverage import checked_parameters, coverage
from runsheet.schedule import Schedule

if TYPE_CHECKING:
    from runsheet.catalog import ReportType
    from runsheet.catalog.header import Kind
    from runsheet.schedule import Frequency

SLOT = datetime(2026, 3, 30, 6, 0, tzinfo=UTC)  # Monday 08:00 in Berlin, the day after the clocks changed
INTERVAL = catalog.report_type("balance.summary.1")


def when(frequency: Frequency) -> Schedule:
    return Schedule(frequency, time(8), weekday=0, day_of_month=1, timezone="Europe/Berlin")


def with_parameters(**kinds: Kind) -> ReportType:
    parameters = {name: ParameterHeader(kind=kind) for name, kind in kinds.items()}
    return replace(INTERVAL, parameters=parameters)


@pytest.mark.parametrize(
    ("frequency", "first_day", "last_day", "start", "end"),
    [
        ("daily", date(2026, 3, 29), date(2026, 3, 29), "2026-03-28T23:00", "2026-03-29T22:00"),
        ("weekly", date(2026, 3, 23), date(2026, 3, 29), "2026-03-22T23:00", "2026-03-29T22:00"),
        ("monthly", date(2026, 2, 1), date(2026, 2, 28), "2026-01-31T23:00", "2026-02-28T23:00"),
    ],
)
def test_a_report_over_an_interval_is_about_the_period_before(
    frequency: Frequency, first_day: date, last_day: date, start: str, end: str
) -> None:
    about = coverage(INTERVAL, when(frequency), SLOT)
    assert about.parameters == {
        "timezone": "Europe/Berlin",
        "interval_start": int(datetime.fromisoformat(start + "Z").timestamp()),
        "interval_end": int(datetime.fromisoformat(end + "Z").timestamp()),
    }
    assert (about.first_day, about.last_day) == (first_day, last_day)
    INTERVAL.bind(about.parameters)


@pytest.mark.parametrize("frequency", ["daily", "weekly", "monthly"])
def test_a_report_as_of_a_day_is_about_the_day_before(frequency: Frequency) -> None:
    # Whatever kind the type reads it as: it gets the day as YYYY-MM-DD.
    about = coverage(with_parameters(as_of="currency", timezone="timezone"), when(frequency), SLOT)
    assert about.parameters == {"timezone": "Europe/Berlin", "as_of": "2026-03-29"}
    assert (about.first_day, about.last_day) == (date(2026, 3, 29), date(2026, 3, 29))


@pytest.mark.parametrize(
    ("frequency", "end"), [("weekly", "2026-03-29T22:00Z"), ("monthly", "2026-02-28T23:00Z")]
)
def test_a_report_at_an_instant_is_about_the_end_of_the_period(frequency: Frequency, end: str) -> None:
    ending = catalog.report_type("ending_balance_reconciliation.summary.1")
    about = coverage(ending, when(frequency), SLOT)
    last = datetime.fromisoformat(end)
    assert about.parameters == {"timezone": "Europe/Berlin", "interval_end": int(last.timestamp())}
    assert about.first_day == about.last_day == last.date()
    ending.bind(about.parameters)


def test_a_report_without_time_gets_no_time() -> None:
    about = coverage(with_parameters(currency="currency"), when("weekly"), SLOT)
    assert about.parameters == {}
    assert (about.first_day, about.last_day) == (date(2026, 3, 23), date(2026, 3, 29))


def test_what_a_config_adds_is_checked_and_kept_alone() -> None:
    given = {"currency": "usd", "columns": ["net_amount"]}
    assert checked_parameters(INTERVAL, given, when("daily"), SLOT) == given
    assert checked_parameters(INTERVAL, {}, when("monthly"), SLOT) == {}
    for wrong in ({"currency": "USD"}, {"interval_end": 1}, {"timezone": "Etc/UTC"}, {"x": 1}):
        with pytest.raises(InvalidRequest):
            checked_parameters(INTERVAL, wrong, when("daily"), SLOT)


def test_a_send_that_the_clocks_move_over_midnight_is_about_the_period_of_its_own_day() -> None:
    # In Nuuk 23:00 on Saturday the 28th became 00:00 on Sunday: the send of 23:30 is Saturday's still.
    nuuk = Schedule("daily", time(23, 30), weekday=0, day_of_month=1, timezone="America/Nuuk")
    about = coverage(INTERVAL, nuuk, datetime(2026, 3, 29, 1, 0, tzinfo=UTC))
    assert (about.first_day, about.last_day) == (date(2026, 3, 27), date(2026, 3, 27))

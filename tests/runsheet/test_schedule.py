"""Send times and periods, rule by rule, on days that happened or that the database foresees."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal

import pytest

from runsheet.schedule import (
    Period,
    Schedule,
    as_of,
    count_sends,
    day_of,
    latest_send,
    next_send,
    period,
    upcoming,
    zone,
)

if TYPE_CHECKING:
    from runsheet.schedule import Frequency


def at(text: str) -> datetime:
    """Return the instant of `2026-03-29 01:00`, which is UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def schedule(
    name: str,
    clock: str = "08:00",
    frequency: Frequency = "daily",
    *,
    weekday: int = 4,
    day_of_month: int | Literal["last"] = 1,
) -> Schedule:
    return Schedule(frequency, time.fromisoformat(clock), weekday, day_of_month, name)


def sends(given: Schedule, after: str, count: int) -> list[str]:
    """Return the next sends as UTC text."""
    return [f"{send.at:%Y-%m-%d %H:%M}" for send in upcoming(given, at(after), count)]


@pytest.mark.parametrize(
    ("given", "after", "expected"),
    [
        # Berlin is at +1 until 29 March 2026 and at +2 from there on.
        (schedule("Europe/Berlin"), "2026-03-27 00:00", ["03-27 07:00", "03-28 07:00", "03-29 06:00"]),
        (schedule("Asia/Kathmandu"), "2026-01-01 02:15", ["01-02 02:15", "01-03 02:15"]),
        (schedule("Asia/Kolkata", "00:00"), "2026-01-01 00:00", ["01-01 18:30", "01-02 18:30"]),
        (schedule("Pacific/Chatham"), "2026-04-03 00:00", ["04-03 18:15", "04-04 19:15"]),
        (schedule("Etc/UTC", "00:00"), "2026-02-28 00:00", ["03-01 00:00"]),
        (schedule("Pacific/Kiritimati"), "2026-01-01 00:00", ["01-01 18:00"]),
        (schedule("US/Pacific-New"), "2026-01-01 00:00", ["01-01 16:00"]),
        # 23 November 2026 is a Monday; in Auckland it begins on Sunday, UTC.
        (schedule("Europe/Berlin", frequency="weekly", weekday=0), "2026-11-22 00:00", ["11-23 07:00"]),
        (schedule("Pacific/Auckland", frequency="weekly", weekday=0), "2026-11-22 00:00", ["11-22 19:00"]),
        (schedule("America/New_York", "23:30", "weekly", weekday=6), "2026-11-22 00:00", ["11-23 04:30"]),
        (schedule("Etc/UTC", frequency="weekly", weekday=6), "2026-11-22 08:00", ["11-29 08:00"]),
        (schedule("Etc/UTC", frequency="monthly"), "2026-11-22 00:00", ["12-01 08:00"]),
        (schedule("Etc/UTC", frequency="monthly", day_of_month=28), "2026-01-28 08:00", ["02-28 08:00"]),
    ],
)
def test_a_report_is_sent_at_the_local_time_of_its_days(
    given: Schedule, after: str, expected: list[str]
) -> None:
    assert sends(given, after, len(expected)) == [f"2026-{text}" for text in expected]


def test_the_last_day_of_the_month_knows_leap_years_and_the_new_year() -> None:
    given = schedule("Etc/UTC", frequency="monthly", day_of_month="last")
    assert sends(given, "2027-11-30 08:00", 4) == [
        "2027-12-31 08:00", "2028-01-31 08:00", "2028-02-29 08:00", "2028-03-31 08:00",
    ]  # fmt: skip


def test_a_send_is_strictly_after_and_to_the_microsecond() -> None:
    given = schedule("Europe/Berlin")
    sent = at("2026-11-22 07:00")
    assert next_send(given, sent - timedelta(microseconds=1)) == sent
    assert next_send(given, sent) == at("2026-11-23 07:00")
    assert next_send(given, sent + timedelta(microseconds=1)) == at("2026-11-23 07:00")


def test_the_zone_in_which_an_instant_is_given_makes_no_difference() -> None:
    given = schedule("Europe/Berlin", "02:30")
    sent = at("2026-10-25 00:30")
    for name in ("Asia/Tokyo", "Europe/Berlin"):
        local = sent.astimezone(zone(name))
        assert next_send(given, local - timedelta(seconds=1)) == sent
        assert next_send(given, local) == at("2026-10-26 01:30")
        assert latest_send(given, local).tzinfo is UTC
        assert latest_send(given, local) == sent
        assert day_of(given, local) == date(2026, 10, 25)


@pytest.mark.parametrize(
    ("name", "clock", "after", "expected"),
    [
        # From 02:00 to 03:00: each time between is sent at 03:00.
        ("Europe/Berlin", "02:00", "2026-03-28 12:00", ["2026-03-29 01:00", "2026-03-30 00:00"]),
        ("Europe/Berlin", "02:30", "2026-03-28 12:00", ["2026-03-29 01:00", "2026-03-30 00:30"]),
        ("Europe/Berlin", "03:00", "2026-03-28 12:00", ["2026-03-29 01:00", "2026-03-30 01:00"]),
        ("America/New_York", "02:30", "2026-03-07 12:00", ["2026-03-08 07:00", "2026-03-09 06:30"]),
        # By 30 minutes only: 02:00 becomes 02:30.
        ("Australia/Lord_Howe", "02:00", "2026-10-03 00:00", ["2026-10-03 15:30", "2026-10-04 15:00"]),
        # From 00:00 to 01:00: the day begins at 01:00.
        ("America/Sao_Paulo", "00:30", "2018-11-03 12:00", ["2018-11-04 03:00", "2018-11-05 02:30"]),
        ("Africa/Cairo", "00:00", "2026-04-23 12:00", ["2026-04-23 22:00", "2026-04-24 21:00"]),
        ("Asia/Beirut", "00:30", "2026-03-28 12:00", ["2026-03-28 22:00", "2026-03-29 21:30"]),
        # From 23:00 to 00:00: the instant is on the next day.
        ("America/Nuuk", "23:30", "2026-03-28 12:00", ["2026-03-29 01:00", "2026-03-30 00:30"]),
        # At 00:01 for an hour, until 2011.
        ("America/St_Johns", "00:30", "2010-03-13 12:00", ["2010-03-14 03:31", "2010-03-15 03:00"]),
        # Two hours.
        ("Antarctica/Troll", "01:30", "2026-03-28 12:00", ["2026-03-29 01:00", "2026-03-29 23:30"]),
        # Once only, for a new standard time: 23:30 became 00:00.
        ("Asia/Pyongyang", "23:30", "2018-05-04 12:00", ["2018-05-04 15:00", "2018-05-05 14:30"]),
    ],
)
def test_a_time_that_the_clocks_skip_is_sent_when_they_change(
    name: str, clock: str, after: str, expected: list[str]
) -> None:
    assert sends(schedule(name, clock), after, 2) == expected


@pytest.mark.parametrize(
    ("name", "clock", "after", "expected"),
    [
        ("Europe/Berlin", "02:30", "2026-10-24 12:00", ["2026-10-25 00:30", "2026-10-26 01:30"]),
        ("America/New_York", "01:30", "2026-10-31 12:00", ["2026-11-01 05:30", "2026-11-02 06:30"]),
        ("Australia/Lord_Howe", "01:30", "2026-04-04 00:00", ["2026-04-04 14:30", "2026-04-05 15:00"]),
        # Midnight twice: the clocks go from 01:00 to 00:00 of the same day.
        ("America/Havana", "00:00", "2024-11-02 12:00", ["2024-11-03 04:00", "2024-11-04 05:00"]),
        # Clocks that go back over midnight show the evening before again, and 00:00 too.
        ("America/St_Johns", "23:30", "2010-11-06 12:00", ["2010-11-07 02:00", "2010-11-08 03:00"]),
        ("America/St_Johns", "00:00", "2010-11-06 12:00", ["2010-11-07 02:30", "2010-11-08 03:30"]),
    ],
)
def test_a_time_that_the_clocks_show_twice_is_sent_the_first_time_and_once(
    name: str, clock: str, after: str, expected: list[str]
) -> None:
    given = schedule(name, clock)
    assert sends(given, after, 2) == expected
    for minutes in range(0, 180, 15):
        between = at(expected[0]) + timedelta(minutes=minutes)
        assert next_send(given, between) == at(expected[1])
        assert latest_send(given, between) == at(expected[0])


# Samoa went from 29 to 31 December 2011: there was no Friday.
LEFT_OUT = at("2011-12-30 10:00")


@pytest.mark.parametrize("clock", ["00:00", "08:00", "23:30"])
@pytest.mark.parametrize("name", ["Pacific/Apia", "Pacific/Fakaofo"])
def test_a_day_that_a_zone_left_out_has_no_daily_report(name: str, clock: str) -> None:
    given = schedule(name, clock)
    shown = [send.local for send in upcoming(given, at("2011-12-28 12:00"), 5)]
    dates = sorted({local.date().day for local in shown})
    assert 30 not in dates
    assert [local.time().isoformat("minutes") for local in shown] == [clock] * 5
    assert len({local.date() for local in shown}) == 5
    over = [period("daily", local.astimezone(UTC), name) for local in shown]
    assert [earlier.end for earlier in over[:-1]] == [later.start for later in over[1:]]
    assert date(2011, 12, 30) not in {each.last_day for each in over}


@pytest.mark.parametrize("clock", ["00:00", "08:00", "23:30"])
def test_a_weekly_report_of_a_day_that_was_left_out_is_sent_when_the_next_day_begins(clock: str) -> None:
    given = schedule("Pacific/Apia", clock, "weekly", weekday=4)
    assert next_send(given, LEFT_OUT - timedelta(seconds=1)) == LEFT_OUT
    assert day_of(given, LEFT_OUT) == date(2011, 12, 30)
    week = period("weekly", LEFT_OUT, "Pacific/Apia", day_of(given, LEFT_OUT))
    assert (week.first_day, week.last_day) == (date(2011, 12, 23), date(2011, 12, 29))
    following = period("weekly", next_send(given, LEFT_OUT), "Pacific/Apia")
    assert (following.start, following.first_day) == (week.end, date(2011, 12, 31))
    assert (following.end - following.start) == timedelta(days=6)


def test_the_saturday_after_is_a_week_of_six_days() -> None:
    given = schedule("Pacific/Apia", "00:00", "weekly", weekday=5)
    assert next_send(given, LEFT_OUT - timedelta(seconds=1)) == LEFT_OUT
    assert day_of(given, LEFT_OUT) == date(2011, 12, 31)
    week = period("weekly", LEFT_OUT, "Pacific/Apia", day_of(given, LEFT_OUT))
    assert (week.first_day, week.last_day) == (date(2011, 12, 24), date(2011, 12, 29))
    assert week.end == LEFT_OUT


def test_kwajalein_left_out_a_saturday_in_1993() -> None:
    given = schedule("Pacific/Kwajalein")
    shown = [f"{send.local:%m-%d %H:%M}" for send in upcoming(given, at("1993-08-20 00:00"), 3)]
    assert shown == ["08-20 08:00", "08-22 08:00", "08-23 08:00"]


def test_a_last_day_that_was_left_out_keeps_its_month() -> None:
    given = schedule("Pacific/Kanton", frequency="monthly", day_of_month="last")
    sent = next_send(given, at("1994-12-15 00:00"))
    assert sent == at("1994-12-31 11:00")
    assert period("monthly", sent, "Pacific/Kanton", day_of(given, sent)).first_day == date(1994, 11, 1)


def test_the_latest_send_is_the_newest_that_was_missed() -> None:
    given = schedule("Europe/Berlin")
    assert latest_send(given, at("2026-11-22 06:59")) == at("2026-11-21 07:00")
    assert latest_send(given, at("2026-11-22 07:00")) == at("2026-11-22 07:00")
    monthly = schedule("Europe/Berlin", frequency="monthly", day_of_month="last")
    assert latest_send(monthly, at("2026-03-31 05:59")) == at("2026-02-28 07:00")
    assert latest_send(monthly, at("2026-01-30 00:00")) == at("2025-12-31 07:00")


def test_sends_are_counted_up_to_and_including_the_end() -> None:
    given = schedule("Europe/Berlin")
    first, fourth = at("2026-11-22 07:00"), at("2026-11-25 07:00")
    assert count_sends(given, first, fourth) == 3
    assert count_sends(given, first - timedelta(seconds=1), fourth) == 4
    assert count_sends(given, first, fourth - timedelta(seconds=1)) == 2
    assert count_sends(given, fourth, first) == 0
    assert count_sends(given, first, first) == 0


NOTES = [
    ("Europe/Berlin", "02:30", "2026-03-28 12:00", "02:30 does not exist on this day; sent at 03:00"),
    ("Europe/Berlin", "03:00", "2026-03-28 12:00", None),
    ("Europe/Berlin", "02:30", "2026-10-24 12:00", "02:30 occurs twice on this day; sent the first time"),
    ("Europe/Berlin", "02:30", "2026-10-22 12:00", None),
    ("Australia/Lord_Howe", "02:00", "2026-10-03 00:00", "02:00 does not exist on this day; sent at 02:30"),
    ("Africa/Cairo", "00:00", "2026-04-23 12:00", "00:00 does not exist on this day; sent at 01:00"),
    (
        "America/Nuuk",
        "23:30",
        "2026-03-28 12:00",
        "23:30 does not exist on 2026-03-28; sent at 00:00 on 2026-03-29",
    ),
]


@pytest.mark.parametrize(("name", "clock", "after", "note"), NOTES)
def test_a_note_says_what_a_change_of_the_clocks_does(
    name: str, clock: str, after: str, note: str | None
) -> None:
    first, second = upcoming(schedule(name, clock), at(after), 2)
    assert first.note == note
    assert second.note is None
    assert first.local.astimezone(UTC) == first.at
    assert str(first.local.tzinfo) == name


def test_no_sends_to_come_are_none() -> None:
    assert upcoming(schedule("Etc/UTC"), at("2026-01-01 00:00"), 0) == []


PERIODS: list[tuple[Frequency, str, str, str, str, str, str]] = [
    # frequency, zone, slot; start and end in UTC; first and last day
    ("daily", "Europe/Berlin", "2026-11-22 07:00", "11-20 23:00", "11-21 23:00", "11-21", "11-21"),
    # 23 and 25 hours.
    ("daily", "Europe/Berlin", "2026-03-30 06:00", "03-28 23:00", "03-29 22:00", "03-29", "03-29"),
    ("daily", "Europe/Berlin", "2026-10-26 07:00", "10-24 22:00", "10-25 23:00", "10-25", "10-25"),
    # 23 and a half, and 24 and a half.
    ("daily", "Australia/Lord_Howe", "2026-10-05 00:00", "10-03 13:30", "10-04 13:00", "10-04", "10-04"),
    ("daily", "Australia/Lord_Howe", "2026-04-06 00:00", "04-04 13:00", "04-05 13:30", "04-05", "04-05"),
    # A day that begins at 01:00.
    ("daily", "Africa/Cairo", "2026-04-25 06:00", "04-23 22:00", "04-24 21:00", "04-24", "04-24"),
    # A send at the first instant of the day, which is 01:00.
    ("daily", "Africa/Cairo", "2026-04-23 22:00", "04-22 22:00", "04-23 22:00", "04-23", "04-23"),
    # Midnight twice: the day is the whole of both.
    ("daily", "America/Havana", "2025-11-03 13:00", "11-02 04:00", "11-03 05:00", "11-02", "11-02"),
    ("daily", "Asia/Kathmandu", "2026-01-02 02:15", "12-31 18:15", "01-01 18:15", "01-01", "01-01"),
    ("weekly", "Europe/Berlin", "2026-04-03 06:00", "03-26 23:00", "04-02 22:00", "03-27", "04-02"),
    ("weekly", "America/New_York", "2026-01-05 13:00", "12-29 05:00", "01-05 05:00", "12-29", "01-04"),
    ("monthly", "Europe/Berlin", "2026-04-01 06:00", "02-28 23:00", "03-31 22:00", "03-01", "03-31"),
    ("monthly", "Europe/Berlin", "2026-01-31 07:00", "11-30 23:00", "12-31 23:00", "12-01", "12-31"),
    ("monthly", "Pacific/Auckland", "2026-02-28 19:00", "01-31 11:00", "02-28 11:00", "02-01", "02-28"),
    ("monthly", "Etc/UTC", "2028-03-01 08:00", "02-01 00:00", "03-01 00:00", "02-01", "02-29"),
]


@pytest.mark.parametrize(("frequency", "name", "slot", "start", "end", "first", "last"), PERIODS)
def test_a_period_is_the_day_the_week_or_the_month_before(
    frequency: Frequency, name: str, slot: str, start: str, end: str, first: str, last: str
) -> None:
    found = period(frequency, at(slot), name)
    year = int(slot[:4])

    def before(text: str) -> str:
        return f"{year - 1 if text[:2] > slot[5:7] else year}-{text}"

    assert found == Period(
        at(before(start)),
        at(before(end)),
        date.fromisoformat(before(first)),
        date.fromisoformat(before(last)),
        name,
    )


def test_a_send_that_was_moved_over_midnight_is_still_about_the_day_before_its_own() -> None:
    given = schedule("America/Nuuk", "23:30")
    moved, following = (send.at for send in upcoming(given, at("2026-03-28 12:00"), 2))
    assert day_of(given, moved) == date(2026, 3, 28)
    assert as_of(moved, "America/Nuuk", day_of(given, moved)) == date(2026, 3, 27)
    assert as_of(following, "America/Nuuk", day_of(given, following)) == date(2026, 3, 28)
    midnight = schedule("America/Nuuk", "00:00")
    assert next_send(midnight, at("2026-03-28 12:00")) == moved
    assert day_of(midnight, moved) == date(2026, 3, 29)


def test_an_instant_that_is_no_send_belongs_to_the_day_that_the_calendar_shows() -> None:
    for frequency in ("daily", "weekly", "monthly"):
        given = schedule("Europe/Berlin", frequency=frequency)
        assert day_of(given, at("2026-11-22 23:30")) == date(2026, 11, 23)


def test_an_as_of_report_looks_at_the_end_of_the_local_day_before() -> None:
    assert as_of(at("2026-11-22 07:00"), "Europe/Berlin") == date(2026, 11, 21)
    assert as_of(at("2026-11-21 19:00"), "Pacific/Auckland") == date(2026, 11, 21)
    assert as_of(at("2026-11-22 02:00"), "America/New_York") == date(2026, 11, 20)
    assert as_of(LEFT_OUT, "Pacific/Apia") == date(2011, 12, 29)


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "../zones", "Europe", "/etc/localtime", "localtime", "europe/berlin"]
)
def test_only_a_zone_of_the_database_is_one(name: str) -> None:
    with pytest.raises(ValueError, match="no time zone is called"):
        next_send(schedule(name), at("2026-01-01 00:00"))

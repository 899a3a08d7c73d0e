"""The forecast of credits, worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runsheet.account_usage.forecasting import Forecast, Subscription, forecast

DAY = timedelta(days=1)
START, END = date(2026, 3, 1), date(2026, 3, 31)
WHOLE = Subscription(START, END, 100)


def used(*amounts: str, first: date = START) -> dict[date, Decimal]:
    return {first + number * DAY: Decimal(amount) for number, amount in enumerate(amounts)}


def test_the_average_is_that_of_the_days_that_are_over() -> None:
    # Four days are over with 10 credits, 1 is used today; 26 days are left after today.
    found = forecast(used("1", "2", "3", "4", "1"), WHOLE, today=date(2026, 3, 5))
    assert found == Forecast(
        average=Decimal("2.5"),
        used_share=Decimal("0.11"),
        forecast=Decimal(11) + Decimal("2.5") * 26,
        forecast_share=Decimal("0.76"),
        remaining_days=26,
    )


@pytest.mark.parametrize(("over", "average"), [(1, "4"), (2, "3.5"), (4, "2.5"), (365, "2.5")])
def test_the_average_of_the_last_days_begins_with_the_subscription(over: int, average: str) -> None:
    before = used("50", "50", first=date(2026, 2, 27))
    found = forecast(
        before | used("1", "2", "3", "4", "1"), WHOLE, today=date(2026, 3, 5), over=timedelta(days=over)
    )
    assert found.average == Decimal(average)
    assert found.used_share == Decimal("0.11")


def test_days_without_a_record_used_nothing() -> None:
    assert forecast({date(2026, 3, 2): Decimal(8)}, WHOLE, today=date(2026, 3, 5)).average == 2


def test_the_first_day_is_taken_as_it_stands() -> None:
    found = forecast(used("3"), WHOLE, today=START)
    assert (found.average, found.forecast, found.remaining_days) == (Decimal(3), Decimal(3 + 3 * 30), 30)


def test_the_credits_may_run_out_before_the_subscription() -> None:
    found = forecast(used("30", "30"), WHOLE, today=date(2026, 3, 3))
    # 40 are left at 30 a day; 60 and 28 times 30 are expected.
    assert (found.remaining_days, found.forecast_share) == (1, Decimal(9))
    spent = forecast(used("60", "60"), WHOLE, today=date(2026, 3, 3))
    assert (spent.remaining_days, spent.used_share) == (0, Decimal("1.2"))


def test_without_use_nothing_runs_out() -> None:
    found = forecast({}, WHOLE, today=date(2026, 3, 3))
    assert found == Forecast(Decimal(0), Decimal(0), Decimal(0), Decimal(0), 28)


def test_without_a_number_of_credits_there_are_no_shares() -> None:
    found = forecast(used("1000", "1000"), Subscription(START, END, None), today=date(2026, 3, 3))
    assert (found.used_share, found.forecast_share, found.remaining_days) == (Decimal(0), Decimal(0), 28)
    assert found.forecast == 2000 + 1000 * 28


@pytest.mark.parametrize(("today", "left"), [(date(2026, 2, 1), 31), (date(2026, 2, 28), 31), (START, 30)])
def test_before_the_subscription_all_of_its_days_are_left(today: date, left: int) -> None:
    found = forecast(used("9", first=date(2026, 2, 1)), WHOLE, today=today)
    assert (found.average, found.forecast, found.remaining_days) == (Decimal(0), Decimal(0), left)


@pytest.mark.parametrize("today", [END, date(2026, 4, 1), date(2027, 1, 1)])
def test_after_the_subscription_nothing_is_left(today: date) -> None:
    credits_by_day = used(*["2"] * 31) | used("50", first=date(2026, 4, 1))
    found = forecast(credits_by_day, WHOLE, today=today, over=timedelta(days=7))
    assert (found.average, found.forecast, found.remaining_days) == (Decimal(2), Decimal(62), 0)


def test_a_subscription_of_one_day() -> None:
    one = Subscription(START, START, 10)
    assert forecast(used("4"), one, today=START).remaining_days == 0
    assert forecast(used("4"), one, today=START + DAY).average == 4


def test_the_published_example_comes_out() -> None:
    """A real answer of the vendor's: 219 credits, 265 days left, 0.00738088932439153 a day over seven days."""
    today = date(2026, 4, 10)
    subscription = Subscription(date(2025, 12, 31), date(2026, 12, 31), 219)
    assert (subscription.end - today).days == 265
    seven = {today - n * DAY: Decimal("0.00738088932439153") for n in range(1, 8)}
    earlier = {date(2026, 1, 1): Decimal("0.539351173301902") * 219 - sum(seven.values())}
    found = forecast(seven | earlier, subscription, today=today, over=timedelta(days=7))
    assert float(found.used_share) == pytest.approx(0.539351173301902)
    assert float(found.forecast) == pytest.approx(120.07384262408, rel=1e-6)
    assert float(found.forecast_share) == pytest.approx(0.548282386411326, rel=1e-6)
    assert found.remaining_days == 265


@given(
    amounts=st.lists(st.decimals(0, 1000, places=2), max_size=60),
    first=st.integers(-10, 10),
    today=st.integers(-10, 50),
    over=st.none() | st.integers(1, 365),
    credits_=st.none() | st.integers(1, 10_000),
)
def test_it_is_what_counting_day_by_day_gives(
    amounts: list[Decimal], first: int, today: int, over: int | None, credits_: int | None
) -> None:
    by_day = {START + (first + number) * DAY: amount for number, amount in enumerate(amounts)}
    present = START + today * DAY
    found = forecast(
        by_day,
        Subscription(START, END, credits_),
        today=present,
        over=None if over is None else timedelta(days=over),
    )
    days = [START + number * DAY for number in range(31)]
    so_far = sum((Fraction(by_day.get(day, 0)) for day in days if day <= present), Fraction(0))
    complete = [day for day in days if day < present] or [day for day in days if day == present]
    counted = complete[-over:] if over else complete
    average = sum((Fraction(by_day.get(day, 0)) for day in counted), Fraction(0)) / max(len(counted), 1)
    left = len([day for day in days if day > present])
    assert float(found.average) == pytest.approx(float(average))
    assert float(found.forecast) == pytest.approx(float(so_far + average * left))
    assert 0 <= found.remaining_days <= left
    if credits_ is None or not average:
        assert found.remaining_days == (left if credits_ is None or so_far < credits_ else 0)
    else:
        assert found.remaining_days == max(0, min(left, int((credits_ - so_far) / average)))
        assert float(found.used_share) == pytest.approx(float(so_far / credits_))

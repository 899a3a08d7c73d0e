"""What the credits used so far come to by the end of a subscription. Pure: no clock, no table.

Today is not over, so it counts as used and not in the average: half a day taken for a whole one would lower every
forecast of the morning. On the first day of a subscription it is all there is, and is taken as it stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_DAY = timedelta(days=1)
_NONE = Decimal(0)


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription's first and last UTC day, both included, and its credits in all (None: nobody counts them)."""

    start: date
    end: date
    credits: int | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """A forecast; credits, and shares of the subscription's credits as fractions.

    Attributes:
        average: credits per day.
        used_share: used so far.
        forecast: used by the end of the subscription, at that average.
        forecast_share: the same as a share.
        remaining_days: whole days until the credits are used up at that average; at most those of the subscription.
    """

    average: Decimal
    used_share: Decimal
    forecast: Decimal
    forecast_share: Decimal
    remaining_days: int


def forecast(
    credits_by_day: Mapping[date, Decimal],
    subscription: Subscription,
    *,
    today: date,
    over: timedelta | None = None,
) -> Forecast:
    """Return the forecast of a subscription as it stands on a day.

    Args:
        credits_by_day: credits used by UTC day; a day that is not there used none, and days outside of the
            subscription do not count.
        subscription: what is forecast.
        today: the present UTC day, before, in or after the subscription.
        over: how many days the average is taken over, the last ones that are over; None for all of the
            subscription so far. Days before the subscription are not counted as days without use.
    """
    so_far = min(today, subscription.end)
    used = _sum(credits_by_day, subscription.start, so_far)
    average = _average(credits_by_day, subscription, today, over)
    days_left = (subscription.end - max(so_far, subscription.start - _DAY)).days
    expected = used + average * days_left
    total = subscription.credits
    if total is None:
        return Forecast(average, _NONE, expected, _NONE, days_left)
    return Forecast(
        average,
        used / total,
        expected,
        expected / total,
        _remaining(Decimal(total) - used, average, days_left),
    )


def _average(
    credits_by_day: Mapping[date, Decimal], subscription: Subscription, today: date, over: timedelta | None
) -> Decimal:
    last = min(today - _DAY, subscription.end)
    if today == subscription.start:
        last = today
    first = subscription.start if over is None else max(subscription.start, last - over + _DAY)
    days = (last - first).days + 1
    return _sum(credits_by_day, first, last) / days if days > 0 else _NONE


def _remaining(credits_left: Decimal, average: Decimal, days_left: int) -> int:
    if credits_left <= 0:
        return 0
    if average <= 0:
        return days_left
    return min(days_left, int(credits_left / average))


def _sum(credits_by_day: Mapping[date, Decimal], first: date, last: date) -> Decimal:
    return sum((used for day, used in credits_by_day.items() if first <= day <= last), _NONE)

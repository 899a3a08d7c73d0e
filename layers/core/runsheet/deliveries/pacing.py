"""No more mails a second than SES allows the account, whichever workers send them.

A bucket of RateLimitsTable is used as a timetable: taking a token books the next free instant, and the worker sleeps until
then. So mails leave evenly, in one write each, and workers that wait do not ask again and again.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from runsheet.rate_limits import table
from runsheet.rate_limits.model import Limit
from runsheet.runtime import clock
from runsheet.runtime.observability import logger
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from collections.abc import Callable

BUCKET = "mails"
# A worker that would wait longer gives its mail back: its claim and its function end after a minute.
_BOOKED_SECONDS = 20
_SECOND = 1_000_000


class TimetableFull(Exception):
    """Mails are booked for as long as a worker may wait: more workers send than the rate needs."""


def wait(sleep: Callable[[float], None] = time.sleep) -> None:
    """Sleep until the account may send one more mail.

    A fault of the table lets the mail through at once: SES turns away what is too much, and it is tried again.

    Args:
        sleep: takes seconds.

    Raises:
        TimetableFull: that would be in more than 20 s.
    """
    per_second = int(settings().mails_per_second)
    if per_second == 0:
        return
    limit = Limit(per_second, capacity=per_second * _BOOKED_SECONDS)
    now = int(clock.now().timestamp() * _SECOND)
    try:
        # Mails come many at a time; of one alone the guess is wrong, and costs it a second write.
        booked = table.take(BUCKET, limit, now=now, busy=True)
    except (BotoCoreError, ClientError):
        logger.warning("the rate of mails cannot be held; the mail is sent", exc_info=True)
        return
    if not booked.passed:
        raise TimetableFull
    sleep(max(0, booked.full_at - limit.interval - now) / _SECOND)

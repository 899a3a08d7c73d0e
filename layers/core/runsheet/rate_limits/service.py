"""Whether a request may pass. It costs one write of DynamoDB, two at the most, and none while this process knows a no."""

from __future__ import annotations

import logging
from collections import OrderedDict
from functools import cache
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from runsheet.errors import TooManyRequests
from runsheet.rate_limits import table
from runsheet.rate_limits.model import Limit
from runsheet.runtime import clock
from runsheet.runtime.settings import settings

if TYPE_CHECKING:
    from runsheet.api_keys.model import ApiKey
    from runsheet.tenancy import Mode

_MAX_KNOWN = 1_000
_log = logging.getLogger(__name__)
# When buckets are full again, as this process last saw it. It can only have become later since, so a no is a no.
_known: OrderedDict[str, int] = OrderedDict()


def check(key: ApiKey, dialect: str) -> None:
    """Count a request of the key's to the routes of a dialect.

    A fault of the limiter's own table lets the request through: a limit must not take the API down.

    Raises:
        TooManyRequests: the key's bucket of this dialect is empty.
    """
    limit = limit_of(dialect, key.mode)
    if limit is None:
        return
    bucket = f"{dialect}#{key.id}"
    now = int(clock.now().timestamp() * 1_000_000)
    full_at = _known.get(bucket, 0)
    if full_at <= limit.latest(now):
        try:
            passed, full_at = table.take(bucket, limit, now=now, busy=full_at >= now)
        except (BotoCoreError, ClientError) as failure:
            _note_failure(type(failure).__name__)
            return
        _remember(bucket, full_at)
        if passed:
            return
    raise TooManyRequests(
        f"Request rate limit exceeded: at most {limit.per_second} requests a second are answered for this key.",
        retry_after=limit.seconds_until_free(full_at, now),
    )


def limit_of(dialect: str, mode: Mode) -> Limit | None:
    """Return the limit of a key's requests in a dialect; None for none.

    The account usage contract has 4 a second, the v1 contract 100 in live and 25 in test mode, and each as many at
    once; the template's parameters change them, and 0 turns one off. /v2 has those of v1.
    """
    if dialect == "usage":
        per_second = settings().usage_requests_per_second
    elif mode == "live":
        per_second = settings().live_requests_per_second
    else:
        per_second = settings().test_requests_per_second
    return Limit(int(per_second), capacity=int(per_second)) if int(per_second) else None


def forget() -> None:
    """Drop what this process knows of buckets, as a new container has it."""
    _known.clear()
    _note_failure.cache_clear()


def _remember(bucket: str, full_at: int) -> None:
    _known.pop(bucket, None)
    if len(_known) >= _MAX_KNOWN:
        _known.popitem(last=False)
    _known[bucket] = full_at


@cache
def _note_failure(kind: str) -> None:
    # Once for each kind: in an outage every request comes here.
    _log.warning(
        "the rate limit cannot be held; requests are let through", extra={"failure": kind}, exc_info=True
    )

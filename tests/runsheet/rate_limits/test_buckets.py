"""Token buckets: never more than the capacity and what comes back, whatever happens at once."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from hypothesis import HealthCheck, given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

from runsheet.api_keys import service as api_keys
from runsheet.errors import TooManyRequests
from runsheet.organisations import service as organisations
from runsheet.organisations.model import NewOrganisation
from runsheet.rate_limits import service, table
from runsheet.rate_limits.model import Limit
from runsheet.runtime import clients, clock
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant
from tests.concurrency import at_once, atomic_calls

if TYPE_CHECKING:
    from runsheet.api_keys.model import ApiKey
    from runsheet.tenancy import Mode

pytestmark = pytest.mark.usefixtures("tables")

SECOND = 1_000_000
NOW = int(datetime(2026, 7, 15, tzinfo=UTC).timestamp()) * SECOND
LIMITS = st.builds(Limit, per_second=st.integers(1, 20), capacity=st.integers(1, 20))


def take(bucket: str, limit: Limit, now: int, known: int) -> table.Taken:
    return table.take(bucket, limit, now=now, busy=known >= now)


@pytest.mark.parametrize(
    ("per_second", "interval"), [(1, 1_000_000), (4, 250_000), (3, 333_334), (1000, 1000)]
)
def test_a_token_comes_back_no_earlier_than_the_rate_allows(per_second: int, interval: int) -> None:
    assert Limit(per_second, 1).interval == interval


def test_as_many_as_fit_pass_at_once_then_one_for_each_token_that_comes_back() -> None:
    limit, passed, known = Limit(4, 4), [], 0
    for moment in (*[0] * 6, 249_999, 250_000, 250_001, 1_000_000, 1_000_000, 1_000_000, 1_000_000):
        taken = take("b", limit, NOW + moment, known)
        known = taken.full_at
        passed.append(taken.passed)
    assert passed == [True] * 4 + [False] * 3 + [True, False] + [True] * 3 + [False]
    item = boto3.client("dynamodb").scan(TableName=settings().rate_limits_table)["Items"][0]
    assert item["id"] == {"S": "rate#b"}
    assert int(item["expires_at"]["N"]) == NOW // SECOND + 1 + 24 * 60 * 60


def test_after_an_idle_time_the_bucket_is_full_and_no_fuller() -> None:
    limit = Limit(4, 4)
    for day in range(3):
        now = NOW + day * 86_400 * SECOND
        assert [take("b", limit, now, 0).passed for _ in range(6)] == [True] * 4 + [False] * 2


@settings_of_hypothesis(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(limit=LIMITS, data=st.data())
def test_it_decides_as_a_bucket_of_tokens_does(limit: Limit, data: st.DataObject) -> None:
    """And what a process knows of the bucket, which may be old, changes the number of writes and nothing else."""
    bucket, now, known = secrets.token_hex(8), NOW, [0]
    tokens, since = limit.capacity * limit.interval, now  # in microseconds of coming back
    for _ in range(15):
        now += data.draw(st.integers(0, 2 * limit.interval))
        tokens, since = min(limit.capacity * limit.interval, tokens + now - since), now
        expected = tokens >= limit.interval
        tokens -= limit.interval if expected else 0
        with atomic_calls(pause=0) as calls:
            taken = take(bucket, limit, now, data.draw(st.sampled_from(known)))
        assert taken.passed == expected
        assert len(calls) <= 2
        assert taken.passed or taken.full_at > limit.latest(now)
        known.append(taken.full_at)


@pytest.mark.parametrize("limit", [Limit(4, 4), Limit(10, 6), Limit(7, 1)])
def test_containers_at_once_never_let_more_through(limit: Limit) -> None:
    """Twelve containers with clocks and memories of their own ask as fast as they can, after an idle time and on."""

    def container() -> list[float]:
        passed, known = [], 0
        ends = time.monotonic() + 1.5
        while time.monotonic() < ends:
            now = int(time.time() * SECOND)
            taken = take("b", limit, now, known)
            known = taken.full_at
            if taken.passed:
                passed.append(now / SECOND)
        return passed

    clients.dynamodb_in_passing()  # as a process makes it once, before its threads
    with atomic_calls():
        moments = sorted(moment for found in at_once([container] * 12) for moment in found)
    for first, begins in enumerate(moments):
        for last in range(first, len(moments)):
            assert last - first + 1 <= limit.capacity + limit.per_second * (moments[last] - begins) + 1e-6
    assert len(moments) > limit.capacity


def test_a_burst_after_an_idle_time_passes_whole_wherever_it_arrives() -> None:
    limit = Limit(1, 8)
    clients.dynamodb_in_passing()
    with atomic_calls() as calls:
        taken = at_once([lambda: take("b", limit, NOW, 0)] * 20)
    assert sum(one.passed for one in taken) == 8
    assert len(calls) <= 2 * 20


# ---------------------------------------------------------------- of a key


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> ApiKey:
    for name, value in (("LIVE", "100"), ("TEST", "25"), ("USAGE", "4")):
        monkeypatch.setenv(f"{name}_REQUESTS_PER_SECOND", value)
    settings.cache_clear()
    at(monkeypatch, 0)
    return made_key()


def made_key(mode: Mode = "live") -> ApiKey:
    organisation = organisations.create(NewOrganisation("Acme"))
    return api_keys.create(Tenant(organisation.id, mode), "secret", "k")[0]


def at(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    moment = datetime.fromtimestamp(NOW // SECOND + seconds, UTC)
    monkeypatch.setattr(clock, "now", lambda: moment)


def passing(key: ApiKey, dialect: str, tries: int) -> int:
    passed = 0
    for _ in range(tries):
        try:
            service.check(key, dialect)
        except TooManyRequests:
            continue
        passed += 1
    return passed


def test_each_key_has_a_bucket_for_each_dialect_of_the_size_that_was_set(key: ApiKey) -> None:
    test_key = made_key("test")
    assert passing(key, "usage", 10) == 4
    assert passing(key, "v1", 120) == 100
    assert passing(test_key, "v2", 40) == 25
    assert passing(test_key, "usage", 10) == 4
    assert passing(made_key(), "usage", 10) == 4


def test_a_refusal_says_when_to_come_back_in_whole_seconds(
    key: ApiKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert passing(key, "usage", 4) == 4
    with pytest.raises(TooManyRequests, match="at most 4 requests a second") as refused:
        service.check(key, "usage")
    assert refused.value.retry_after == 1
    at(monkeypatch, -9)  # the clock of a container that is far behind
    with pytest.raises(TooManyRequests) as refused:
        service.check(key, "usage")
    assert refused.value.retry_after == 10
    at(monkeypatch, 0.25)
    service.check(key, "usage")


def test_a_request_costs_one_write_and_a_refusal_that_is_known_none(key: ApiKey) -> None:
    with atomic_calls(pause=0) as calls:
        assert passing(key, "usage", 4) == 4
        assert calls == ["UpdateItem"] * 4
        assert passing(key, "usage", 50) == 0
        assert len(calls) == 4
        service.forget()  # another container
        assert passing(key, "usage", 50) == 0
        assert len(calls) == 5


def test_another_container_needs_two_writes_while_the_bucket_is_in_use(key: ApiKey) -> None:
    service.check(key, "usage")
    service.forget()
    with atomic_calls(pause=0) as calls:
        service.check(key, "usage")
        assert len(calls) == 2
        service.check(key, "usage")
        assert len(calls) == 3


@pytest.mark.parametrize("value", ["0"])
def test_zero_turns_a_limit_off_and_nothing_is_asked(
    key: ApiKey, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVE_REQUESTS_PER_SECOND", value)
    settings.cache_clear()
    with atomic_calls(pause=0) as calls:
        assert passing(key, "v1", 300) == 300
    assert calls == []


@pytest.mark.parametrize(
    "failure",
    [
        ClientError({"Error": {"Code": "ProvisionedThroughputExceededException"}}, "UpdateItem"),
        ClientError({"Error": {"Code": "AccessDeniedException"}}, "UpdateItem"),
        ConnectTimeoutError(endpoint_url="https://dynamodb"),
    ],
)
def test_a_fault_of_the_limiter_lets_requests_through_and_is_logged_once(
    key: ApiKey, failure: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(**_: Any) -> Any:
        raise failure

    monkeypatch.setattr(clients.dynamodb_in_passing(), "update_item", fail)
    assert passing(key, "usage", 20) == 20
    assert len([record for record in caplog.records if "rate limit" in record.message]) == 1


def test_a_bucket_is_known_of_a_bounded_number_of_keys(key: ApiKey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_MAX_KNOWN", 3)
    for number in range(10):
        service._remember(f"b{number}", number)
    assert list(service._known) == ["b7", "b8", "b9"]
    service._remember("b7", 1)
    service._remember("b10", 1)
    assert list(service._known) == ["b9", "b7", "b10"]
    assert passing(key, "usage", 5) == 4


def test_the_limiter_gives_up_within_a_second_and_never_tries_again(aws: None) -> None:  # noqa: ARG001
    config: Any = clients.dynamodb_in_passing().meta.config
    assert config.retries["total_max_attempts"] == 1
    assert (config.connect_timeout, config.read_timeout) == (1, 1)

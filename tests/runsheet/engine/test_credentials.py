"""Wall 2: what the credentials of a run reach. The local stack's IAM tries them; here is what is asked for."""

from __future__ import annotations

import fnmatch
import json
from datetime import timedelta
from typing import Any

import pytest

from runsheet.engine import credentials
from runsheet.engine.credentials import lake_credentials, query_credentials, query_policy, session_policy
from runsheet.runtime import clients, clock
from runsheet.tenancy import Tenant

TENANT = Tenant("org_a", "live")


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    credentials._cache.clear()


@pytest.fixture
def asked(buckets: None) -> list[dict[str, Any]]:  # noqa: ARG001 - it needs moto
    """The parameters of every AssumeRole call."""
    calls: list[dict[str, Any]] = []
    clients.sts().meta.events.register(
        "provide-client-params.sts.AssumeRole", lambda params, **_: calls.append(dict(params))
    )
    return calls


def allows(policy: str, action: str, arn: str) -> bool:
    return any(
        action in statement["Action"] and fnmatch.fnmatchcase(arn, statement["Resource"])
        for statement in json.loads(policy)["Statement"]
    )


def test_the_policy_reaches_the_tenants_files_of_every_dataset() -> None:
    policy = session_policy(TENANT, bucket="b", write=False)
    assert allows(policy, "s3:GetObject", "arn:aws:s3:::b/lake/balance_transactions/org_a/live/dsf_1.parquet")
    assert allows(policy, "s3:GetObject", "arn:aws:s3:::b/lake/usage_events/org_a/live/dsf_1.parquet")


@pytest.mark.parametrize(
    "key",
    [
        "lake/balance_transactions/org_b/live/dsf_1.parquet",
        "lake/balance_transactions/org_a/test/dsf_1.parquet",
        "lake/balance_transactions/org_ab/live/dsf_1.parquet",
        "lake/balance_transactions/xorg_a/live/dsf_1.parquet",
        "uploads/org_a/live/balance_transactions/upl_1",
        "lake/balance_transactions/org_a/../org_b/live/dsf_1.parquet",
    ],
)
def test_the_policy_does_not_reach(key: str) -> None:
    assert not allows(session_policy(TENANT, bucket="b", write=True), "s3:GetObject", f"arn:aws:s3:::b/{key}")


def test_only_a_writer_may_write_and_nobody_may_list() -> None:
    own = "arn:aws:s3:::b/lake/balance_transactions/org_a/live/dsf_1.parquet"
    assert not allows(session_policy(TENANT, bucket="b", write=False), "s3:PutObject", own)
    writer = session_policy(TENANT, bucket="b", write=True)
    assert allows(writer, "s3:PutObject", own)
    assert json.loads(writer)["Statement"][0]["Action"] == [
        "s3:GetObject",
        "s3:PutObject",
        "s3:AbortMultipartUpload",
    ]


def test_only_who_deletes_may_delete_and_only_the_tenants_own() -> None:
    own = "arn:aws:s3:::b/lake/balance_transactions/org_a/live/dsf_1.parquet"
    deleter = session_policy(TENANT, bucket="b", write=False, delete=True)
    assert allows(deleter, "s3:DeleteObject", own)
    assert not allows(deleter, "s3:DeleteObject", own.replace("org_a", "org_b"))
    assert not allows(deleter, "s3:PutObject", own)
    assert not allows(session_policy(TENANT, bucket="b", write=True), "s3:DeleteObject", own)


@pytest.mark.parametrize(
    "organisation", ["org_*", "*", "org_a/live/../../org_b", "org_?", "", "org_a\n", "org_ä"]
)
def test_a_name_that_would_widen_the_policy_is_refused(organisation: str) -> None:
    with pytest.raises(ValueError, match="not a tenant"):
        session_policy(Tenant(organisation, "live"), bucket="b", write=False)


def test_the_role_is_assumed_with_the_policy_of_the_tenant(asked: list[dict[str, Any]]) -> None:
    found = lake_credentials(TENANT)
    [call] = asked
    assert call["RoleArn"] == "arn:aws:iam::123456789012:role/lake"
    assert call["Policy"] == session_policy(TENANT, bucket=found.bucket, write=False)
    assert call["RoleSessionName"] == "org_a-live"
    assert found.secret_access_key not in repr(found)
    assert found.session_token not in repr(found)


def test_credentials_are_kept_for_their_tenant_and_use(asked: list[dict[str, Any]]) -> None:
    first = lake_credentials(TENANT)
    assert lake_credentials(TENANT) is first
    for other in (Tenant("org_a", "test"), Tenant("org_b", "live")):
        assert lake_credentials(other) != first
    assert lake_credentials(TENANT, write=True) != first
    assert lake_credentials(TENANT, delete=True) != first
    assert len(asked) == 5
    assert lake_credentials(TENANT) is first


def test_credentials_are_renewed_five_minutes_before_they_expire(
    asked: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = lake_credentials(TENANT)
    monkeypatch.setattr(clock, "now", lambda: first.expires - timedelta(minutes=5, seconds=1))
    assert lake_credentials(TENANT) is first
    monkeypatch.setattr(clock, "now", lambda: first.expires - timedelta(minutes=5))
    assert lake_credentials(TENANT) is not first
    assert len(asked) == 2


def test_a_query_reads_and_lists_the_tenants_files_and_no_others() -> None:
    read, listed, _ = json.loads(query_policy(TENANT, bucket="b"))["Statement"]
    assert read == {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::b/lake/*/org_a/live/*",
    }
    prefixes = listed["Condition"]["StringLike"]["s3:prefix"]
    for prefix, allowed in {
        "lake/balance_transactions/org_a/live/": True,
        "lake/balance_transactions/org_a/live": True,
        "lake/balance_transactions/org_a/test/": False,
        "lake/balance_transactions/org_b/live/": False,
        "lake/balance_transactions/": False,
        "": False,
    }.items():
        assert any(fnmatch.fnmatchcase(prefix, pattern) for pattern in prefixes) == allowed, prefix
    for tenant in (Tenant("org_*", "live"), Tenant("org_a/../org_b", "live"), Tenant("*", "test")):
        with pytest.raises(ValueError, match="not a tenant"):
            query_policy(tenant, bucket="b")


def test_a_session_policy_is_no_longer_than_sts_takes() -> None:
    longest = Tenant("org_" + "x" * 24, "live")
    assert len(query_policy(longest, bucket="b" * 63, partition="aws-us-gov")) < 2048


def test_the_credentials_of_a_query_outlast_the_longest_query(
    asked: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = query_credentials(TENANT)
    for before, calls in ((timedelta(minutes=36), 1), (timedelta(minutes=34), 2)):
        monkeypatch.setattr(clock, "now", lambda moment=first.expires - before: moment)
        query_credentials(TENANT)
        assert len(asked) == calls
    assert {call["RoleArn"] for call in asked} == {"arn:aws:iam::123456789012:role/lake-query"}

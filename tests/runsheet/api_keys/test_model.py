"""Secrets of keys, and what a key may do."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from runsheet.api_keys.credential import parse
from runsheet.api_keys.model import PERMISSIONS, ApiKey, checked_permissions, new_secret
from runsheet.errors import InvalidRequest, PermissionDenied
from runsheet.tenancy import Tenant

if TYPE_CHECKING:
    from runsheet.api_keys.model import Kind
    from runsheet.tenancy import Mode


@pytest.mark.parametrize(
    ("kind", "mode", "prefix"),
    [
        ("secret", "test", "sk_test_"),
        ("secret", "live", "sk_live_"),
        ("restricted", "test", "rk_test_"),
        ("restricted", "live", "rk_live_"),
    ],
)
def test_a_token_tells_its_kind_and_mode_and_is_read_back(kind: Kind, mode: Mode, prefix: str) -> None:
    secret, hint = new_secret(kind, mode)

    assert secret.startswith(prefix)
    assert len(secret) == len(prefix) + 43
    assert hint == f"{prefix}****************{secret[-4:]}"
    credential = parse(f"Bearer {secret}")
    assert credential is not None
    assert (credential.form, credential.secret) == ("token", secret)


def test_an_access_pair_has_the_lengths_of_the_usage_contract_and_is_read_back() -> None:
    secret, hint = new_secret("access", "live")

    access_id, access_key = secret.split(":")
    assert (len(access_id), len(access_key), hint) == (14, 64, access_id)
    credential = parse("Basic " + base64.b64encode(secret.encode()).decode())
    assert credential is not None
    assert (credential.form, credential.secret) == ("pair", secret)


def test_no_two_secrets_are_the_same() -> None:
    assert len({new_secret("secret", "test")[0] for _ in range(100)}) == 100


def test_secret_keys_have_all_permissions_and_others_those_they_are_given() -> None:
    assert checked_permissions("secret", None) is None
    assert checked_permissions("access", None) is None
    assert checked_permissions("access", ["files_read"]) == frozenset({"files_read"})
    assert checked_permissions("restricted", PERMISSIONS) == frozenset(PERMISSIONS)


@pytest.mark.parametrize(
    ("kind", "permissions", "message"),
    [
        ("secret", ["files_read"], "use a restricted key"),
        ("secret", [], "use a restricted key"),
        ("restricted", None, "at least one"),
        ("restricted", [], "at least one"),
        ("access", [], "at least one"),
        ("restricted", ["files_read", "files_write"], "unknown: files_write"),
    ],
)
def test_permissions_that_make_no_sense_are_refused(
    kind: Kind, permissions: list[str] | None, message: str
) -> None:
    with pytest.raises(InvalidRequest, match=message) as refused:
        checked_permissions(kind, permissions)
    assert refused.value.param == "permissions"


def key(permissions: frozenset[str] | None) -> ApiKey:
    created = datetime(2026, 1, 1, tzinfo=UTC)
    return ApiKey(
        "key_1", "org_1", "test", "restricted", permissions, "CI", "rk_test_****************abcd", created
    )


def test_a_key_without_a_list_may_do_everything() -> None:
    key(None).check_allows("datasets_write")


def test_a_restricted_key_may_do_what_it_lists_and_nothing_else() -> None:
    restricted = key(frozenset({"files_read"}))

    restricted.check_allows("files_read")
    with pytest.raises(PermissionDenied) as refused:
        restricted.check_allows("datasets_write")
    assert refused.value.message == (
        "The provided key 'rk_test_****************abcd' does not have the required permissions for this "
        "endpoint. Having the 'datasets_write' permission would allow this request to continue."
    )


def test_a_key_knows_its_tenant() -> None:
    assert key(None).tenant == Tenant("org_1", "test")

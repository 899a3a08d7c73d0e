"""Keys open what they are for, for as long as they are in force; on the template's own tables."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from runsheet.api_keys import authentication, service, table
from runsheet.api_keys.credential import Credential, parse
from runsheet.errors import AuthenticationFailed, InvalidRequest, NotFound
from runsheet.organisations import service as organisations
from runsheet.organisations.model import NewOrganisation, Organisation
from runsheet.runtime import clients, clock
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant

if TYPE_CHECKING:
    from runsheet.api_keys.model import ApiKey

pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture(autouse=True)
def _new_process() -> None:
    authentication.forget_cached_keys()


@pytest.fixture
def organisation() -> Organisation:
    return organisations.create(NewOrganisation("Acme"))


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    moved = Clock()
    monkeypatch.setattr(clock, "now", lambda: moved.now)
    return moved


def bearer(secret: str) -> Credential | None:
    return parse(f"Bearer {secret}")


def stored(secret: str) -> ApiKey:
    credential = bearer(secret)
    assert credential is not None
    key = table.get(credential.secret_hash)
    assert key is not None
    return key


def refusal(credential: Credential | None) -> AuthenticationFailed:
    with pytest.raises(AuthenticationFailed) as refused:
        authentication.authenticate(credential)
    return refused.value


def test_each_kind_of_key_authenticates_its_tenant(organisation: Organisation) -> None:
    live = Tenant(organisation.id, "live")
    secret_key, secret = service.create(live, "secret", "Server")
    restricted_key, restricted = service.create(live, "restricted", "Reader", ["files_read"])
    access_key, pair = service.create(live, "access", "Usage")

    assert authentication.authenticate(bearer(secret)).id == secret_key.id
    assert authentication.authenticate(bearer(restricted)).permissions == frozenset({"files_read"})
    found = authentication.authenticate(parse("Basic " + base64.b64encode(pair.encode()).decode()))
    assert (found.id, found.tenant, found.kind) == (access_key.id, live, "access")
    assert restricted_key.permissions == frozenset({"files_read"})


def test_the_secret_is_nowhere_in_the_table(organisation: Organisation) -> None:
    _, secret = service.create(Tenant(organisation.id, "test"), "secret", "Server")
    _, pair = service.create(Tenant(organisation.id, "live"), "access", "Usage")

    items = str(clients.dynamodb().scan(TableName=settings().api_keys_table)["Items"])

    assert secret not in items
    assert pair.split(":")[1] not in items


def test_no_credential_is_answered_with_how_to_send_one() -> None:
    error = refusal(None)

    assert error.message == (
        "You did not provide an API key. You need to provide your API key in the Authorization header, using "
        "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See "
        "https://stripe.com/docs/api#authentication for details, or we can help at https://support.stripe.com/."
    )
    assert error.code is None


def test_an_unknown_key_is_named_by_its_last_four() -> None:
    error = refusal(bearer("sk_test_" + "0" * 39 + "abcd"))

    assert (error.message, error.code) == ("Invalid API Key provided: sk_test_****************abcd", None)
    assert refusal(bearer("hunter2")).message == "Invalid API Key provided: ****************"


def test_a_publishable_key_is_refused_as_one() -> None:
    error = refusal(bearer("pk_test_" + "0" * 24))

    assert error.message == (
        "This API call cannot be made with a publishable API key. Please use a secret API key."
    )
    assert error.code == "secret_key_required"


def test_an_access_id_needs_its_own_access_key(organisation: Organisation) -> None:
    tenant = Tenant(organisation.id, "live")
    _, first = service.create(tenant, "access", "First")
    _, second = service.create(tenant, "access", "Second")
    mixed = f"{first.split(':')[0]}:{second.split(':')[1]}"

    error = refusal(parse("Basic " + base64.b64encode(mixed.encode()).decode()))

    assert error.message == f"Invalid API Key provided: {first.split(':')[0]}"
    assert refusal(bearer(first)).message == "Invalid API Key provided: ****************"


def test_a_revoked_key_is_expired(organisation: Organisation) -> None:
    key, secret = service.create(Tenant(organisation.id, "test"), "secret", "Server")
    service.revoke(organisation.id, key.id)

    error = refusal(bearer(secret))

    assert error.message == f"Expired API Key provided: {key.hint}"
    assert error.code == "api_key_expired"


def test_a_warm_process_knows_of_a_revocation_within_a_minute(
    organisation: Organisation, time: Clock
) -> None:
    key, secret = service.create(Tenant(organisation.id, "test"), "secret", "Server")
    authentication.authenticate(bearer(secret))
    service.revoke(organisation.id, key.id)

    time.move(59)
    authentication.authenticate(bearer(secret))
    time.move(1)
    assert refusal(bearer(secret)).code == "api_key_expired"


def test_a_key_works_at_once_even_where_it_was_refused_before(organisation: Organisation) -> None:
    key, secret = service.create(Tenant(organisation.id, "test"), "secret", "Server")
    hashed = parse(f"Bearer {secret}")
    assert hashed is not None
    clients.dynamodb().delete_item(
        TableName=settings().api_keys_table, Key={"secret_hash": {"S": hashed.secret_hash}}
    )
    refusal(bearer(secret))
    table.put(key, hashed.secret_hash)

    assert authentication.authenticate(bearer(secret)).id == key.id


def test_the_last_use_is_noted_once_a_minute(organisation: Organisation, time: Clock) -> None:
    _, secret = service.create(Tenant(organisation.id, "test"), "secret", "Server")
    first = time.now

    def use_in_a_new_process() -> datetime | None:
        authentication.forget_cached_keys()
        authentication.authenticate(bearer(secret))
        return stored(secret).last_used_at

    assert stored(secret).last_used_at is None
    assert use_in_a_new_process() == first
    time.move(59)
    assert use_in_a_new_process() == first
    time.move(1)
    assert use_in_a_new_process() == time.now


def test_a_use_within_the_minute_is_not_even_tried(organisation: Organisation) -> None:
    _, secret = service.create(Tenant(organisation.id, "test"), "secret", "Server")
    tried: list[str] = []
    event = "before-call.dynamodb.UpdateItem"
    clients.dynamodb().meta.events.register(event, lambda **_: tried.append("UpdateItem"))

    for _ in range(3):
        authentication.forget_cached_keys()
        authentication.authenticate(bearer(secret))

    assert tried == ["UpdateItem"]


def test_two_processes_write_one_use(organisation: Organisation, time: Clock) -> None:
    _, secret = service.create(Tenant(organisation.id, "test"), "secret", "Server")
    credential = bearer(secret)
    assert credential is not None
    minute_ago = time.now - timedelta(seconds=60)

    table.used(credential.secret_hash, time.now, unless_after=minute_ago)
    table.used(credential.secret_hash, time.now + timedelta(seconds=1), unless_after=minute_ago)

    assert stored(secret).last_used_at == time.now


def test_a_use_does_not_bring_back_a_key_that_is_gone(time: Clock) -> None:
    table.used("0" * 64, time.now, unless_after=time.now)

    assert table.get("0" * 64) is None


def test_a_use_that_cannot_be_noted_does_not_fail_the_request(
    organisation: Organisation, caplog: pytest.LogCaptureFixture
) -> None:
    key, secret = service.create(Tenant(organisation.id, "test"), "secret", "Server")

    def refuse(**_: object) -> None:
        raise clients.dynamodb().exceptions.ProvisionedThroughputExceededException(
            {"Error": {"Code": "ProvisionedThroughputExceededException"}}, "UpdateItem"
        )

    event = "before-call.dynamodb.UpdateItem"
    clients.dynamodb().meta.events.register(event, refuse)
    try:
        assert authentication.authenticate(bearer(secret)).id == key.id
    finally:
        clients.dynamodb().meta.events.unregister(event, refuse)
    assert "not noted" in caplog.text
    assert secret not in caplog.text


def test_keys_are_listed_oldest_first_and_by_organisation(organisation: Organisation, time: Clock) -> None:
    other = organisations.create(NewOrganisation("Other"))
    made = []
    for mode in ("live", "test", "live"):
        made.append(service.create(Tenant(organisation.id, mode), "secret", "Server")[0])
        time.move(1)
    service.create(Tenant(other.id, "live"), "secret", "Theirs")

    assert service.of_organisation(organisation.id) == made


def test_a_key_is_revoked_once(organisation: Organisation, time: Clock) -> None:
    key, _ = service.create(Tenant(organisation.id, "test"), "secret", "Server")

    first = service.revoke(organisation.id, key.id)
    time.move(3600)
    again = service.revoke(organisation.id, key.id)

    assert first == again == service.of_organisation(organisation.id)[0]
    assert first.revoked_at == time.now - timedelta(seconds=3600)


def test_only_the_key_that_is_named_is_revoked(organisation: Organisation, time: Clock) -> None:
    keys = []
    for name in ("first", "second", "third"):
        keys.append(service.create(Tenant(organisation.id, "test"), "secret", name)[0])
        time.move(1)

    service.revoke(organisation.id, keys[1].id)

    assert [key.revoked_at is not None for key in service.of_organisation(organisation.id)] == [
        False,
        True,
        False,
    ]


def test_a_secret_is_never_given_twice(organisation: Organisation) -> None:
    key, secret = service.create(Tenant(organisation.id, "test"), "secret", "Server")
    credential = bearer(secret)
    assert credential is not None

    with pytest.raises(ClientError, match="conditional request failed"):
        table.put(key, credential.secret_hash)


def test_another_organisation_s_key_cannot_be_revoked(organisation: Organisation) -> None:
    other = organisations.create(NewOrganisation("Other"))
    key, secret = service.create(Tenant(organisation.id, "test"), "secret", "Server")

    with pytest.raises(NotFound, match=f"No such api_key: '{key.id}'"):
        service.revoke(other.id, key.id)
    authentication.authenticate(bearer(secret))


def test_a_key_needs_an_organisation_a_name_and_sensible_permissions(organisation: Organisation) -> None:
    with pytest.raises(NotFound, match="No such organisation"):
        service.create(Tenant("org_none", "test"), "secret", "Server")
    with pytest.raises(InvalidRequest, match="name"):
        service.create(Tenant(organisation.id, "test"), "secret", "\x1b[31m")
    with pytest.raises(InvalidRequest, match="permissions"):
        service.create(Tenant(organisation.id, "test"), "restricted", "Server")
    assert service.of_organisation(organisation.id) == []
    with pytest.raises(NotFound, match="No such organisation"):
        service.of_organisation("org_none")

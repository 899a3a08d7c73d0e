"""Webhook endpoints: made with a secret shown once, changed field by field, at most sixteen, each tenant's own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import boto3
import pytest
from botocore.exceptions import ClientError

from runsheet.errors import Conflict, InvalidRequest, NotFound, Unavailable
from runsheet.runtime import clients, clock
from runsheet.runtime.dialects import v1
from runsheet.runtime.model import ListQuery
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant
from runsheet.webhook_endpoints import secrets, service, table
from runsheet.webhook_endpoints.objects import (
    NewWebhookEndpoint,
    NewWebhookEndpointObject,
    SecretRotation,
    WebhookEndpointChanges,
)
from tests.concurrency import atomic_calls

if TYPE_CHECKING:
    from collections.abc import Callable

TENANT = Tenant("org_a", "test")
NOW = 1_795_000_000
DAY = 24 * 60 * 60
MINIMAL = "url=https://example.com/hook&enabled_events[]=*"

pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Set the clock, in unix seconds; it stands at NOW."""

    def at(seconds: int) -> None:
        monkeypatch.setattr(clock, "now", lambda: datetime.fromtimestamp(seconds, UTC))

    at(NOW)
    return at


def create(form: str = MINIMAL, tenant: Tenant = TENANT) -> NewWebhookEndpointObject:
    return service.create(tenant, v1.body(NewWebhookEndpoint, form.encode(), v1.FORM))


def update(endpoint_id: str, form: str) -> dict[str, Any]:
    changes = v1.body(WebhookEndpointChanges, form.encode(), v1.FORM)
    return service.shown(service.update(TENANT, endpoint_id, changes)).model_dump()


def rotate(endpoint_id: str, form: str = "") -> dict[str, Any]:
    return service.rotate_secret(
        TENANT, endpoint_id, v1.body(SecretRotation, form.encode(), v1.FORM)
    ).model_dump()


def stored_secrets(endpoint_id: str) -> secrets.Secrets | None:
    request = secrets.get_request(TENANT, endpoint_id)
    return secrets.out_of(boto3.client("dynamodb").batch_get_item(RequestItems=request)["Responses"])


def test_a_new_endpoint_is_shown_as_the_contract_has_it() -> None:
    made = create(
        "url=https://example.com/hook?a=b%26c&enabled_events[0]=reporting.report_run.failed"
        "&enabled_events[1]=reporting.report_type.updated&enabled_events[2]=reporting.report_run.failed"
        "&description=For+finance&metadata[team]=a=b&metadata[empty]=&api_version=2025-03-31.basil&connect=false"
    )
    shown = made.model_dump()
    assert shown.pop("id").startswith("we_")
    assert shown.pop("secret").startswith("whsec_")
    assert shown == {
        "object": "webhook_endpoint",
        "api_version": "2025-03-31.basil",
        "application": None,
        "created": NOW,
        "description": "For finance",
        "disabled_reason": None,
        "enabled_events": ["reporting.report_run.failed", "reporting.report_type.updated"],
        "livemode": False,
        "metadata": {"team": "a=b"},
        "status": "enabled",
        "url": "https://example.com/hook?a=b&c",
    }
    retrieved = service.shown(service.retrieve(TENANT, made.id)).model_dump()
    assert retrieved == {name: value for name, value in made.model_dump().items() if name != "secret"}


def test_a_secret_is_long_random_and_in_a_table_of_its_own() -> None:
    first, second = create(), create()
    assert first.secret != second.secret
    assert len(first.secret.removeprefix("whsec_")) == 32
    assert first.secret not in repr(first)
    assert stored_secrets(first.id) == secrets.Secrets(first.secret)
    assert first.secret not in repr(stored_secrets(first.id))
    items = boto3.client("dynamodb").scan(TableName=settings().webhook_endpoints_table)["Items"]
    assert "whsec_" not in str(items)


@pytest.mark.parametrize(
    ("form", "param", "message"),
    [
        ("enabled_events[]=*", "url", "Missing required param: url."),
        ("url=https://example.com", "enabled_events", "Missing required param: enabled_events."),
        ("url=&enabled_events[]=*", "url", "empty string"),
        ("url=http://example.com&enabled_events[]=*", "url", "Invalid url: must be an https URL"),
        (
            "url=https://169.254.169.254/&enabled_events[]=*",
            "url",
            "Invalid url: must lead to a public address",
        ),
        ("url[]=https://example.com&enabled_events[]=*", "url", "Invalid string"),
        ("url=https://example.com&enabled_events=*", "enabled_events", "Invalid array"),
        ("url=https://example.com&enabled_events[]=", "enabled_events[0]", "empty string"),
        (
            "url=https://example.com&enabled_events[]=*&enabled_events[]=charge.succeeded",
            "enabled_events[1]",
            "must be one of *, reporting.report_run.failed, reporting.report_run.succeeded, reporting.report_type.updated",
        ),
        ("url=https://example.com&enabled_events[]=reporting.*", "enabled_events[0]", "must be one of"),
        ("url=https://example.com" + "&enabled_events[]=*" * 301, "enabled_events", "at most 300 items"),
        (f"{MINIMAL}&api_version=latest", "api_version", "must be a date"),
        (f"{MINIMAL}&connect=true", "connect", "must be false"),
        (f"{MINIMAL}&connect=1", "connect", "Must be true or false"),
        (f"{MINIMAL}&description={'x' * 5001}", "description", "at most 5000 characters"),
        (f"{MINIMAL}&metadata=x", "metadata", "Invalid object"),
        (f"{MINIMAL}&metadata[{'k' * 41}]=x", "metadata", "1 to 40 characters"),
        (f"{MINIMAL}&metadata[k]={'x' * 501}", "metadata", "at most 500 characters"),
        (f"{MINIMAL}&metadata[k][l]=x", "metadata", "must be a string"),
        (MINIMAL + "".join(f"&metadata[k{n}]=x" for n in range(51)), "metadata", "up to 50 keys"),
        (f"{MINIMAL}&secret=whsec_mine", "secret", "Received unknown parameter: secret"),
        (f"{MINIMAL}&disabled=true", "disabled", "Received unknown parameter: disabled"),
    ],
)
def test_a_wrong_endpoint_is_refused_by_its_field(form: str, param: str, message: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        create(form)
    assert refused.value.param == param
    assert message in refused.value.message
    assert table.of_tenant(TENANT) == []


@pytest.mark.parametrize(
    ("form", "changes"),
    [
        ("url=https://example.org/", {"url": "https://example.org/"}),
        ("enabled_events[]=reporting.report_run.failed", {"enabled_events": ["reporting.report_run.failed"]}),
        ("description=New", {"description": "New"}),
        ("description=", {"description": None}),
        ("disabled=true", {"status": "disabled"}),
        ("disabled=false", {}),
        ("metadata[b]=3&metadata[a]=", {"metadata": {"b": "3"}}),
        ("metadata[c]=3", {"metadata": {"a": "1", "b": "2", "c": "3"}}),
        ("metadata=", {"metadata": {}}),
        ("", {}),
    ],
)
def test_a_change_leaves_the_rest_as_it_is(form: str, changes: dict[str, Any]) -> None:
    made = create(f"{MINIMAL}&description=Old&metadata[a]=1&metadata[b]=2").model_dump()
    del made["secret"]
    assert update(made["id"], form) == made | changes
    assert service.shown(service.retrieve(TENANT, made["id"])).model_dump() == made | changes


@pytest.mark.parametrize(
    ("form", "param"),
    [
        ("url=http://example.com", "url"),
        ("url=", "url"),
        ("enabled_events[]=charge.succeeded", "enabled_events[0]"),
        ("disabled=yes", "disabled"),
        ("api_version=2026-10-28.endive", "api_version"),
        ("".join(f"&metadata[k{n}]=x" for n in range(50)), "metadata"),
    ],
)
def test_a_wrong_change_is_refused_and_changes_nothing(form: str, param: str) -> None:
    made = create(f"{MINIMAL}&metadata[a]=1")
    before = service.retrieve(TENANT, made.id)
    with pytest.raises(InvalidRequest) as refused:
        update(made.id, form)
    assert refused.value.param == param
    assert service.retrieve(TENANT, made.id) == before


def test_enabling_forgets_why_it_was_disabled() -> None:
    made = create()
    table.disable(TENANT, made.id, reason="It failed.")
    table.note_told(TENANT, made.id, now=NOW)
    disabled = service.shown(service.retrieve(TENANT, made.id))
    assert (disabled.status, disabled.disabled_reason) == ("disabled", "It failed.")
    assert update(made.id, "disabled=false")["disabled_reason"] is None
    enabled = service.retrieve(TENANT, made.id)
    assert (enabled.status, enabled.told_at) == ("enabled", None)


def test_an_endpoint_that_the_customer_has_disabled_keeps_no_reason_of_ours() -> None:
    made = create()
    update(made.id, "disabled=true")
    table.disable(TENANT, made.id, reason="It failed.")
    assert service.retrieve(TENANT, made.id).disabled_reason is None
    table.disable(TENANT, "we_gone", reason="It failed.")
    assert [one.id for one in table.of_tenant(TENANT)] == [made.id]


def test_two_changes_at_once_do_not_undo_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    made = create()
    really = table.update

    def meanwhile(endpoint: Any) -> Any:
        monkeypatch.setattr(table, "update", really)
        update(made.id, "metadata[other]=1")
        return really(endpoint)

    monkeypatch.setattr(table, "update", meanwhile)
    update(made.id, "metadata[mine]=1")
    assert service.retrieve(TENANT, made.id).metadata == {"mine": "1", "other": "1"}


def test_a_change_that_always_meets_another_ends_in_a_conflict(monkeypatch: pytest.MonkeyPatch) -> None:
    made = create()
    monkeypatch.setattr(table, "update", lambda _: None)
    with pytest.raises(Conflict):
        update(made.id, "description=x")


def test_a_deleted_endpoint_is_gone_with_its_secrets() -> None:
    made, kept = create(), create()
    service.delete(TENANT, made.id)
    assert stored_secrets(made.id) is None
    assert [endpoint.id for endpoint in table.of_tenant(TENANT)] == [kept.id]
    for gone in (made.id, "we_unknown", "total", "we_\x00"):
        for call in (
            lambda gone=gone: service.delete(TENANT, gone),
            lambda gone=gone: service.retrieve(TENANT, gone),
            lambda gone=gone: update(gone, "description=x"),
            lambda gone=gone: rotate(gone),
        ):
            with pytest.raises(NotFound, match="No such webhook endpoint"):
                call()
    assert stored_secrets(kept.id) is not None


def test_sixteen_endpoints_are_enough_in_each_mode() -> None:
    made = [create() for _ in range(16)]
    with pytest.raises(InvalidRequest, match="maximum of 16 webhook endpoints in test mode"):
        create()
    create(tenant=Tenant("org_a", "live"))
    create(tenant=Tenant("org_b", "test"))
    service.delete(TENANT, made[3].id)
    create()
    with pytest.raises(InvalidRequest, match="maximum"):
        create()


def test_creations_at_once_do_not_make_a_seventeenth() -> None:
    for _ in range(10):
        create()

    def attempt(_: int) -> bool:
        try:
            create()
        except InvalidRequest:
            return False
        return True

    with atomic_calls(), ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(attempt, range(12))) == 6
    assert len(table.of_tenant(TENANT)) == 16


@pytest.mark.parametrize(("conflicts", "fails"), [(3, False), (100, True)])
def test_a_transaction_that_meets_another_is_tried_again(
    conflicts: int, *, fails: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    really, left = clients.dynamodb().transact_write_items, [conflicts]

    def busy(**request: Any) -> Any:
        left[0] -= 1
        if left[0] >= 0:
            reasons: Any = [{"Code": "None"}, {"Code": "TransactionConflict"}, {"Code": "None"}]
            error: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
            raise ClientError(error, "TransactWriteItems")
        return really(**request)

    monkeypatch.setattr(clients.dynamodb(), "transact_write_items", busy)
    monkeypatch.setattr("time.sleep", lambda _: None)
    if fails:
        with pytest.raises(Unavailable):
            create()
    else:
        create()
    assert len(table.of_tenant(TENANT)) == (0 if fails else 1)


def listed(query: str = "", tenant: Tenant = TENANT) -> tuple[list[str], bool]:
    page = service.listed(tenant, v1.query(ListQuery, query))
    assert page.url == "/v1/webhook_endpoints"
    return [endpoint.id for endpoint in page.data], page.has_more


def test_endpoints_are_listed_from_the_newest_on_in_both_directions(now: Callable[[int], None]) -> None:
    made: list[str] = []
    for number in range(12):
        now(NOW + number)
        made.insert(0, create().id)
    assert listed() == (made[:10], True)
    assert listed(f"starting_after={made[9]}") == (made[10:], False)
    assert listed(f"limit=2&starting_after={made[0]}") == (made[1:3], True)
    assert listed(f"limit=2&ending_before={made[3]}") == (made[1:3], True)
    assert listed(f"limit=3&ending_before={made[3]}") == (made[:3], False)
    assert listed(f"ending_before={made[0]}") == ([], False)
    assert listed(tenant=Tenant("org_b", "test")) == ([], False)


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("starting_after=we_none", "starting_after"),
        ("ending_before=total", "ending_before"),
        ("starting_after=we_1&ending_before=we_2", "ending_before"),
        ("created=1", "created"),
        ("limit=101", "limit"),
    ],
)
def test_a_wrong_list_is_refused_by_its_field(query: str, param: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        listed(query)
    assert refused.value.param == param


def test_a_rotated_secret_signs_beside_the_new_one_for_a_day() -> None:
    made = create()
    rotated = rotate(made.id)
    assert rotated["secret"] not in {made.secret, None}
    assert rotated["previous_secret_expires_at"] == NOW + DAY
    assert (rotated["id"], rotated["status"]) == (made.id, "enabled")
    stored = stored_secrets(made.id)
    assert stored is not None
    assert stored.in_force(NOW) == stored.in_force(NOW + DAY - 1) == [rotated["secret"], made.secret]
    assert stored.in_force(NOW + DAY) == [rotated["secret"]]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("now", NOW),
        (str(NOW), NOW),
        (str(NOW - 5), NOW),
        ("0", NOW),
        (str(NOW + 60), NOW + 60),
        (str(NOW + DAY), NOW + DAY),
    ],
)
def test_the_caller_says_how_long_the_previous_secret_signs(given: str, expected: int) -> None:
    made = create()
    rotated = rotate(made.id, f"previous_secret_expires_at={given}")
    assert rotated["previous_secret_expires_at"] == expected
    stored = stored_secrets(made.id)
    assert stored is not None
    assert (made.secret in stored.in_force(NOW)) == (expected > NOW)
    assert made.secret not in stored.in_force(expected)


@pytest.mark.parametrize("given", [str(NOW + DAY + 1), "later", "", "1.5"])
def test_a_previous_secret_does_not_sign_for_over_a_day(given: str) -> None:
    made = create()
    with pytest.raises(InvalidRequest) as refused:
        rotate(made.id, f"previous_secret_expires_at={quote(given)}")
    assert refused.value.param == "previous_secret_expires_at"
    assert stored_secrets(made.id) == secrets.Secrets(made.secret)


def test_of_two_rotations_only_the_last_secret_is_kept_beside_the_new_one() -> None:
    made = create()
    second, third = rotate(made.id)["secret"], rotate(made.id)["secret"]
    stored = stored_secrets(made.id)
    assert stored is not None
    assert stored.in_force(NOW) == [third, second]


@pytest.mark.parametrize(
    ("enabled", "event", "expected"),
    [
        (["*"], "reporting.report_run.succeeded", True),
        (["*"], "reporting.report_type.updated", False),
        (["*", "reporting.report_type.updated"], "reporting.report_type.updated", True),
        (["reporting.report_run.failed"], "reporting.report_run.failed", True),
        (["reporting.report_run.failed"], "reporting.report_run.succeeded", False),
    ],
)
def test_which_events_an_endpoint_gets(enabled: list[str], event: str, *, expected: bool) -> None:
    names = "".join(f"&enabled_events[]={name}" for name in enabled)
    made = create(f"url=https://example.com{names}")
    assert service.retrieve(TENANT, made.id).gets(event) == expected
    update(made.id, "disabled=true")
    assert not service.retrieve(TENANT, made.id).gets(event)

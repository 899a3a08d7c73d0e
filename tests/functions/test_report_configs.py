"""The routes of report configs as a client sees them: the contract's fields, errors, permissions, tenants."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

from report_configs import create as configs_create
from report_configs import delete as configs_delete
from report_configs import deliveries as configs_deliveries
from report_configs import list as configs_list
from report_configs import retrieve as configs_retrieve
from report_configs import send as configs_send
from report_configs import upcoming as configs_upcoming
from report_configs import update as configs_update
from runsheet.api_keys import service as api_keys
from runsheet.deliveries import table as deliveries
from runsheet.deliveries.model import Delivery
from runsheet.organisations import service as organisations
from runsheet.organisations import table as organisations_table
from runsheet.organisations.model import NewOrganisation
from runsheet.report_runs import table as report_runs
from runsheet.runtime import clock
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant
from tests.gateway import Answer, event, send

if TYPE_CHECKING:
    from collections.abc import Callable

    from runsheet.tenancy import Mode

TYPE = "balance.summary.1"
NOW = datetime(2026, 3, 26, 12, 0, tzinfo=UTC)  # a Thursday; the clocks change on the Sunday after
NEW = {"report_type": TYPE, "frequency": "daily", "recipient_emails": ["Finance@example.com"]}
ROUTES: dict[str, tuple[Any, str, str]] = {
    "list": (configs_list, "GET", ""),
    "create": (configs_create, "POST", ""),
    "retrieve": (configs_retrieve, "GET", "/{id}"),
    "update": (configs_update, "PATCH", "/{id}"),
    "delete": (configs_delete, "DELETE", "/{id}"),
    "upcoming": (configs_upcoming, "GET", "/{id}/upcoming"),
    "deliveries": (configs_deliveries, "GET", "/{id}/deliveries"),
    "send": (configs_send, "POST", "/{id}/send"),
}


@pytest.fixture(autouse=True)
def _now(tables: None, queues: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def organisation_id() -> str:
    return organisations.create(NewOrganisation("Acme", "Europe/Berlin")).id


@pytest.fixture
def key(organisation_id: str) -> str:
    return secret(organisation_id)


def secret(organisation_id: str, mode: Mode = "test", permissions: list[str] | None = None) -> str:
    kind = "secret" if permissions is None else "restricted"
    return api_keys.create(Tenant(organisation_id, mode), kind, "k", permissions)[1]  # type: ignore[arg-type]


@pytest.fixture
def call(key: str) -> Callable[..., Answer]:
    def made(
        operation: str, body: Any = None, config_id: str = "", query: str = "", as_key: str = key
    ) -> Answer:
        module, method, path = ROUTES[operation]
        url = "/v2/report-configs" + path.replace("{id}", config_id or "rc_x") + query
        content: dict[str, Any] = (
            {} if body is None else {"body": body if isinstance(body, bytes) else json.dumps(body)}
        )
        headers = {"authorization": f"Bearer {as_key}", "content-type": "application/json"}
        made_event = event(method, url, headers=headers, path={"id": config_id}, **content)
        return send(module.handler, made_event)

    return made


def test_a_config_is_the_contracts_object_with_every_field(call: Callable[..., Answer]) -> None:
    answer = call(
        "create", {"report_type": TYPE, "frequency": "weekly", "recipient_emails": ["a@example.com"]}
    )
    assert answer.status == 200
    made = answer.json
    assert made.pop("id").startswith("rc_")
    assert made == {
        "object": "report_config",
        "created_at": "2026-03-26T12:00:00Z",
        "modified_at": None,
        "report_type": TYPE,
        "is_enabled": True,
        "frequency": "weekly",
        "time": "08:00:00",
        "weekday": 4,
        "recipient_emails": ["a@example.com"],
        "cc_emails": None,
        "last_sent_at": None,
        "day_of_month": 1,
        "timezone": None,
        "parameters": {},
        "skip_if_empty": False,
        "attach": "auto",
        "next_run_at": "2026-03-27T07:00:00Z",
        "unsubscribed_emails": [],
    }
    assert call("retrieve", config_id=answer.json["id"]).json == answer.json
    assert call("list").json == [answer.json]


def test_everything_that_can_be_given_is_kept(call: Callable[..., Answer]) -> None:
    given = {
        "report_type": TYPE,
        "frequency": "monthly",
        "time": "17:30:00",
        "weekday": 0,
        "day_of_month": "last",
        "timezone": "America/New_York",
        "recipient_emails": ["a@exämple.com", "B@example.com"],
        "cc_emails": ["ops@example.com"],
        "is_enabled": True,
        "parameters": {"currency": "usd", "columns": ["net_amount", "currency"]},
        "skip_if_empty": True,
        "attach": "never",
    }
    made = call("create", given).json
    assert {name: made[name] for name in given} == given
    assert made["next_run_at"] == "2026-03-31T21:30:00Z"


@pytest.mark.parametrize(
    ("time", "shown"), [("08:30", "08:30:00"), ("00:00:00", "00:00:00"), ("23:30", "23:30:00")]
)
def test_times_with_and_without_seconds_are_one(call: Callable[..., Answer], time: str, shown: str) -> None:
    assert call("create", NEW | {"time": time}).json["time"] == shown


BAD: list[tuple[str, Any]] = [
    *(
        ("time", time)
        for time in ("08:15", "24:00", "08:00:01", "08:00:00Z", "08:00:00+01:00", "8:00", "", "٠٨:00")
    ),
    *(("time", time) for time in ("08:00\n", "08:00:00.0", 28800, True, ["08:00"])),
    *(("weekday", day) for day in (7, -1, True, "4", 4.5, 4.0, 10**30)),
    *(("day_of_month", day) for day in (0, 29, 31, -1, True, "1", "LAST", 1.0, [1])),
    *(("frequency", value) for value in ("hourly", "DAILY", "", 1)),
    *(
        ("timezone", value)
        for value in ("Mars/Olympus", "europe/berlin", "", "UTC+1", 1, "../etc/passwd", "localtime")
    ),
    *(
        ("report_type", value)
        for value in ("nothing.1", "", 1, "../balance.summary.1", "balance.summary.1\x00")
    ),
    ("is_enabled", "true"),
    ("is_enabled", 1),
    *(("skip_if_empty", value) for value in ("no", 0)),
    ("attach", "sometimes"),
    ("parameters", []),
    ("parameters", "x"),
    ("recipient_emails", "a@example.com"),
    ("recipient_emails", ["a@example.com", "A@EXAMPLE.com"]),
    ("recipient_emails", ["a@exämple.com", "a@xn--exmple-cua.com"]),
    ("recipient_emails", [f"a{number}@example.com" for number in range(10_000)]),
    ("recipient_emails", [f"a{number}@example.com" for number in range(51)]),
    ("cc_emails", [f"a{number}@example.com" for number in range(21)]),
    ("cc_emails", ["a@example.com", "a@example.com"]),
    ("colour", "red"),
]


@pytest.mark.parametrize(("field", "value"), BAD)
@pytest.mark.parametrize("operation", ["create", "update"])
def test_a_wrong_value_is_422_and_names_its_field(
    call: Callable[..., Answer], operation: str, field: str, value: Any
) -> None:
    body = {field: value} if operation == "update" else NEW | {field: value}
    config_id = call("create", NEW).json["id"]
    answer = call(operation, body, config_id)
    assert answer.status == 422, answer.body
    assert [problem["loc"][:2] for problem in answer.json["detail"]] == [["body", field]]
    assert set(answer.json["detail"][0]) == {"loc", "msg", "type"}
    assert call("retrieve", config_id=config_id).json["modified_at"] is None


@pytest.mark.parametrize(
    "address", ["", "a", "a@b\n.com", "a@example.com\r\nBcc: x@example.com", "x" * 300, None, 1]
)
def test_a_wrong_address_is_422_and_names_its_place(call: Callable[..., Answer], address: Any) -> None:
    for field in ("recipient_emails", "cc_emails"):
        answer = call("create", NEW | {field: ["a@example.com", address]})
        assert answer.status == 422
        assert [problem["loc"] for problem in answer.json["detail"]] == [["body", field, 1]]
        assert "Bcc" not in answer.body.decode()


@pytest.mark.parametrize("field", ["report_type", "frequency", "time", "weekday", "recipient_emails"])
def test_null_is_refused_at_create_where_the_contract_has_none(
    call: Callable[..., Answer], field: str
) -> None:
    answer = call("create", NEW | {field: None})
    assert (answer.status, answer.json["detail"][0]["loc"]) == (422, ["body", field])


def test_null_is_the_default_at_create_where_it_may_be_sent(call: Callable[..., Answer]) -> None:
    nulls = ("cc_emails", "is_enabled", "day_of_month", "timezone", "parameters", "skip_if_empty", "attach")
    assert (made := call("create", NEW | dict.fromkeys(nulls))).status == 200
    again = call("create", NEW).json
    assert {name: made.json[name] for name in nulls} == {name: again[name] for name in nulls}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"frequency":"daily","frequency":"daily"}', b"\xff", b'{"time":NaN}']
)
def test_a_body_that_is_no_object_is_422(call: Callable[..., Answer], body: bytes) -> None:
    config_id = call("create", NEW).json["id"]
    for operation in ("create", "update"):
        assert call(operation, body, config_id).status == 422


def test_enabled_without_a_recipient_is_refused_and_disabled_is_not(call: Callable[..., Answer]) -> None:
    nobody: dict[str, Any] = {"report_type": TYPE, "frequency": "daily"}
    for body in (
        nobody,
        nobody | {"is_enabled": True},
        nobody | {"is_enabled": None, "recipient_emails": []},
    ):
        answer = call("create", body)
        assert (answer.status, answer.json["detail"][0]["loc"]) == (422, ["body", "recipient_emails"])
    made = call("create", nobody | {"is_enabled": False})
    assert (made.status, made.json["next_run_at"]) == (200, None)
    config_id = made.json["id"]
    assert call("update", {"is_enabled": True}, config_id).json["detail"][0]["loc"] == [
        "body",
        "recipient_emails",
    ]
    enabled = call("update", {"is_enabled": True, "recipient_emails": ["a@example.com"]}, config_id)
    assert enabled.json["next_run_at"] == "2026-03-27T07:00:00Z"
    assert call("update", {"recipient_emails": []}, config_id).status == 422
    assert (
        call("update", {"recipient_emails": [], "is_enabled": False}, config_id).json["next_run_at"] is None
    )


def test_parameters_are_the_report_types_without_those_of_the_schedule(call: Callable[..., Answer]) -> None:
    for name in ("interval_start", "interval_end", "timezone", "as_of"):
        answer = call("create", NEW | {"parameters": {name: 1680000000}})
        assert answer.status == 422
        assert answer.json["detail"][0]["loc"] == ["body", "parameters", name]
        assert "schedule" in answer.json["detail"][0]["msg"]
    for parameters, location in (
        ({"currency": "USD"}, ["currency"]),
        ({"currency": 1}, ["currency"]),
        ({"colour": "red"}, ["colour"]),
        ({"columns": ["net_amount", "x"]}, ["columns", 1]),
        ({"columns": []}, ["columns"]),
        ({"columns": {"a": [[[[[]]]]]}}, ["columns"]),
        ({"\x00": 1}, ["\x00"]),
    ):
        answer = call("create", NEW | {"parameters": parameters})
        assert answer.status == 422
        assert answer.json["detail"][0]["loc"] == ["body", "parameters", *location]
    config_id = call("create", NEW | {"parameters": {"currency": "usd", "columns": None}}).json["id"]
    assert call("retrieve", config_id=config_id).json["parameters"] == {"currency": "usd"}
    assert call("update", {"parameters": {"currency": "eur"}}, config_id).json["parameters"] == {
        "currency": "eur"
    }
    assert call("update", {"parameters": None}, config_id).json["parameters"] == {}


def test_what_was_answered_can_be_sent_back(call: Callable[..., Answer]) -> None:
    made = call("create", NEW | {"cc_emails": ["ops@example.com"], "day_of_month": "last"}).json
    assert call("update", made, made["id"]).json == made
    changed = call("update", made | {"time": "09:00"}, made["id"]).json
    assert changed == made | {
        "time": "09:00:00",
        "modified_at": "2026-03-26T12:00:00Z",
        "next_run_at": "2026-03-27T08:00:00Z",
    }
    copy = call("create", made).json
    assert copy["id"] != made["id"]
    read_only = {
        "id": "rc_x",
        "created_at": 1,
        "next_run_at": "never",
        "unsubscribed_emails": ["a@example.com"],
    }
    assert call("update", read_only, made["id"]).json == changed


def test_the_report_type_never_changes(call: Callable[..., Answer]) -> None:
    config_id = call("create", NEW).json["id"]
    assert call("update", {"report_type": TYPE}, config_id).status == 200
    assert call("update", {"report_type": None}, config_id).status == 200
    answer = call("update", {"report_type": "balance_change_from_activity.summary.1"}, config_id)
    assert (answer.status, answer.json["detail"][0]["loc"]) == (422, ["body", "report_type"])


def test_the_list_takes_a_report_type_and_passes_over_what_else_is_asked(call: Callable[..., Answer]) -> None:
    other = "balance_change_from_activity.summary.1"
    first = call("create", NEW).json["id"]
    second = call("create", NEW | {"report_type": other}).json["id"]
    # Those of one millisecond are in any order.
    assert {config["id"] for config in call("list").json} == {first, second}
    assert [config["id"] for config in call("list", query=f"?report_type={other}&page=2&limit=0").json] == [
        second
    ]
    assert call("list", query="?report_type=balance_change_from_activity.itemized.3").json == []
    for wrong in ("x", "", "%ff", "balance.summary.1%00"):
        answer = call("list", query=f"?report_type={wrong}")
        assert (answer.status, answer.json["detail"][0]["loc"]) == (422, ["query", "report_type"])


@pytest.mark.parametrize("operation", ["retrieve", "update", "delete", "upcoming", "deliveries", "send"])
def test_what_is_not_the_tenants_own_is_missing(
    call: Callable[..., Answer], operation: str, organisation_id: str
) -> None:
    config_id = call("create", NEW).json["id"]
    other = secret(organisations.create(NewOrganisation("Other")).id)
    body = {"time": "09:00"} if operation == "update" else None
    for key in (other, secret(organisation_id, "live")):
        answer = call(operation, body, config_id, as_key=key)
        assert (answer.status, answer.json) == (404, {"detail": f"No such report_config: '{config_id}'"})
    for unknown in ("rc_none", "frr_x", "x" * 3000, "rc_\x00", "ü"):
        assert call(operation, body, unknown).status == 404
    assert call("retrieve", config_id=config_id).json["time"] == "08:00:00"


def test_a_deleted_config_is_gone(call: Callable[..., Answer]) -> None:
    config_id = call("create", NEW).json["id"]
    answer = call("delete", config_id=config_id)
    assert (answer.status, answer.body) == (204, b"")
    assert call("delete", config_id=config_id).status == 404
    assert call("retrieve", config_id=config_id).status == 404
    assert call("list").json == []


def test_upcoming_tells_ten_times_and_what_the_clocks_do(call: Callable[..., Answer]) -> None:
    config_id = call("create", NEW | {"time": "02:30"}).json["id"]
    sends = call("upcoming", config_id=config_id).json
    assert len(sends) == 10
    assert sends[0] == {"at": "2026-03-27T01:30:00Z", "local": "2026-03-27T02:30:00+01:00", "note": None}
    assert sends[2]["at"] == "2026-03-29T01:00:00Z"
    assert sends[2]["local"] == "2026-03-29T03:00:00+02:00"
    assert sends[2]["note"]
    assert [send["note"] for send in sends[3:]] == [None] * 7
    call("update", {"is_enabled": False}, config_id)
    assert call("upcoming", config_id=config_id).json == []


def test_send_starts_a_run_of_the_period_before(call: Callable[..., Answer], organisation_id: str) -> None:
    made = call("create", NEW | {"parameters": {"currency": "usd"}}).json
    answer = call("send", config_id=made["id"])
    assert answer.status == 200
    assert answer.json == {
        "object": "report_config_send",
        "report_run": answer.json["report_run"],
        "recipient_emails": ["Finance@example.com"],
    }
    run = report_runs.get(Tenant(organisation_id, "test"), answer.json["report_run"])
    assert run is not None
    assert run.parameters == {
        "currency": "usd",
        "interval_start": int(datetime(2026, 3, 24, 23, tzinfo=UTC).timestamp()),
        "interval_end": int(datetime(2026, 3, 25, 23, tzinfo=UTC).timestamp()),
        "timezone": "Europe/Berlin",
    }
    assert run.sending is not None
    assert (run.sending.kind, run.sending.recipient_emails) == ("now", None)
    queue = boto3.client("sqs").receive_message(QueueUrl=settings().report_runs_queue_url)
    assert json.loads(queue["Messages"][0]["Body"])["run_id"] == run.id
    assert call("retrieve", config_id=made["id"]).json == made


def test_send_counts_days_in_the_zone_of_now_even_if_the_config_was_not_moved_yet(
    call: Callable[..., Answer], organisation_id: str
) -> None:
    config_id = call("create", NEW).json["id"]
    organisation = organisations.get(organisation_id)
    assert organisations_table.update(
        organisation, {"timezone": "Asia/Tokyo"}
    )  # and then whoever changed it died
    run = report_runs.get(
        Tenant(organisation_id, "test"), call("send", config_id=config_id).json["report_run"]
    )
    assert run is not None
    assert run.sending is not None
    assert (run.sending.timezone, run.parameters["timezone"]) == ("Asia/Tokyo", "Asia/Tokyo")


def test_a_test_goes_to_others_also_while_the_config_is_disabled(
    call: Callable[..., Answer], organisation_id: str
) -> None:
    config_id = call("create", NEW | {"is_enabled": False}).json["id"]
    refused = call("send", config_id=config_id)
    assert refused.status == 409
    assert "disabled" in refused.json["detail"]
    assert call("send", {}, config_id).status == 409
    answer = call("send", {"recipient_emails": ["me@example.com"]}, config_id)
    assert answer.json["recipient_emails"] == ["me@example.com"]
    run = report_runs.get(Tenant(organisation_id, "test"), answer.json["report_run"])
    assert run is not None
    assert run.sending is not None
    assert (run.sending.kind, run.sending.recipient_emails) == ("test", ["me@example.com"])
    for wrong in ([], ["x"], "a@example.com", ["a@example.com", "A@example.com"]):
        assert call("send", {"recipient_emails": wrong}, config_id).status == 422
    assert call("send", {"to": ["me@example.com"]}, config_id).status == 422


def test_deliveries_tell_who_got_which_run_and_when_or_why_not(
    call: Callable[..., Answer], organisation_id: str
) -> None:
    config_id = call("create", NEW).json["id"]
    assert call("deliveries", config_id=config_id).json == []
    sent = Delivery(
        tenant=Tenant(organisation_id, "test"),
        config_id=config_id,
        run_id="frr_1",
        email="Finance@example.com",
        role="to",
        kind="report",
        test=False,
        scheduled_for=int(NOW.timestamp()),
        missed=2,
        created=int(NOW.timestamp()),
        status="sent",
        sent_at=int(NOW.timestamp()) + 1,
        message_id="m1",
        attempts=1,
    )
    suppressed = replace(
        sent, run_id="frr_2", status="suppressed", sent_at=None, message_id=None, reason="It bounced."
    )
    for delivery in (sent, suppressed, replace(sent, config_id="rc_other")):
        deliveries.put(delivery, expires_at=int(NOW.timestamp()) + 100)
    newer, older = call("deliveries", config_id=config_id).json
    assert older == {
        "object": "report_config_delivery",
        "report_config": config_id,
        "report_run": "frr_1",
        "email": "Finance@example.com",
        "role": "to",
        "kind": "report",
        "is_test": False,
        "status": "sent",
        "reason": None,
        "scheduled_for": "2026-03-26T12:00:00Z",
        "missed": 2,
        "created_at": "2026-03-26T12:00:00Z",
        "sent_at": "2026-03-26T12:00:01Z",
        "delivered_at": None,
        "message_id": "m1",
        "attempts": 1,
    }
    assert (newer["report_run"], newer["status"], newer["reason"]) == ("frr_2", "suppressed", "It bounced.")
    assert call("deliveries", config_id=config_id, query="?limit=1&other=1").json == [newer]
    for limit in ("0", "201", "x", "", "-1", "9" * 5000):
        answer = call("deliveries", config_id=config_id, query=f"?limit={limit}")
        assert (answer.status, answer.json["detail"][0]["loc"]) == (422, ["query", "limit"])


@pytest.mark.parametrize("operation", ROUTES)
def test_a_restricted_key_needs_its_permission(
    call: Callable[..., Answer], operation: str, organisation_id: str
) -> None:
    config_id = call("create", NEW).json["id"]
    needed = "read" if operation in {"list", "retrieve", "upcoming", "deliveries"} else "write"
    other = "write" if needed == "read" else "read"
    body = {"create": NEW, "update": {"time": "09:00"}}.get(operation)
    denied = call(
        operation, body, config_id, as_key=secret(organisation_id, "test", [f"report_configs_{other}"])
    )
    assert denied.status == 403
    assert f"report_configs_{needed}" in denied.json["detail"]
    allowed = call(
        operation, body, config_id, as_key=secret(organisation_id, "test", [f"report_configs_{needed}"])
    )
    assert allowed.status in {200, 204}


@pytest.mark.parametrize(
    ("report_type", "runs", "parameters"),
    [
        ("ar_aging_report", "ar_aging.summary.1", {"as_of", "timezone"}),
        ("ar_aging.detail.1", "ar_aging.detail.1", {"as_of", "timezone"}),
        (
            "integration_sync_report",
            "integration_sync.detail.1",
            {"interval_start", "interval_end", "timezone"},
        ),
    ],
)
def test_the_contracts_own_report_types_are_kept_by_their_names(
    call: Callable[..., Answer], organisation_id: str, report_type: str, runs: str, parameters: set[str]
) -> None:
    made = call("create", NEW | {"report_type": report_type}).json
    assert made["report_type"] == report_type
    assert call("list", query=f"?report_type={report_type}").json == [made]
    sent = call("send", config_id=made["id"]).json
    run = report_runs.get(Tenant(organisation_id, "test"), sent["report_run"])
    assert run is not None
    assert (run.report_type, set(run.parameters)) == (runs, parameters)
    assert run.parameters.get("as_of", "2026-03-25") == "2026-03-25"


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
_FIELDS = st.sampled_from(
    [*NEW, "time", "weekday", "day_of_month", "timezone", "cc_emails", "parameters", "x"]
)


@given(fields=st.dictionaries(_FIELDS, _VALUES, max_size=4))
@settings_of_hypothesis(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_body_is_more_than_the_callers_mistake(
    call: Callable[..., Answer], fields: dict[str, Any]
) -> None:
    for body in (fields, NEW | fields):
        answer = call("create", json.dumps(body).encode())
        assert answer.status in {200, 422}
        assert call("update", json.dumps(fields).encode(), "rc_none").status in {404, 422}

"""Configs on the template's own table: when they are sent next, changes at once, limits, time zones."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from runsheet import catalog
from runsheet.errors import Conflict, InvalidRequest, NotFound
from runsheet.organisations import service as organisations
from runsheet.organisations.model import Changes, NewOrganisation
from runsheet.report_configs import rezoning, service, table
from runsheet.report_configs.objects import NewReportConfig, ReportConfigChanges
from runsheet.runtime import clock
from runsheet.tenancy import Tenant

if TYPE_CHECKING:
    from collections.abc import Callable

    from runsheet.report_configs.model import ReportConfig

NOW = datetime(2026, 3, 26, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def at(tables: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:  # noqa: ARG001
    """Move the clock."""

    def moved(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    moved(NOW)
    return moved


@pytest.fixture
def tenant() -> Tenant:
    return Tenant(organisations.create(NewOrganisation("Acme", "Europe/Berlin")).id, "test")


def new(**fields: Any) -> NewReportConfig:
    given = {
        "report_type": "balance.summary.1",
        "frequency": "daily",
        "recipient_emails": ["finance@example.com"],
    }
    return NewReportConfig.model_validate(given | fields)


def update(config: ReportConfig, **fields: Any) -> ReportConfig:
    return service.update(config.tenant, config.id, ReportConfigChanges.model_validate(fields))


def next_send(config: ReportConfig) -> str:
    assert config.next_run_at is not None
    return datetime.fromtimestamp(config.next_run_at, UTC).strftime("%Y-%m-%dT%H:%M")


def test_the_next_send_is_in_the_configs_zone_or_the_organisations(tenant: Tenant) -> None:
    assert next_send(service.create(tenant, new())) == "2026-03-27T07:00"
    abroad = service.create(tenant, new(timezone="Asia/Kathmandu"))
    assert (next_send(abroad), abroad.zone) == ("2026-03-27T02:15", "Asia/Kathmandu")
    assert next_send(update(abroad, timezone=None)) == "2026-03-27T07:00"


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        ({"frequency": "weekly"}, "2026-03-27T07:00"),
        ({"frequency": "weekly", "weekday": 6}, "2026-03-29T06:00"),
        ({"frequency": "monthly"}, "2026-04-01T06:00"),
        ({"frequency": "monthly", "day_of_month": "last"}, "2026-03-31T06:00"),
        ({"frequency": "monthly", "day_of_month": 28}, "2026-03-28T07:00"),
        ({"time": "13:30"}, "2026-03-26T12:30"),
        ({"time": "13:00"}, "2026-03-27T12:00"),
    ],
)
def test_a_new_config_is_sent_when_its_schedule_says(
    tenant: Tenant, fields: dict[str, Any], sent: str
) -> None:
    assert next_send(service.create(tenant, new(**fields))) == sent


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"recipient_emails": ["other@example.com"]},
        {"cc_emails": ["ops@example.com"]},
        {"skip_if_empty": True, "attach": "always"},
        {"parameters": {"currency": "usd"}},
        {"weekday": 0, "day_of_month": "last"},
        {"frequency": "daily", "time": "08:00", "is_enabled": True},
        {"time": None, "frequency": None, "is_enabled": None, "weekday": None, "recipient_emails": None},
        {"timezone": "Europe/Berlin"},
    ],
)
def test_a_slot_that_is_due_is_not_lost_to_a_change_that_is_not_about_when(
    tenant: Tenant, at: Callable[[datetime], None], fields: dict[str, Any]
) -> None:
    config = service.create(tenant, new())
    at(NOW + timedelta(days=1))  # the slot of 08:00 is past and not yet claimed
    assert update(config, **fields).next_run_at == config.next_run_at


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        ({"time": "09:00"}, "2026-03-28T08:00"),
        ({"frequency": "weekly"}, "2026-04-03T06:00"),
        ({"timezone": "America/New_York"}, "2026-03-28T12:00"),
    ],
)
def test_a_change_of_when_counts_from_now(
    tenant: Tenant, at: Callable[[datetime], None], fields: dict[str, Any], sent: str
) -> None:
    config = service.create(tenant, new())
    at(NOW + timedelta(days=1))
    assert next_send(update(config, **fields)) == sent


def test_enabling_again_does_not_make_up_for_the_time_between(
    tenant: Tenant, at: Callable[[datetime], None]
) -> None:
    config = update(service.create(tenant, new()), is_enabled=False)
    assert config.next_run_at is None
    at(NOW + timedelta(days=30))
    assert next_send(update(config, is_enabled=True)) == "2026-04-26T06:00"


def test_null_clears_what_may_be_cleared_and_leaves_the_rest(tenant: Tenant) -> None:
    fields = {
        "frequency": "monthly",
        "time": "17:30",
        "weekday": 1,
        "cc_emails": ["ops@example.com"],
        "day_of_month": 28,
        "timezone": "Asia/Tokyo",
        "parameters": {"currency": "usd"},
        "skip_if_empty": True,
        "attach": "never",
    }
    config = service.create(tenant, new(**fields))
    cleared = update(config, **dict.fromkeys(fields), is_enabled=None, recipient_emails=None)
    assert (cleared.cc_emails, cleared.day_of_month, cleared.timezone, cleared.parameters) == (
        None,
        1,
        None,
        {},
    )
    kept = ("frequency", "time", "weekday", "skip_if_empty", "attach", "is_enabled", "recipient_emails")
    assert [getattr(cleared, name) for name in kept] == [getattr(config, name) for name in kept]


def test_a_change_that_changes_nothing_writes_nothing(tenant: Tenant, at: Callable[[datetime], None]) -> None:
    config = service.create(tenant, new())
    at(NOW + timedelta(hours=1))
    assert update(config, time="08:00:00", weekday=4) == config
    assert table.get(tenant, config.id) == config
    changed = update(config, attach="never")
    assert changed.modified_at == int(NOW.timestamp()) + 3600
    assert changed.revision == config.revision + 1
    assert table.get(tenant, config.id) == changed


def test_a_change_that_comes_between_is_kept(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    config = service.create(tenant, new())
    real = table.update
    others = iter(["never", "always"])

    def between(changed: ReportConfig) -> ReportConfig | None:
        attach = next(others, None)
        if attach is not None:
            now = table.get(tenant, config.id)
            assert now is not None
            real(replace(now, attach=attach))  # type: ignore[arg-type]
        return real(changed)

    monkeypatch.setattr(table, "update", between)
    changed = update(config, time="09:00")
    assert (changed.time, changed.attach, changed.revision) == ("09:00:00", "always", 4)
    assert table.get(tenant, config.id) == changed


def test_changes_that_never_end_are_a_conflict(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    config = service.create(tenant, new())
    monkeypatch.setattr(table, "update", lambda _config: None)
    with pytest.raises(Conflict):
        update(config, time="09:00")


def test_a_config_that_is_deleted_meanwhile_does_not_come_back(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = service.create(tenant, new())
    real = table.update

    def between(changed: ReportConfig) -> ReportConfig | None:
        service.delete(tenant, config.id)
        return real(changed)

    monkeypatch.setattr(table, "update", between)
    with pytest.raises(NotFound):
        update(config, time="09:00")
    assert table.get(tenant, config.id) is None


def test_there_is_an_end_to_how_many_configs_a_tenant_has(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MAX_CONFIGS", 2)
    service.create(tenant, new())
    service.create(tenant, new())
    with pytest.raises(InvalidRequest, match="There are 2 report configs already"):
        service.create(tenant, new())
    service.create(Tenant(tenant.organisation_id, "live"), new())


def test_a_type_that_wants_live_mode_is_refused_in_test_mode(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanting = replace(catalog.report_type("balance.summary.1"), requires_live=True)
    monkeypatch.setattr(catalog, "report_type", lambda _id: wanting)
    with pytest.raises(InvalidRequest, match="requires a live-mode API key") as refused:
        service.create(tenant, new())
    assert refused.value.param == "report_type"
    service.create(Tenant(tenant.organisation_id, "live"), new())


@pytest.mark.parametrize("plan", [None, "enterprise"])
def test_a_config_of_usage_needs_a_plan_of_credits(plan: str | None) -> None:
    other = Tenant(organisations.create(NewOrganisation("Other", plan=plan)).id, "test")
    with pytest.raises(InvalidRequest, match="whose plan has credits") as refused:
        service.create(other, new(report_type="account_usage.standard.1"))
    assert refused.value.param == "report_type"
    assert service.listed(other, None) == []


def test_a_config_of_child_usage_needs_children() -> None:
    parent = organisations.create(NewOrganisation("Parent", plan="credits"))
    tenant = Tenant(parent.id, "test")
    service.create(tenant, new(report_type="account_usage.standard.1"))
    with pytest.raises(InvalidRequest, match="with child organisations"):
        service.create(tenant, new(report_type="account_usage.child_detailed.1"))
    organisations.create(NewOrganisation("Child", parent_id=parent.id))
    service.create(tenant, new(report_type="account_usage.child_detailed.1"))


def test_a_new_zone_of_the_organisation_moves_its_configs_in_both_modes(tenant: Tenant) -> None:
    live = Tenant(tenant.organisation_id, "live")
    moved = [service.create(tenant, new()), service.create(live, new(frequency="monthly"))]
    own = service.create(tenant, new(timezone="Asia/Tokyo"))
    off = service.create(tenant, new(is_enabled=False))
    other = service.create(Tenant(organisations.create(NewOrganisation("Other")).id, "test"), new())

    changed = organisations.update(tenant.organisation_id, Changes(timezone="America/New_York"))

    assert organisations.get(tenant.organisation_id) == changed
    assert changed.timezone == "America/New_York"
    daily, monthly = (service.retrieve(config.tenant, config.id) for config in moved)
    assert (next_send(daily), daily.zone) == ("2026-03-27T12:00", "America/New_York")
    assert next_send(monthly) == "2026-04-01T12:00"
    assert daily.modified_at is None
    assert service.retrieve(tenant, own.id) == own
    assert service.retrieve(tenant, off.id).zone == "America/New_York"
    assert service.retrieve(tenant, off.id).next_run_at is None
    assert service.retrieve(other.tenant, other.id) == other


def test_a_change_of_zone_that_died_half_way_is_finished_by_doing_it_again(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    configs = [service.create(tenant, new()) for _ in range(3)]
    real = service.stored
    left = iter([True])

    def dying(*arguments: Any) -> ReportConfig:
        if next(left, None) is None:
            raise RuntimeError("died")
        return real(*arguments)

    monkeypatch.setattr(service, "stored", dying)
    with pytest.raises(RuntimeError):
        organisations.update(tenant.organisation_id, Changes(timezone="Asia/Tokyo"))
    monkeypatch.setattr(service, "stored", real)
    assert {service.retrieve(tenant, config.id).zone for config in configs} == {"Asia/Tokyo", "Europe/Berlin"}

    assert rezoning.rezone_all(organisations.get(tenant.organisation_id)) == 2
    assert {service.retrieve(tenant, config.id).zone for config in configs} == {"Asia/Tokyo"}
    assert rezoning.rezone_all(organisations.get(tenant.organisation_id)) == 0


def test_the_dispatcher_can_see_and_mend_a_config_of_the_old_zone(tenant: Tenant) -> None:
    config = service.create(tenant, new())
    assert service.rezone(config, "Europe/Berlin") is config
    mended = service.rezone(config, "Asia/Tokyo")
    assert (next_send(mended), mended.zone) == ("2026-03-26T23:00", "Asia/Tokyo")
    own = service.create(tenant, new(timezone="Asia/Tokyo"))
    assert service.rezone(own, "America/New_York") is own


def test_no_unknown_zone_is_stored(tenant: Tenant) -> None:
    with pytest.raises(InvalidRequest):
        organisations.update(tenant.organisation_id, Changes(timezone="Mars/Olympus"))
    with pytest.raises(NotFound):
        organisations.update("org_none", Changes(timezone="Asia/Tokyo"))
    assert organisations.get(tenant.organisation_id).timezone == "Europe/Berlin"

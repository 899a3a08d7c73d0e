"""Make, read, change and delete report configs (docs/decisions/2026-11-22-report-configs.md)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

from runsheet import account_usage, catalog, ids, schedule
from runsheet.catalog import options
from runsheet.errors import Conflict, InvalidRequest, missing
from runsheet.organisations import service as organisations
from runsheet.report_configs import table
from runsheet.report_configs.coverage import checked_parameters
from runsheet.report_configs.model import ReportConfig
from runsheet.report_configs.objects import ReportConfigObject, SendTimeObject
from runsheet.runtime import clock
from runsheet.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Callable

    from runsheet.report_configs.objects import NewReportConfig, ReportConfigChanges
    from runsheet.tenancy import Tenant

MAX_CONFIGS = 1000
_UPCOMING = 10
# Each change that comes between takes one; more than a few at once is a fault of the caller.
_TRIES = 5
# What null in a change sets back to its default; elsewhere null leaves a field as it is.
_DEFAULTS: dict[str, Any] = {"cc_emails": None, "day_of_month": 1, "timezone": None, "parameters": {}}


def create(tenant: Tenant, new: NewReportConfig, origin: ids.Origin | None = None) -> ReportConfig:
    """Store a new config; it is enabled unless it says otherwise. Of the same `origin` there is one config.

    Raises:
        InvalidRequest: it is enabled without a recipient, its report type wants live mode or a plan that the organisation
            has not, or refuses the parameters, or there are MAX_CONFIGS already.
    """
    zone = new.timezone or _organisation_timezone(tenant)
    _check_report_type(tenant, new.report_type)
    now = clock.now()
    made = origin or ids.Origin.fresh(now)
    config = ReportConfig(
        tenant=tenant,
        id=made.new_id("rc"),
        report_type=new.report_type,
        frequency=new.frequency,
        time=new.time,
        weekday=new.weekday,
        day_of_month=1 if new.day_of_month is None else new.day_of_month,
        timezone=new.timezone,
        recipient_emails=new.recipient_emails,
        cc_emails=new.cc_emails,
        unsubscribed_emails=[],
        is_enabled=new.is_enabled is not False,
        parameters=new.parameters or {},
        skip_if_empty=bool(new.skip_if_empty),
        attach=new.attach or "auto",
        created_at=int(made.moment.timestamp()),
        modified_at=None,
        last_sent_at=None,
        next_run_at=None,
        zone=zone,
        revision=1,
    )
    config = _timed(_with_checked_parameters(config), now)
    _check_recipients(config)
    if table.count(tenant) >= MAX_CONFIGS:
        raise InvalidRequest(
            f"There are {MAX_CONFIGS} report configs already: delete one that is not needed."
        )
    return table.put(config)


def listed(tenant: Tenant, report_type: str | None) -> list[ReportConfig]:
    """Return the tenant's configs, oldest first: all, or those of the report type that was so named."""
    return [c for c in table.of_tenant(tenant) if report_type is None or c.report_type == report_type]


def retrieve(tenant: Tenant, config_id: str) -> ReportConfig:
    """Return a config.

    Raises:
        NotFound: unknown, or another tenant's.
    """
    config = table.get(tenant, config_id) if ids.plausible("rc", config_id) else None
    if config is None:
        raise missing("report_config", config_id[:100])
    return config


def retrieve_in_zone(tenant: Tenant, config_id: str) -> ReportConfig:
    """Return a config, its next send computed in the zone that it has now, also where that is not stored yet.

    Raises:
        NotFound: unknown, or another tenant's.
    """
    config = retrieve(tenant, config_id)
    return rezone(config, _organisation_timezone(tenant))


def update(tenant: Tenant, config_id: str, changes: ReportConfigChanges) -> ReportConfig:
    """Change a config. It is sent next as before, unless the change is about when.

    Raises:
        NotFound: unknown, or another tenant's.
        InvalidRequest: as for create, or the report type would change.
        Conflict: others change it all the time.
    """
    organisation_timezone = _organisation_timezone(tenant)
    return stored(
        tenant, config_id, lambda config: _changed(config, changes, organisation_timezone, clock.now())
    )


def delete(tenant: Tenant, config_id: str) -> None:
    """Delete a config: nothing is sent for it any more, not even by a run that is under way.

    Raises:
        NotFound: unknown, or another tenant's.
    """
    if not ids.plausible("rc", config_id) or not table.delete(tenant, config_id):
        raise missing("report_config", config_id[:100])


def upcoming(tenant: Tenant, config_id: str) -> list[SendTimeObject]:
    """Return the next ten send times; none of a disabled config.

    Raises:
        NotFound: unknown, or another tenant's.
    """
    config = retrieve(tenant, config_id)
    if not config.is_enabled:
        return []
    when = schedule_of(config, _organisation_timezone(tenant))
    sends = schedule.upcoming(when, clock.now(), _UPCOMING)
    return [SendTimeObject(at=send.at, local=send.local, note=send.note) for send in sends]


def schedule_of(config: ReportConfig, organisation_timezone: str) -> Schedule:
    """Return when a config is sent, in its own time zone or else the organisation's."""
    return Schedule(
        frequency=config.frequency,
        time=time.fromisoformat(config.time),
        weekday=config.weekday,
        day_of_month=config.day_of_month,
        timezone=config.timezone or organisation_timezone,
    )


def rezone(config: ReportConfig, organisation_timezone: str) -> ReportConfig:
    """Return a config whose next send is computed in the zone that it has now; itself if that is so already."""
    zone = config.timezone or organisation_timezone
    return config if zone == config.zone else _timed(replace(config, zone=zone), clock.now())


def stored(tenant: Tenant, config_id: str, change: Callable[[ReportConfig], ReportConfig]) -> ReportConfig:
    """Store what `change` makes of the config and return it; nothing is written where it changes nothing.

    `change` is called again, with the newer config, where somebody else's change came between.

    Raises:
        NotFound: unknown, or another tenant's.
        Conflict: somebody else's change came between again and again.
    """
    for _ in range(_TRIES):
        config = retrieve(tenant, config_id)
        changed = change(config)
        if changed == config:
            return config
        written = table.update(changed)
        if written is not None:
            return written
    raise Conflict("The report config is being changed by others at this moment. Try again.")


def shown(config: ReportConfig) -> ReportConfigObject:
    """Return the contract's object."""
    return ReportConfigObject(
        id=config.id,
        report_type=config.report_type,
        frequency=config.frequency,
        time=config.time,
        weekday=config.weekday,
        day_of_month=config.day_of_month,
        timezone=config.timezone,
        recipient_emails=config.recipient_emails,
        cc_emails=config.cc_emails,
        unsubscribed_emails=config.unsubscribed_emails,
        is_enabled=config.is_enabled,
        parameters=config.parameters,
        skip_if_empty=config.skip_if_empty,
        attach=config.attach,
        created_at=datetime.fromtimestamp(config.created_at, UTC),
        modified_at=clock.moment(config.modified_at),
        last_sent_at=clock.moment(config.last_sent_at),
        next_run_at=clock.moment(config.next_run_at),
    )


def _changed(
    config: ReportConfig, changes: ReportConfigChanges, organisation_timezone: str, now: datetime
) -> ReportConfig:
    values = changes.model_dump(exclude_unset=True)
    report_type = values.pop("report_type", None)
    if report_type not in {None, config.report_type}:
        raise InvalidRequest("The report type cannot be changed: make another config", param="report_type")
    values = {
        name: _DEFAULTS[name] if value is None else value
        for name, value in values.items()
        if value is not None or name in _DEFAULTS
    }
    changed = replace(config, **values)
    changed = replace(changed, zone=changed.timezone or organisation_timezone)
    if "parameters" in values:
        changed = _with_checked_parameters(changed)
    _check_recipients(changed)
    if _when(changed) != _when(config):
        changed = _timed(changed, now)
    return config if changed == config else replace(changed, modified_at=int(now.timestamp()))


def _when(config: ReportConfig) -> tuple[object, ...]:
    """Return all that `next_run_at` depends on: the day of the month means nothing to a weekly config."""
    return (
        config.is_enabled,
        config.frequency,
        config.time,
        config.zone,
        config.weekday if config.frequency == "weekly" else None,
        config.day_of_month if config.frequency == "monthly" else None,
    )


def _timed(config: ReportConfig, now: datetime) -> ReportConfig:
    if not config.is_enabled:
        return replace(config, next_run_at=None)
    following = schedule.next_send(schedule_of(config, config.zone), now)
    return replace(config, next_run_at=int(following.timestamp()))


def _with_checked_parameters(config: ReportConfig) -> ReportConfig:
    report_type = catalog.report_type(config.report_type)
    options.check_mode(config.parameters, livemode=config.tenant.livemode)
    when = schedule_of(config, config.zone)
    return replace(config, parameters=checked_parameters(report_type, config.parameters, when, clock.now()))


def _check_report_type(tenant: Tenant, name: str) -> None:
    report_type = catalog.report_type(name)
    if report_type.requires_live and not tenant.livemode:
        raise InvalidRequest(
            f"The report type {name} requires a live-mode API key; you used a test-mode key.",
            param="report_type",
        )
    if report_type.id.startswith(account_usage.FAMILY):
        # Only here, because no other report type is held to the organisation's plan.
        from runsheet.account_usage import subscription  # noqa: PLC0415

        subscription.check_type(tenant, report_type.id)


def _check_recipients(config: ReportConfig) -> None:
    if config.is_enabled and not config.recipient_emails:
        raise InvalidRequest(
            "An enabled report config needs at least one recipient: add one, or set is_enabled to false",
            param="recipient_emails",
        )


def _organisation_timezone(tenant: Tenant) -> str:
    return organisations.get(tenant.organisation_id).timezone

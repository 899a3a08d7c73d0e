"""Sample sync runs: four integrations, one each that is well, sometimes in trouble, failing and silent."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from local.sample_people import Columns, new_id

if TYPE_CHECKING:
    from random import Random

_DAYS = 30
_DAY_SECONDS = 86_400
# Name, entities that are pulled, entity that is pushed.
_INTEGRATIONS = (
    ("NetSuite", ("customers", "invoices", "payments"), "payments"),
    ("Salesforce", ("customers", "contacts"), None),
    ("Stripe", ("customers", "payments"), None),
    ("Coupa", ("invoices",), None),
)
# The day before the end on which Stripe's credentials were revoked, and Coupa ran last.
_REVOKED, _SILENT = 6, 9


def sync_runs(random: Random, until: date) -> list[Columns]:
    """Return a daily run of every integration for the 30 days before `until`, a record for each entity."""
    records = []
    end = datetime(until.year, until.month, until.day, tzinfo=UTC)
    for day in range(_DAYS, 0, -1):
        for number, (name, pulled, pushed) in enumerate(_INTEGRATIONS):
            if name == "Coupa" and day < _SILENT:
                continue
            scheduled = end - timedelta(days=day) + timedelta(hours=2 + number)
            run: Columns = {
                "sync_run_id": new_id(random, "sync"),
                "scheduled_at": scheduled.isoformat(),
                "integration_id": f"int_sample_{number}",
                "integration_name": name,
                "cadence_seconds": _DAY_SECONDS,
                "credentials_expire_at": (end + timedelta(days=12 + 40 * number)).isoformat(),
                "mode": "full" if day % 7 == 0 else "incremental",
            }
            streams = [(entity, "pull") for entity in pulled] + ([(pushed, "push")] if pushed else [])
            for position, (entity, direction) in enumerate(streams):
                started = scheduled + timedelta(seconds=3 + 240 * position)
                record = run | {"id": new_id(random, "sr"), "entity": entity, "direction": direction}
                records.append(record | _outcome(random, name, day, started))
    return records


def _outcome(random: Random, name: str, day: int, started: datetime) -> Columns:
    """Return how a run of one entity went."""
    if name == "Stripe" and day <= _REVOKED:
        return {
            "connection_health": "failing",
            "status": "failed",
            "started_at": started.isoformat(),
            "finished_at": (started + timedelta(seconds=2)).isoformat(),
            "error_code": "unauthorized",
            "error_message": "401 Unauthorized: the key was revoked.\nConnect the account again.",
            "retry_count": 3,
        }
    seen = 40 + random.getrandbits(32) % 400
    failed = 1 + seen % 5 if name == "Salesforce" and day % 6 == 0 else 0
    created, updated = seen // 10, seen // 4
    outcome: Columns = {
        "connection_health": "healthy",
        "status": "partial" if failed else "succeeded",
        "started_at": started.isoformat(),
        "finished_at": (started + timedelta(seconds=5 + seen // 4)).isoformat(),
        "records_seen": seen,
        "records_created": created,
        "records_updated": updated,
        "records_deleted": seen % 3,
        "records_skipped": seen - created - updated - seen % 3 - failed,
        "records_failed": failed,
        "retry_count": 0,
    }
    if failed:
        outcome |= {
            "error_code": "row_rejected",
            "error_message": f"{failed} records have no e-mail address.",
        }
    return outcome

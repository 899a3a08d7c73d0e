"""A run of a calendar period: resolved once, when it is made."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from runsheet.report_runs import creation, service, table
from runsheet.report_runs.model import NewReportRun
from runsheet.runtime import clock
from runsheet.tenancy import Tenant

TENANT = Tenant("org_a", "test")

pytestmark = pytest.mark.usefixtures("tables", "buckets", "queues")


def test_a_run_shows_the_period_as_sent_and_keeps_what_it_stood_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 3, 29, 12, tzinfo=UTC))
    run = creation.create(
        TENANT, NewReportRun(report_type="balance.summary.1", parameters={"interval": "yesterday"})
    )
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 4, 29, 12, tzinfo=UTC))
    stored = table.get(TENANT, run.id)
    assert stored is not None
    assert stored == run
    bounds = {"interval_start": 1774656000, "interval_end": 1774742400}
    assert stored.bindable == bounds
    shown = service.shown(stored, "https://x")
    assert (shown.parameters, shown.resolved_parameters) == ({"interval": "yesterday"}, bounds)

"""The event of a run that has ended: one, whatever the stream repeats, and for good as the run was then."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runsheet.events import announcing, service
from runsheet.events.model import EventsQuery
from runsheet.report_runs import table as report_runs
from runsheet.runtime import clock
from tests.mails import NOW, TENANT, put_file, put_run, sample_config, sample_sending

if TYPE_CHECKING:
    from runsheet.events.model import EventObject
    from runsheet.report_runs.model import ReportRun

pytestmark = pytest.mark.usefixtures("tables", "buckets", "queues")
SENDING = sample_sending(sample_config())


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: clock.at(NOW + 7))


def stored() -> list[EventObject]:
    return service.listed(TENANT, EventsQuery()).data


def ended(run: ReportRun) -> ReportRun:
    found = report_runs.ended({"tenant": TENANT.partition, "id": run.id})
    assert found is not None
    return found


def test_a_run_that_succeeded_is_told_of_once_with_its_file_inline() -> None:
    run = put_run(SENDING, file=put_file(b"a\n1\n"))
    for _ in range(3):
        announcing.record([announcing.of_run(ended(run))])
    (event,) = stored()
    assert (event.type, event.created) == ("reporting.report_run.succeeded", NOW)
    shown = event.data.object
    assert (shown["id"], shown["object"], shown["status"]) == (run.id, "reporting.report_run", "succeeded")
    assert (shown["error"], shown["succeeded_at"], shown["livemode"]) == (None, NOW, False)
    assert shown["result"]["url"] == "https://reports.example.com/v1/files/file_00000001/contents"
    assert shown["result"]["object"] == "file"


def test_no_event_holds_an_address_that_needs_no_key() -> None:
    event = announcing.of_run(ended(put_run(SENDING, file=put_file(b"a\n1\n"))))
    assert event.object["download_url"] is event.object["download_url_expires_at"] is None
    assert "Signature" not in str(event.object)


def test_a_run_that_failed_is_told_of_when_it_failed_and_why() -> None:
    run = put_run(SENDING, file=None, error="The memory did not suffice.")
    announcing.record([announcing.of_run(ended(run))])
    (event,) = stored()
    assert (event.type, event.created) == ("reporting.report_run.failed", NOW + 7)
    assert (event.data.object["error"], event.data.object["result"]) == ("The memory did not suffice.", None)
    assert event.data.object["error_code"] == "internal_error"


def test_a_run_that_has_not_ended_has_no_event() -> None:
    run = put_run(SENDING, file=None)
    report_runs.put(replace(run, id="frr_00000002", status="pending"), expires_at=NOW + 10)
    assert report_runs.ended({"tenant": TENANT.partition, "id": "frr_00000002"}) is None
    assert report_runs.ended({"tenant": TENANT.partition, "id": "frr_00000003"}) is None


def test_the_ids_of_events_are_ordered_by_when_the_runs_ended() -> None:
    run = put_run(SENDING, file=None)
    early = announcing.of_run(replace(run, id="frr_2", failed_at=NOW + 1))
    late = announcing.of_run(replace(run, id="frr_1", failed_at=NOW + 2))
    assert early.id < late.id
    assert announcing.of_run(replace(run, status="succeeded")).id != announcing.of_run(run).id

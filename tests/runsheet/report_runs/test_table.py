"""Runs in their table: who may take one, and how it ends, whatever overlaps."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runsheet import ids, leases
from runsheet.files import table as files_table
from runsheet.files.model import File
from runsheet.report_runs import table
from runsheet.report_runs.model import ReportRun
from runsheet.runtime import clock
from runsheet.tenancy import Tenant

TENANT = Tenant("org_a", "test")
CREATED = 1_700_000_000
FILE = File("file_1", "results/x.csv", "frr.csv", "t", 3, 1, CREATED, CREATED + 10, sha256="ab")

pytestmark = pytest.mark.usefixtures("tables")


def stored(tenant: Tenant = TENANT) -> ReportRun:
    run = ReportRun(
        tenant,
        ids.new_id("frr", clock.now()),
        "balance.summary.1",
        {"interval_start": 1, "columns": ["a", "b"]},
        created=CREATED,
        deadline=CREATED + 100,
    )
    table.put(run, expires_at=CREATED + 1000)
    return run


def due(now: int) -> set[str]:
    return {run_id for shard in leases.SHARDS for _, run_id in table.needing_attention(shard, now=now)}


def test_a_run_is_read_as_it_was_stored_and_only_by_its_tenant() -> None:
    run = stored()
    assert table.get(TENANT, run.id) == run
    assert table.get(Tenant("org_a", "live"), run.id) is None
    assert table.get(Tenant("org_b", "test"), run.id) is None


def test_only_one_worker_takes_a_run_until_its_lease_ends() -> None:
    run = stored()
    taken = table.take(TENANT, run.id, "lease_1", now=CREATED)
    assert taken == replace(run, attempts=1)
    assert table.take(TENANT, run.id, "lease_2", now=CREATED + leases.LEASE_SECONDS - 1) is None
    again = table.take(TENANT, run.id, "lease_2", now=CREATED + leases.LEASE_SECONDS)
    assert again == replace(run, attempts=2)


def test_a_worker_that_lost_its_lease_can_write_nothing() -> None:
    run = stored()
    table.take(TENANT, run.id, "lease_1", now=CREATED)
    table.take(TENANT, run.id, "lease_2", now=CREATED + leases.LEASE_SECONDS)
    with pytest.raises(leases.LeaseLost):
        table.extend(run, "lease_1", progress=0.5, now=CREATED)
    table.release(run, "lease_1", now=CREATED)
    assert table.take(TENANT, run.id, "lease_3", now=CREATED + leases.LEASE_SECONDS + 1) is None
    assert table.succeed(run, "lease_1", FILE, now=CREATED) is False
    assert files_table.get(TENANT, FILE.id) is None
    assert table.succeed(run, "lease_2", FILE, now=CREATED + 5) is True


def test_extending_keeps_the_lease_and_shows_the_progress() -> None:
    run = stored()
    table.take(TENANT, run.id, "lease_1", now=CREATED)
    table.extend(run, "lease_1", progress=0.25, now=CREATED + 50)
    read = table.get(TENANT, run.id)
    assert read is not None
    assert read.progress == 0.25
    assert table.take(TENANT, run.id, "lease_2", now=CREATED + leases.LEASE_SECONDS) is None


def test_success_stores_run_and_file_together_and_is_final() -> None:
    run = stored()
    table.take(TENANT, run.id, "lease_1", now=CREATED)
    assert table.succeed(run, "lease_1", FILE, now=CREATED + 9)
    ended = table.get(TENANT, run.id)
    assert ended is not None
    assert (ended.status, ended.succeeded_at, ended.progress, ended.file) == (
        "succeeded",
        CREATED + 9,
        1.0,
        FILE,
    )
    assert files_table.get(TENANT, FILE.id) == FILE
    assert files_table.get(Tenant("org_b", "test"), FILE.id) is None
    assert table.take(TENANT, run.id, "lease_2", now=CREATED + 10_000) is None
    assert table.fail(run, error="x", code="y") is False
    assert table.succeed(run, "lease_1", FILE, now=CREATED + 10) is False
    assert due(CREATED + 10_000) == set()


def test_failure_is_final() -> None:
    run = stored()
    table.take(TENANT, run.id, "lease_1", now=CREATED)
    assert table.fail(run, error="It broke.", code="internal_error")
    ended = table.get(TENANT, run.id)
    assert ended is not None
    assert (ended.status, ended.error, ended.error_code) == ("failed", "It broke.", "internal_error")
    assert table.succeed(run, "lease_1", FILE, now=CREATED) is False
    assert due(CREATED + 10_000) == set()


def test_a_released_run_is_taken_at_once() -> None:
    run = stored()
    table.take(TENANT, run.id, "lease_1", now=CREATED)
    table.release(run, "lease_1", now=CREATED)
    assert table.take(TENANT, run.id, "lease_2", now=CREATED) is not None


def test_attention_is_due_when_no_message_was_seen_and_when_a_lease_ended() -> None:
    run = stored()
    assert due(CREATED + leases.FIRST_ATTENTION_SECONDS - 1) == set()
    assert due(CREATED + leases.FIRST_ATTENTION_SECONDS) == {run.id}
    table.take(TENANT, run.id, "lease_1", now=CREATED)
    assert due(CREATED + leases.LEASE_SECONDS - 1) == set()
    assert due(CREATED + leases.LEASE_SECONDS) == {run.id}


def test_of_two_sweepers_one_queues_a_run() -> None:
    run = stored()
    now = CREATED + leases.FIRST_ATTENTION_SECONDS
    assert [table.note_queued(run, now=now), table.note_queued(run, now=now)] == [True, False]
    assert due(now) == set()
    assert due(now + leases.QUEUED_SECONDS) == {run.id}


def test_no_id_is_stored_twice() -> None:
    run = stored()
    assert table.fail(run, error="No.", code="internal_error")
    there = table.put(run, expires_at=1)
    assert (there.id, there.status) == (run.id, "failed")
    assert table.get(TENANT, run.id) == there

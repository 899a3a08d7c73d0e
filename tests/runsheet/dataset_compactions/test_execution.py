"""Whole compactions: what is there before is there after, whoever reads, writes or compacts meanwhile."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from runsheet.dataset_compactions import execution, merging, planning, triggers
from runsheet.dataset_compactions.model import GRACE_SECONDS
from runsheet.datasets import service as datasets
from runsheet.datasets import table, writing
from runsheet.datasets.model import BatchIdTaken
from runsheet.engine.relations import relation
from tests.concurrency import at_once
from tests.lake import objects, one_call_at_a_time
from tests.runsheet.dataset_compactions.conftest import DATASET, Data, Time, swept

if TYPE_CHECKING:
    from collections.abc import Callable


def few_rows(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    """Let a file have so many records at the most."""
    monkeypatch.setattr(merging, "most_rows", lambda _: rows)


def before_each_swap(monkeypatch: pytest.MonkeyPatch, action: Callable[[], object]) -> None:
    """Carry an action out right before each swap, as another process would."""
    original = table.swap

    def swap(*arguments: Any, **options: Any) -> None:
        action()
        original(*arguments, **options)

    monkeypatch.setattr(table, "swap", swap)


def test_updates_deletions_and_what_came_back_are_one_base_file_afterwards(data: Data) -> None:
    data.upload({"id": "a"}, {"id": "b"}, {"id": "c"}, {"id": "d"})
    data.send({"id": "a", "description": "newer"}, {"id": "e", "created": "2024-07-01T00:00:00Z"})
    data.send({"id": "b", "deleted": True}, {"id": "c", "deleted": True}, {"id": "unknown", "deleted": True})
    data.send({"id": "c", "description": "again"}, {"id": "a", "description": "newest"})
    data.send({"id": "d", "created": "2024-01-01T00:00:00Z"})
    before, version = data.csvs(), datasets.snapshot(data.tenant, DATASET).version
    assert data.is_as_expected()
    data.compact()
    assert data.levels == ["base"]
    assert [file.rows for file in data.files] == [4]
    assert data.is_as_expected()
    assert data.csvs() == before
    assert datasets.snapshot(data.tenant, DATASET).version == version


@pytest.mark.parametrize("seed", range(2))
def test_whatever_was_sent_reports_have_the_same_bytes_and_files_follow_each_other(
    seed: int, data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    few_rows(monkeypatch, 6)
    monkeypatch.setattr(planning, "MOST_REMOVED", 3)
    monkeypatch.setattr(execution, "_DROPPED_AT_ONCE", 2)
    chance = random.Random(seed)  # noqa: S311 - the same each time
    for _ in range(2):
        for _ in range(4):
            send = data.upload if chance.random() < 0.5 else data.send
            send(*data.random_changes(chance))
        before = data.csvs()
        data.compact()
        assert data.is_as_expected()
        assert data.csvs() == before
        assert set(data.levels) <= {"base"}
    for _ in range(2):
        data.compact()
    assert relation(datasets.snapshot(data.tenant, DATASET)).is_in_order()
    assert max(file.rows for file in data.files) <= 9
    assert len(data.files) <= 9
    again = data.files
    data.compact()
    assert data.files == again  # nothing is rewritten for nothing


def test_files_are_sorted_by_time_and_key(data: Data) -> None:
    data.upload({"id": "b"}, {"id": "a"}, {"id": "c", "created": "2024-01-01T00:00:00Z"})
    data.send({"id": "d", "created": "2024-02-01T00:00:00Z"})
    data.compact()
    (file,) = data.files
    from runsheet.engine.credentials import lake_credentials  # noqa: PLC0415
    from runsheet.engine.session import attach_lake, connect  # noqa: PLC0415

    with connect() as connection:
        attach_lake(connection, lake_credentials(data.tenant))
        found = connection.execute(
            f"select id, _deleted from read_parquet('s3://lakebucket/{file.key}')"
        ).fetchall()
    assert found == [("c", False), ("d", False), ("a", False), ("b", False)]
    assert (str(file.first), str(file.last)) == ("2024-01-01 00:00:00+00:00", "2024-03-01 10:00:00+00:00")


def test_a_batch_is_refused_or_repeated_as_before(data: Data) -> None:
    receipt = data.upload({"id": "a"}, batch_id="one")
    data.send({"id": "a", "deleted": True})
    data.compact()
    assert data.files == ()
    data.batches = 0  # the same content
    assert data.upload({"id": "a"}, batch_id="one") == receipt
    with pytest.raises(BatchIdTaken):
        data.upload({"id": "b"}, batch_id="one")
    assert data.rows == []


def test_what_comes_between_the_look_and_the_swaps_stays_on_top(
    data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    data.upload({"id": "a"}, {"id": "b"})
    data.send({"id": "a", "description": "old"})
    data.send({"id": "b", "description": "old"})
    waiting: list[Callable[[], object]] = [
        lambda: data.send({"id": "a", "description": "new"}, {"id": "b", "deleted": True}),
        lambda: data.upload({"id": "c"}),
    ]
    before_each_swap(monkeypatch, lambda: waiting.pop(0)() if waiting else None)
    data.compact()
    assert not waiting
    assert data.levels == ["base", "base", "recent"]
    assert data.is_as_expected()
    data.compact()
    assert data.levels == ["base"]
    assert data.is_as_expected()


def test_no_reader_sees_a_difference_between_any_two_swaps(
    data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    few_rows(monkeypatch, 4)
    monkeypatch.setattr(planning, "MOST_REMOVED", 2)
    monkeypatch.setattr(execution, "_DROPPED_AT_ONCE", 1)
    chance = random.Random(7)  # noqa: S311 - the same each time
    for _ in range(4):
        data.upload(*data.random_changes(chance))
    seen = []
    before_each_swap(monkeypatch, lambda: seen.append(data.is_as_expected()))
    data.compact()
    assert len(seen) > 4
    assert data.is_as_expected()


def test_a_registration_that_a_swap_overtakes_counts_the_files_right(
    data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    data.upload({"id": "a"})
    data.send({"id": "a", "description": "old"})
    original, waiting = table.register, [data.compact]

    def register(*arguments: Any, **options: Any) -> None:
        if waiting:
            waiting.pop()()
        original(*arguments, **options)

    monkeypatch.setattr(table, "register", register)
    data.send({"id": "b"})
    assert data.levels == ["base", "recent"]
    assert data.is_as_expected()
    summary = table.summary(data.tenant, DATASET)
    assert (summary.files, summary.loose_files, summary.swaps) == (2, 1, 2)
    assert data.attention_at is not None


def test_two_at_once_are_one(data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    one_call_at_a_time(monkeypatch)
    data.upload({"id": "a"})
    data.send({"id": "a", "description": "new"})
    data.make_due()
    swaps: list[int] = []
    before_each_swap(monkeypatch, lambda: swaps.append(1))
    at_once([lambda: execution.execute(data.message)] * 3)
    assert len(swaps) == 2
    assert data.levels == ["base"]
    assert data.is_as_expected()


def test_a_worker_that_lost_its_lease_swaps_nothing(
    data: Data, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    data.upload({"id": "a"})
    data.send({"id": "a", "description": "old"})
    waiting: list[Callable[[], None]] = []

    def overtaken() -> None:
        if waiting:
            return
        waiting.append(lambda: None)
        time.pass_(120)
        execution.execute(data.message)
        data.send({"id": "a", "description": "new"})

    before_each_swap(monkeypatch, overtaken)
    data.compact()
    assert data.levels == ["base", "recent"]
    assert data.is_as_expected()


def test_objects_are_deleted_after_the_grace_time_and_a_reader_of_the_old_files_still_reads(
    data: Data, time: Time
) -> None:
    data.upload({"id": "a"}, {"id": "b"})
    data.send({"id": "a", "description": "new"})
    old, before = datasets.snapshot(data.tenant, DATASET), data.csvs()
    data.compact()
    assert sorted(data.discarded) == sorted(file.key for file in old.files)
    time.pass_(GRACE_SECONDS - 60)
    data.compact()
    assert data.csvs(old) == before
    time.pass_(120)
    assert swept() == [data.message]
    execution.execute(data.message)
    assert objects() == [file.key for file in data.files] + (
        ["results/report.csv"] if "results/report.csv" in objects() else []
    )
    assert data.discarded == []
    assert data.attention_at is None
    time.pass_(1_000_000)
    assert swept() == []


def test_what_a_registration_names_is_never_deleted(data: Data, time: Time) -> None:
    from runsheet.dataset_compactions import table as compactions  # noqa: PLC0415
    from runsheet.dataset_compactions.model import Discarded  # noqa: PLC0415

    data.upload({"id": "a"})
    (file,) = data.files
    compactions.discard(data.tenant, Discarded(f"{DATASET}#wrong", (file.key,), 0))
    time.pass_(10)
    data.compact()
    assert objects() == [file.key]
    assert data.is_as_expected()


def test_a_failure_gives_the_lease_back_and_is_raised(data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    data.upload({"id": "a"})
    data.send({"id": "a", "description": "new"})
    data.make_due()
    with monkeypatch.context() as broken:
        broken.setattr(writing, "put", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            execution.execute(data.message)
    assert data.levels == ["base", "recent"]
    execution.execute(data.message)
    assert data.levels == ["base"]
    assert data.is_as_expected()


def test_the_digest_of_files_that_came_before_there_were_any_is_noted(data: Data) -> None:
    import boto3  # noqa: PLC0415

    data.upload({"id": "a"})
    data.send({"id": "a", "description": "new"})
    boto3.client("dynamodb").update_item(
        TableName="DatasetsTable",
        Key={"tenant_dataset": {"S": f"org_a#test#{DATASET}"}, "item": {"S": "summary"}},
        UpdateExpression="REMOVE digest, loose_files, loose_bytes",
    )
    data.send({"id": "b"})
    assert data.is_as_expected()
    data.compact()
    assert data.levels == ["base"]
    assert data.is_as_expected()
    assert table.summary(data.tenant, DATASET).digest == table.digest(file.id for file in data.files)


def test_many_small_batches_make_a_compaction_due_at_once_and_few_after_an_hour(
    data: Data, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(triggers, "MOST_FILES", 3)
    data.send({"id": "a"})
    assert swept() == []
    time.pass_(triggers.LONGEST_WAIT_SECONDS + 1)
    assert swept() == [data.message]
    execution.execute(data.message)
    assert data.attention_at is None
    data.send({"id": "b"})
    data.send({"id": "c"})
    assert swept() == []
    data.send({"id": "d"})
    assert swept() == [data.message]
    assert swept() == []  # it is queued
    execution.execute(data.message)
    assert data.levels == ["base"]


def test_the_files_of_two_organisations_are_not_mixed(data: Data) -> None:
    from runsheet.tenancy import Tenant  # noqa: PLC0415

    other = Data(Tenant("org_b", "test"), data.directory)
    data.send({"id": "a"})
    other.send({"id": "b"})
    data.send({"id": "a2"})
    other.send({"id": "b2"})
    data.compact()
    assert (data.levels, other.levels) == (["base"], ["base", "recent"])
    assert data.is_as_expected()
    assert other.is_as_expected()


def test_spans_follow_each_other(data: Data) -> None:
    data.upload(
        {"id": "a", "created": "2024-01-01T00:00:00Z"}, {"id": "b", "created": "2024-03-01T00:00:00Z"}
    )
    data.upload({"id": "c", "created": "2024-02-01T00:00:00Z"})
    data.compact()
    found = planning.spans(data.files)
    assert all(one.last < two.first for one, two in pairwise(found))
    assert data.is_as_expected()

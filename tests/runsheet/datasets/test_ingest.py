"""Files taken in: which level they get, races between loaders, slices, progress."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from runsheet.datasets import description, ingest, registration, service, table, writing
from runsheet.datasets.model import BatchIdTaken, RecordsRefused
from runsheet.errors import Unavailable
from runsheet.runtime import clients
from tests.lake import ndjson, objects, record, rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runsheet.datasets.model import Batch
    from runsheet.tenancy import Tenant

pytestmark = pytest.mark.usefixtures("lake")
DATASET = "balance_transactions"


@pytest.fixture
def upload(tenant: Tenant, tmp_path: Path) -> Callable[..., Batch]:
    def take(
        batch_id: str, *records: dict[str, Any], on_progress: Callable[[float], None] = lambda _: None
    ) -> Batch:
        path = tmp_path / batch_id
        path.write_bytes(ndjson(*records))
        incoming = ingest.Incoming(path, "ndjson", batch_id, ingest.content_hash(path, "ndjson"))
        return ingest.ingest(tenant, DATASET, incoming, on_progress=on_progress)

    return take


def levels(tenant: Tenant) -> list[tuple[int, str]]:
    return sorted((file.version, file.level) for file in service.snapshot(tenant, DATASET).files)


def count(tenant: Tenant) -> int:
    return description.retrieve(tenant, DATASET).row_count


def between(monkeypatch: pytest.MonkeyPatch, *actions: Callable[[], object]) -> None:
    """Carry one action out right before each of the next registrations, as another loader would."""
    waiting, original = list(actions), table.register

    def register(*arguments: Any, **options: Any) -> None:
        if waiting:
            waiting.pop(0)()
        original(*arguments, **options)

    monkeypatch.setattr(table, "register", register)


def test_files_whose_keys_are_all_new_are_base_and_need_no_counting(
    tenant: Tenant, upload: Callable[..., Batch], monkeypatch: pytest.MonkeyPatch
) -> None:
    upload("1", record(id="a"), record(id="b"))
    upload("2", record(id="c"))
    assert levels(tenant) == [(1, "base"), (2, "base")]
    monkeypatch.setattr(description, "_visible_rows", lambda *_: pytest.fail("counted"))
    assert count(tenant) == 3


def test_a_file_that_replaces_or_deletes_is_recent(tenant: Tenant, upload: Callable[..., Batch]) -> None:
    upload("1", record(id="a"), record(id="b"))
    upload("2", record(id="b", description="2"), record(id="c"))
    upload("3", {"id": "x", "deleted": True})
    upload("4", record(id="x"))
    upload("5", record(id="y"))
    assert levels(tenant) == [(1, "base"), (2, "recent"), (3, "recent"), (4, "recent"), (5, "base")]
    assert rows(tenant) == ["a", "b", "c", "x", "y"]
    assert count(tenant) == 5


def test_a_batch_that_comes_in_between_with_the_same_key_makes_it_recent(
    tenant: Tenant, upload: Callable[..., Batch], monkeypatch: pytest.MonkeyPatch
) -> None:
    between(monkeypatch, lambda: upload("2", record(id="b", description="2")))
    upload("1", record(id="a"), record(id="b", description="1"))
    assert levels(tenant) == [(1, "base"), (2, "recent")]
    assert rows(tenant, "id, description") == [("a", None), ("b", "1")]
    assert count(tenant) == 2


def test_a_batch_that_comes_in_between_with_other_keys_leaves_it_base(
    tenant: Tenant, upload: Callable[..., Batch], monkeypatch: pytest.MonkeyPatch
) -> None:
    between(monkeypatch, lambda: upload("2", record(id="x")), lambda: upload("3", record(id="y")))
    upload("1", record(id="a"))
    assert levels(tenant) == [(1, "base"), (2, "base"), (3, "base")]
    assert rows(tenant) == ["a", "x", "y"]


def test_the_same_batch_that_comes_in_between_is_registered_once(
    tenant: Tenant, upload: Callable[..., Batch], monkeypatch: pytest.MonkeyPatch
) -> None:
    first: list[Batch] = []
    between(monkeypatch, lambda: first.append(upload("1", record(id="a"))))
    assert upload("1", record(id="a")) == first[0]
    assert levels(tenant) == [(1, "base")]
    assert len(objects()) == 2  # the second is seen by nobody


def test_another_batch_of_the_same_id_that_comes_in_between_is_refused(
    tenant: Tenant, upload: Callable[..., Batch], monkeypatch: pytest.MonkeyPatch
) -> None:
    between(monkeypatch, lambda: upload("1", record(id="b")))
    with pytest.raises(BatchIdTaken):
        upload("1", record(id="a"))
    assert rows(tenant) == ["b"]


def test_a_loader_that_others_keep_overtaking_gives_up_with_a_503(
    tenant: Tenant, upload: Callable[..., Batch], monkeypatch: pytest.MonkeyPatch
) -> None:
    def moved(*_: object, **__: object) -> None:
        raise table.VersionMovedError

    monkeypatch.setattr(table, "register", moved)
    monkeypatch.setattr(registration, "_LONGEST_WAIT_SECONDS", 0.0)
    with pytest.raises(Unavailable):
        upload("1", record())
    assert rows(tenant) == []


@pytest.mark.parametrize(
    "reason", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"]
)
def test_a_transaction_that_others_keep_from_passing_is_tried_again(
    tenant: Tenant, upload: Callable[..., Batch], monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    client = clients.dynamodb()
    write, refusals = client.transact_write_items, [reason, reason]

    def write_later(**arguments: Any) -> Any:
        if not refusals:
            return write(**arguments)
        reasons = [{"Code": "None"}, {"Code": refusals.pop()}, {"Code": "None"}]
        answer: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
        raise ClientError(answer, "TransactWriteItems")

    monkeypatch.setattr(client, "transact_write_items", write_later)
    upload("1", record())
    assert (rows(tenant), refusals) == (["txn_1"], [])


def test_a_query_that_sees_half_of_a_transaction_is_asked_again(
    tenant: Tenant, upload: Callable[..., Batch], monkeypatch: pytest.MonkeyPatch
) -> None:
    upload("1", record(id="a"))
    before = table._query(tenant, DATASET)
    upload("2", record(id="b"))
    after = table._query(tenant, DATASET)
    answers = [(after[0], before[1]), (before[0], after[1]), after]
    monkeypatch.setattr(table, "_query", lambda *_: answers.pop(0))
    snapshot = service.snapshot(tenant, DATASET)
    assert (snapshot.version, snapshot.files, answers) == (2, after[1], [])
    answers += [(after[0], before[1])] * 20
    with pytest.raises(Unavailable):
        service.snapshot(tenant, DATASET)


def test_a_large_file_becomes_slices_that_part_the_time(
    tenant: Tenant, upload: Callable[..., Batch], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "CELLS_IN_A_SLICE", 1000)
    sent = [
        record(id=f"t{n:04}", created=f"2024-{1 + n * 7 % 12:02}-{1 + n * 11 % 28:02}") for n in range(1000)
    ]
    receipt = upload("1", *sent)
    files = sorted(service.snapshot(tenant, DATASET).files, key=lambda file: file.id)
    assert receipt.row_count == sum(file.rows for file in files) == count(tenant) == 1000
    assert len(files) > 5
    assert all(one.last < other.first for one, other in pairwise(files) if one.last and other.first)
    assert {file.version for file in files} == {1}
    assert rows(tenant) == [f"t{n:04}" for n in range(1000)]


def test_slices_hold_deletions_and_equal_times(
    tenant: Tenant, upload: Callable[..., Batch], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "CELLS_IN_A_SLICE", 100)
    upload("1", *(record(id=f"t{n}") for n in range(100)))
    upload(
        "2",
        *({"id": f"t{n}", "deleted": True} for n in range(0, 100, 2)),
        record(id="new", created="2025-01-01"),
    )
    assert count(tenant) == len(rows(tenant)) == 51
    upload("3", *({"id": f"t{n}", "deleted": True} for n in range(100)))
    assert rows(tenant) == ["new"]


def test_nothing_of_a_refused_file_is_stored(tenant: Tenant, upload: Callable[..., Batch]) -> None:
    with pytest.raises(RecordsRefused):
        upload("1", record(id="a"), record(id="b", gross=1.5))
    assert objects() == []
    assert service.snapshot(tenant, DATASET).version == 0


def test_a_write_that_dies_half_way_leaves_nothing_visible_and_may_be_repeated(
    tenant: Tenant, upload: Callable[..., Batch], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "CELLS_IN_A_SLICE", 20)
    sent = [record(id=f"t{n}", created=f"2024-01-{1 + n:02}") for n in range(20)]
    with monkeypatch.context() as patched:
        put, calls = writing.put, iter([True, True, False])

        def dying(*arguments: Any) -> Any:
            if not next(calls):
                raise OSError("died")
            return put(*arguments)

        patched.setattr(writing, "put", dying)
        with pytest.raises(OSError, match="died"):
            upload("1", *sent)
    assert len(objects()) == 2
    assert rows(tenant) == []
    assert upload("1", *sent).row_count == 20
    assert len(rows(tenant)) == count(tenant) == 20


def test_progress_rises_to_the_end(upload: Callable[..., Batch], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "CELLS_IN_A_SLICE", 20)
    told: list[float] = []
    upload(
        "1", *(record(id=f"t{n}", created=f"2024-01-{1 + n:02}") for n in range(20)), on_progress=told.append
    )
    assert told == sorted(told)
    assert len(told) > 3
    assert told[-1] == pytest.approx(0.95)

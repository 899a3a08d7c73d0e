"""Batches sent in a request: all or nothing, once, the latest version wins, deletions, exact counts."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runsheet.datasets import description, records, schema, service, table
from runsheet.datasets.objects import BatchObject, DatasetChanges
from runsheet.engine.credentials import lake_credentials
from runsheet.engine.session import attach_lake, connect
from runsheet.errors import InvalidRequest, NotFound, UnsupportedMedia
from runsheet.runtime import clock
from tests.lake import RECORD, ndjson, objects, one_call_at_a_time, record, rows

if TYPE_CHECKING:
    from runsheet.tenancy import Tenant

pytestmark = pytest.mark.usefixtures("lake")
DATASET = "balance_transactions"


def send(tenant: Tenant, *sent: dict[str, Any], batch_id: str | None = None) -> BatchObject:
    return records.create(
        tenant, DATASET, ndjson(*sent), content_type="application/x-ndjson", batch_id=batch_id
    )


def send_json(tenant: Tenant, body: bytes | str, content_type: str = "application/json") -> BatchObject:
    raw = body.encode() if isinstance(body, str) else body
    return records.create(tenant, DATASET, raw, content_type=content_type, batch_id=None)


def count(tenant: Tenant) -> int:
    return description.retrieve(tenant, DATASET).row_count


def stored(tenant: Tenant, columns: str, before: str = "") -> list[tuple[Any, ...]]:
    snapshot = service.snapshot(tenant, DATASET)
    [file] = snapshot.files
    with connect() as connection:
        attach_lake(connection, lake_credentials(tenant))
        url = f"s3://{snapshot.bucket}/{file.key}"
        return connection.execute(
            f"{before} select {columns} from read_parquet('{url}', file_row_number = true)"
        ).fetchall()


def test_records_are_visible_when_the_call_returns(tenant: Tenant) -> None:
    receipt = send_json(tenant, json.dumps([record(), record(id="txn_2")]), "application/json; charset=utf-8")
    assert (receipt.object, receipt.dataset, receipt.row_count, receipt.deleted_count) == (
        "dataset_batch",
        DATASET,
        2,
        0,
    )
    assert rows(tenant) == ["txn_1", "txn_2"]
    assert count(tenant) == 2


def test_objects_lie_under_their_tenant_sorted_and_with_the_columns_that_were_sent(tenant: Tenant) -> None:
    send(tenant, record(id="b"), record(id="a"), record(id="c", created="2024-01-01"))
    [file] = service.snapshot(tenant, DATASET).files
    assert objects() == [file.key]
    assert file.key == f"lake/{DATASET}/org_a/test/{file.id}.parquet"
    assert (file.rows, file.version) == (3, 1)
    assert (file.first, file.last) == (datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 3, 1, 10, tzinfo=UTC))
    assert stored(tenant, "string_agg(id, '' order by file_row_number)") == [("cab",)]
    names = [column.name for column in schema.schema(DATASET).columns if column.name in RECORD]
    assert [name for name, *_ in stored(tenant, "*", "describe")] == [*names, "_deleted", "file_row_number"]


def test_a_file_of_deletions_has_the_columns_that_every_file_has(tenant: Tenant) -> None:
    send(tenant, {"id": "a", "deleted": True})
    names = [column.name for column in schema.schema(DATASET).columns if not column.nullable]
    assert [name for name, *_ in stored(tenant, "*", "describe")] == [*names, "_deleted", "file_row_number"]


def test_the_latest_version_of_a_record_wins_and_others_stay(tenant: Tenant) -> None:
    send(tenant, record(id="a", description="1"), record(id="b", description="1"))
    send(tenant, record(id="b", description="2"), record(id="c", description="2"))
    send(tenant, record(id="c", description="3"))
    assert rows(tenant, "id, description") == [("a", "1"), ("b", "2"), ("c", "3")]
    assert count(tenant) == 3


def test_deleted_records_are_gone_until_they_are_sent_again(tenant: Tenant) -> None:
    send(tenant, record(id="a"), record(id="b"), record(id="c"))
    receipt = send(tenant, {"id": "a", "deleted": True}, {"id": "never", "deleted": True}, record(id="d"))
    assert (receipt.row_count, receipt.deleted_count) == (1, 2)
    gone = records.delete(tenant, DATASET, "b")
    assert (gone.id, gone.object, gone.deleted) == ("b", "dataset_record", True)
    assert rows(tenant) == ["c", "d"]
    assert count(tenant) == 2
    send(tenant, record(id="a"))
    assert rows(tenant) == ["a", "c", "d"]
    assert count(tenant) == 3


def test_a_batch_with_one_bad_record_stores_nothing(tenant: Tenant) -> None:
    with pytest.raises(InvalidRequest) as raised:
        send_json(tenant, json.dumps([record(), record(id="x", gross=12.5), record(id="y", currency="USD")]))
    assert raised.value.param == "records[1].gross"
    assert raised.value.message.startswith("Invalid records[1].gross: must be a whole number")
    assert [(bad["line"], bad["column"]) for bad in raised.value.details["bad_rows"]] == [
        (2, "gross"),
        (3, "currency"),
    ]
    assert objects() == []
    assert service.snapshot(tenant, DATASET).version == 0
    assert count(tenant) == 0


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'[{"id": "\xff"}]', "The body is not UTF-8: byte 10 cannot be read."),
        (b"[{", "The body is not valid JSON: "),
        (b"", "The body is not valid JSON: "),
        (b"[" * 200_000, "The body is not valid JSON: it is nested too deep."),
        (
            b'[{"id": "a", "b": ' + b'{"c":' * 600 + b"1" + b"}" * 601 + b"]",
            "Invalid records[0]: is nested too deep.",
        ),
        (b'[{"id": ' + b"9" * 5000 + b"}]", "The body is not valid JSON: "),
        (
            b'[{"id": "a", "id": "b"}]',
            "The body is not valid JSON: the key 'id' is there more than once in one object.",
        ),
        (b'{"id": "a"}', "The body must be a JSON array of records."),
        (b"[1]", "Invalid records[0]: must be a JSON object."),
        (b'[{"id": "a", "deleted": true}, null]', "Invalid records[1]: must be a JSON object."),
        (b"[{}]", "Invalid records[0].id: is required."),
        (b'[{"id": "\\ud800", "deleted": true}]', "Invalid records[0]: holds half of a surrogate pair."),
        (
            b'[{"id": "a", "deleted": true, "=1+1\\n": 2}]',
            "Invalid records[0].=1+1\\n: is not a column of this dataset.",
        ),
        (b"[" + b" " * 1_000_000 + b'{"id": 1}]', "Invalid records[0].id: must be text"),
    ],
)
def test_a_broken_body_is_the_callers_fault_in_words(tenant: Tenant, body: bytes, message: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        send_json(tenant, body)
    assert raised.value.message.startswith(message)
    assert raised.value.message.isprintable()
    assert len(raised.value.message) < 500
    assert objects() == []


array_like = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(
    array_like,
    st.sampled_from([None, 1]),
    st.integers(0, 60),
    st.sampled_from(["", ",", "]", " ", "[", "1", "\n"]),
)
def test_an_array_is_read_as_python_reads_it(
    value: object, indent: int | None, place: int, inserted: str
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    text = text[:place] + inserted + text[place:]
    try:
        expected = json.loads(text, object_pairs_hook=records._without_repeats)
    except ValueError:
        expected = None
    if isinstance(expected, list):
        found = [json.loads(line) for line in records._lines(text.encode()).splitlines()]
        assert repr(found) == repr(expected)
    else:
        with pytest.raises(InvalidRequest):
            records._lines(text.encode())


def test_a_body_of_a_megabyte_is_taken(tenant: Tenant) -> None:
    sent = [record(id=f"txn_{number}", description="x" * 200) for number in range(2500)]
    body = json.dumps(sent)
    assert len(body) > 1_000_000
    assert send_json(tenant, body).row_count == 2500
    assert count(tenant) == 2500


@pytest.mark.parametrize(
    "content_type", ["", "text/csv", "application/x-www-form-urlencoded", "application/jsonx", "\r\n"]
)
def test_another_content_type_is_refused(tenant: Tenant, content_type: str) -> None:
    with pytest.raises(UnsupportedMedia, match="Send application/json"):
        send_json(tenant, b"[]", content_type)


def test_an_unknown_dataset_is_not_found(tenant: Tenant) -> None:
    with pytest.raises(NotFound, match="No such dataset: 'nope'"):
        records.create(tenant, "nope", b"[]", content_type="application/json", batch_id=None)
    with pytest.raises(NotFound, match="No such dataset: 'nope'"):
        records.delete(tenant, "nope", "a")


@pytest.mark.parametrize("record_id", ["", "x" * 256, "a\0b"])
def test_an_id_that_no_record_can_have_is_refused(tenant: Tenant, record_id: str) -> None:
    with pytest.raises(InvalidRequest, match="Invalid id: must") as raised:
        records.delete(tenant, DATASET, record_id)
    assert raised.value.param == "id"


def test_an_empty_batch_is_taken(tenant: Tenant) -> None:
    assert send_json(tenant, b"[]").row_count == 0
    assert (count(tenant), objects()) == (0, [])


# ---------------------------------------------------------------- batch ids


def test_repeating_a_batch_changes_nothing_and_gives_the_first_receipt(tenant: Tenant) -> None:
    first = send(tenant, record(description="1"), batch_id="day-1")
    send(tenant, record(description="2"))
    again = send(tenant, record(description="1"), batch_id="day-1")
    assert again == first
    assert rows(tenant, "description") == ["2"]
    assert service.snapshot(tenant, DATASET).version == 2
    assert len(objects()) == 2


def test_a_batch_id_with_other_content_is_refused(tenant: Tenant) -> None:
    send(tenant, record(description="1"), batch_id="day-1")
    with pytest.raises(InvalidRequest, match="was used for other content") as raised:
        send(tenant, record(description="2"), batch_id="day-1")
    assert (raised.value.param, raised.value.code) == ("batch_id", "batch_id_in_use")
    assert rows(tenant, "description") == ["1"]


@pytest.mark.parametrize("batch_id", ["", " ", "a b", "a#b", "é", "x" * 129, "a\n", "-a"])
def test_a_batch_id_is_short_and_plain(tenant: Tenant, batch_id: str) -> None:
    with pytest.raises(InvalidRequest, match="Invalid batch_id"):
        send(tenant, record(), batch_id=batch_id)


def test_a_refused_batch_leaves_its_id_free(tenant: Tenant) -> None:
    with pytest.raises(InvalidRequest):
        send(tenant, record(gross="x"), batch_id="day-1")
    assert send(tenant, record(), batch_id="day-1").row_count == 1


def test_batch_ids_and_records_of_tenants_are_apart(tenant: Tenant) -> None:
    live = tenant._replace(mode="live")
    send(tenant, record(description="test"), batch_id="day-1")
    send(live, record(description="live"), batch_id="day-1")
    records.delete(live, DATASET, "txn_1")
    assert (rows(tenant, "description"), rows(live)) == (["test"], [])
    assert (count(tenant), count(live)) == (1, 0)


# ---------------------------------------------------------------- two loaders at once


def test_loaders_of_the_same_keys_follow_one_another(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    one_call_at_a_time(monkeypatch)

    def load(number: int) -> BatchObject:
        return send(tenant, *(record(id=f"txn_{key}", description=str(number)) for key in range(20)))

    with ThreadPoolExecutor(4) as pool:
        receipts = list(pool.map(load, range(8)))
    snapshot = service.snapshot(tenant, DATASET)
    assert len({receipt.id for receipt in receipts}) == 8
    assert sorted(file.version for file in snapshot.files) == list(range(1, 9))
    assert len(set(rows(tenant, "description"))) == 1
    assert count(tenant) == 20


def test_one_batch_sent_by_two_loaders_at_once_is_registered_once(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_call_at_a_time(monkeypatch)
    with ThreadPoolExecutor(4) as pool:
        receipts = list(pool.map(lambda _: send(tenant, record(), batch_id="day-1"), range(4)))
    assert receipts == [receipts[0]] * 4
    snapshot = service.snapshot(tenant, DATASET)
    assert (snapshot.version, len(snapshot.files)) == (1, 1)


# ---------------------------------------------------------------- description


def test_a_dataset_without_records_is_described(tenant: Tenant) -> None:
    shown = description.retrieve(tenant, DATASET)
    assert (shown.row_count, shown.first_record_at, shown.last_record_at) == (0, None, None)
    assert (shown.complete_through, shown.updated, shown.livemode) == (None, None, False)
    assert (shown.key_column, shown.time_column) == ("id", "created")
    assert DATASET in [each.id for each in description.listed(tenant).data]
    available = service.availability(tenant, DATASET)
    assert (available.start, available.updated) == (None, None)
    assert abs((available.end - clock.now()).total_seconds()) < 5


def test_first_and_last_time_and_availability(tenant: Tenant) -> None:
    send(
        tenant,
        record(id="a", created="2024-03-01T10:00:00.5Z"),
        record(id="b", created="2024-05-01T00:00:00Z"),
    )
    send(tenant, record(id="c", created="2024-02-02T23:59:59+01:00"))
    shown = description.retrieve(tenant, DATASET)
    assert shown.first_record_at == datetime(2024, 2, 2, 22, 59, 59, tzinfo=UTC).timestamp()
    assert shown.last_record_at == datetime(2024, 5, 1, tzinfo=UTC).timestamp()
    available = service.availability(tenant, DATASET)
    assert available.start == datetime(2024, 1, 31, tzinfo=UTC)
    assert available.updated is not None


def test_complete_through_is_set_moved_unset_and_survives_batches(tenant: Tenant) -> None:
    assert (
        description.update(tenant, DATASET, DatasetChanges(complete_through=1_700_000_000)).complete_through
        == 1_700_000_000
    )
    send(tenant, record())
    assert service.availability(tenant, DATASET).end == datetime.fromtimestamp(1_700_000_000, UTC)
    assert description.update(tenant, DATASET, DatasetChanges(complete_through=0)).complete_through == 0
    unset = DatasetChanges.model_validate({"complete_through": ""})
    assert description.update(tenant, DATASET, unset).complete_through is None
    assert count(tenant) == 1


@pytest.mark.parametrize("seconds", [4_102_444_800, 10**17, -(10**17)])
def test_complete_through_is_not_in_the_future(tenant: Tenant, seconds: int) -> None:
    with pytest.raises(InvalidRequest) as raised:
        description.update(tenant, DATASET, DatasetChanges(complete_through=seconds))
    assert raised.value.param == "complete_through"


def test_the_count_is_kept_by_data_version(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    send(tenant, record(id="a"))
    send(tenant, record(id="a"), record(id="b"))
    assert count(tenant) == 2
    with monkeypatch.context() as patched:
        patched.setattr(description, "_visible_rows", lambda *_: pytest.fail("counted again"))
        assert count(tenant) == 2
    send(tenant, {"id": "a", "deleted": True})
    assert count(tenant) == 1


def test_a_late_count_does_not_replace_that_of_a_later_version(tenant: Tenant) -> None:
    send(tenant, record(id="a"))
    send(tenant, record(id="b"))
    assert count(tenant) == 2
    table.note_visible_rows(tenant, DATASET, 99, version=1)
    kept = table.summary(tenant, DATASET)
    assert (kept.visible_rows, kept.visible_rows_version) == (2, 2)

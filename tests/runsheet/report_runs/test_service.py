"""Creating, listing and sweeping runs, against the tables and the queue."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from runsheet import ids, leases
from runsheet.errors import InvalidRequest, NotFound
from runsheet.files.model import File
from runsheet.report_runs import creation, queueing, service, table
from runsheet.report_runs.model import DEADLINE_SECONDS, NewReportRun, ReportRun
from runsheet.runtime import clients, clock
from runsheet.runtime.model import CreatedListQuery
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant

if TYPE_CHECKING:
    from collections.abc import Callable

TENANT = Tenant("org_a", "test")
BASE = "https://reports.example.com"
INTERVAL = {"interval_start": "1680000000", "interval_end": "1680100000"}

pytestmark = pytest.mark.usefixtures("tables", "buckets", "queues")


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Move the clock."""

    def move(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    return move


def messages() -> list[dict[str, Any]]:
    """Take everything off the queue."""
    taken = []
    while True:
        answer = boto3.client("sqs").receive_message(
            QueueUrl=settings().report_runs_queue_url, MaxNumberOfMessages=10
        )
        if "Messages" not in answer:
            return taken
        taken += [json.loads(message["Body"]) for message in answer["Messages"]]


def new(report_type: str = "balance.summary.1", **parameters: Any) -> NewReportRun:
    return NewReportRun(report_type=report_type, parameters=INTERVAL | parameters)


def test_a_new_run_is_pending_stored_and_queued() -> None:
    run = creation.create(TENANT, new(timezone="Europe/Berlin", currency="usd"))
    assert table.get(TENANT, run.id) == run
    assert messages() == [{"organisation_id": "org_a", "mode": "test", "run_id": run.id}]
    shown = service.shown(run, BASE).model_dump(mode="json")
    assert shown == {
        "id": run.id,
        "object": "reporting.report_run",
        "created": run.created,
        "error": None,
        "livemode": False,
        "parameters": {
            "currency": "usd",
            "interval_end": 1680100000,
            "interval_start": 1680000000,
            "timezone": "Europe/Berlin",
        },
        "report_type": "balance.summary.1",
        "result": None,
        "status": "pending",
        "succeeded_at": None,
        "error_code": None,
        "progress": 0.0,
        "row_count": None,
        "sha256": None,
        "crc32": None,
        "download_url": None,
        "download_url_expires_at": None,
        "resolved_parameters": None,
        "manifest": None,
        "reused_from": None,
    }
    assert list(shown["parameters"]) == sorted(shown["parameters"])


@pytest.mark.parametrize(
    ("request_", "param", "message"),
    [
        (
            NewReportRun(report_type="nope.1"),
            "report_type",
            "No such report_type: 'nope.1'. Must be one of: account_usage.child_detailed.1, ",
        ),
        (NewReportRun(report_type="../x"), "report_type", "No such report_type: '../x'."),
        (
            NewReportRun(report_type="balance.summary.1"),
            "parameters[interval_start]",
            "Missing required param: parameters[interval_start].",
        ),
        (new(foo="1"), "parameters[foo]", "Received unknown parameter: parameters[foo]"),
        (new(interval_end="1680000000"), "parameters.interval_start", "`interval_start` must be before"),
        (
            new(interval_end="4000000000"),
            "parameters.interval_end",
            "Data for the report type balance.summary.1 is only available through ",
        ),
    ],
)
def test_what_cannot_be_run_is_refused_and_nothing_is_stored(
    request_: NewReportRun, param: str, message: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        creation.create(TENANT, request_)
    assert refused.value.param == param
    assert refused.value.message.startswith(message)
    assert messages() == []
    assert service.listed(TENANT, CreatedListQuery(), BASE).data == []


def test_a_run_whose_message_cannot_be_sent_is_stored_all_the_same() -> None:
    boto3.client("sqs").delete_queue(QueueUrl=settings().report_runs_queue_url)
    run = creation.create(TENANT, new())
    assert table.get(TENANT, run.id) == run


def test_the_sweeper_queues_what_has_no_message_and_fails_what_is_too_late(
    at: Callable[[datetime], None],
) -> None:
    started = clock.now()
    run = creation.create(TENANT, new())
    assert len(messages()) == 1
    queueing.sweep()
    assert messages() == []
    at(started + timedelta(seconds=leases.FIRST_ATTENTION_SECONDS + 1))
    queueing.sweep()
    queueing.sweep()
    assert [message["run_id"] for message in messages()] == [run.id]
    at(started + timedelta(seconds=DEADLINE_SECONDS + 1))
    queueing.sweep()
    ended = service.retrieve(TENANT, run.id)
    assert (ended.status, ended.error_code) == ("failed", "deadline_exceeded")
    assert messages() == []


def test_runs_are_found_by_their_tenant_only() -> None:
    run = creation.create(TENANT, new())
    assert service.retrieve(TENANT, run.id) == run
    for other in (Tenant("org_a", "live"), Tenant("org_b", "test")):
        with pytest.raises(NotFound, match=f"No such report_run: '{run.id}'"):
            service.retrieve(other, run.id)
        assert service.listed(other, CreatedListQuery(), BASE).data == []


FIRST_SECOND = 1_700_000_000
# Long after the present; runs of `twelve_runs` expire one each second from KEPT_UNTIL + FIRST_SECOND on.
KEPT_UNTIL = 2_000_000_000


@pytest.fixture
def twelve_runs() -> list[str]:
    """The ids of twelve runs, newest first; one every second from FIRST_SECOND on."""
    made = []
    for second in range(FIRST_SECOND, FIRST_SECOND + 12):
        run = ReportRun(
            TENANT,
            ids.new_id("frr", datetime.fromtimestamp(second, UTC)),
            "balance.summary.1",
            {},
            second,
            second + 9,
        )
        table.put(run, expires_at=KEPT_UNTIL + second)
        made.append(run.id)
    return made[::-1]


def page(**query: Any) -> tuple[list[str], bool]:
    answer = service.listed(TENANT, CreatedListQuery.model_validate(query), BASE)
    return [run.id for run in answer.data], answer.has_more


def test_a_list_is_newest_first_and_pages_both_ways(twelve_runs: list[str]) -> None:
    runs = twelve_runs
    assert page() == (runs[:10], True)
    assert page(limit=12) == (runs, False)
    assert page(limit=5, starting_after=runs[4]) == (runs[5:10], True)
    assert page(limit=5, starting_after=runs[6]) == (runs[7:], False)
    assert page(limit=5, starting_after=runs[-1]) == ([], False)
    assert page(limit=5, ending_before=runs[7]) == (runs[2:7], True)
    assert page(limit=5, ending_before=runs[5]) == (runs[:5], False)
    assert page(ending_before=runs[0]) == ([], False)


@pytest.mark.parametrize(
    ("created", "newest", "oldest"),
    [
        ({"gte": FIRST_SECOND + 5}, 11, 5),
        ({"gt": FIRST_SECOND + 5}, 11, 6),
        ({"lt": FIRST_SECOND + 5}, 4, 0),
        ({"lte": FIRST_SECOND + 5}, 5, 0),
        ({"gte": FIRST_SECOND + 2, "lt": FIRST_SECOND + 4}, 3, 2),
        (FIRST_SECOND + 7, 7, 7),
        ({"gt": FIRST_SECOND + 5, "lt": FIRST_SECOND + 6}, 0, 1),
        ({"gte": 10**17}, 0, 1),
    ],
)
def test_created_bounds_are_exact_to_the_second(
    twelve_runs: list[str], created: object, newest: int, oldest: int
) -> None:
    expected = [twelve_runs[11 - age] for age in range(newest, oldest - 1, -1)]
    assert page(limit=100, created=created) == (expected, False)


def test_bounds_and_cursors_combine(twelve_runs: list[str]) -> None:
    runs = twelve_runs
    bounds = {"gte": FIRST_SECOND + 2, "lt": FIRST_SECOND + 10}
    assert page(limit=3, created=bounds, starting_after=runs[3]) == (runs[4:7], True)
    assert page(limit=100, created=bounds, starting_after=runs[3]) == (runs[4:10], False)
    assert page(limit=100, created=bounds, ending_before=runs[3]) == ([runs[2]], False)


@pytest.mark.parametrize("param", ["starting_after", "ending_before"])
def test_an_unknown_or_foreign_cursor_is_refused(param: str) -> None:
    foreign = creation.create(Tenant("org_b", "test"), new())
    for cursor in ("frr_nope", foreign.id, "frr_" + "x" * 5000):
        with pytest.raises(InvalidRequest, match="No such report_run") as refused:
            page(**{param: cursor})
        assert (refused.value.param, refused.value.code) == (param, "resource_missing")


def test_two_cursors_are_refused(twelve_runs: list[str]) -> None:
    with pytest.raises(InvalidRequest, match="both starting_after and ending_before"):
        page(starting_after=twelve_runs[0], ending_before=twelve_runs[1])


def test_a_page_that_dynamodb_cuts_at_a_megabyte_is_not_the_last() -> None:
    columns = [f"payment_metadata[{number:0230}]" for number in range(500)]
    made = []
    for second in range(FIRST_SECOND, FIRST_SECOND + 12):
        run_id = ids.new_id("frr", datetime.fromtimestamp(second, UTC))
        run = ReportRun(TENANT, run_id, "balance.summary.1", {"columns": columns}, second, second + 9)
        table.put(run, expires_at=KEPT_UNTIL)
        made.append(run_id)
    found, has_more = page(limit=12)
    assert 0 < len(found) < 12
    assert has_more
    rest, has_more = page(limit=12, starting_after=found[-1])
    assert (found + rest, has_more) == (made[::-1], False)


# Several times the largest page.
MANY = 600


@pytest.fixture
def many_runs() -> list[str]:
    """The ids of MANY runs, newest first; one every second from FIRST_SECOND on."""
    made, requests = [], []
    for second in range(FIRST_SECOND, FIRST_SECOND + MANY):
        run_id = ids.new_id("frr", datetime.fromtimestamp(second, UTC))
        run = ReportRun(TENANT, run_id, "balance.summary.1", {}, second, second + 9)
        requests.append({"PutRequest": {"Item": table.put_operation(run, expires_at=KEPT_UNTIL)["Item"]}})
        made.append(run_id)
    for first in range(0, MANY, 25):
        batch: dict[str, Any] = {settings().report_runs_table: requests[first : first + 25]}
        assert not clients.dynamodb().batch_write_item(RequestItems=batch)["UnprocessedItems"]
    return made[::-1]


def test_a_list_is_one_query_of_a_page_by_whatever_it_is_filtered_however_many_runs_there_are(
    many_runs: list[str],
) -> None:
    """What a page costs is what it shows: of a million runs the same."""
    calls: list[str] = []
    limits: list[int] = []
    read: list[int] = []
    events = clients.dynamodb().meta.events
    events.register("before-call.dynamodb.*", lambda model, **_: calls.append(model.name))
    events.register(
        "before-parameter-build.dynamodb.Query", lambda params, **_: limits.append(params["Limit"])
    )
    events.register("after-call.dynamodb.Query", lambda parsed, **_: read.append(parsed["ScannedCount"]))
    middle = FIRST_SECOND + MANY // 2
    created: list[Any] = [
        None,
        middle,
        *({bound: middle} for bound in ("gt", "gte", "lt", "lte")),
        {"gte": FIRST_SECOND, "lt": FIRST_SECOND + MANY},
        {"gt": middle, "lte": middle + 5},
    ]
    newest, oldest = many_runs[5], many_runs[-5]
    cursors: list[dict[str, str]] = [
        {},
        *({name: many_runs[MANY // 2]} for name in ("starting_after", "ending_before")),
        {"starting_after": newest},
        {"ending_before": oldest},
    ]
    for limit in (1, 10, 100):
        for cursor in cursors:
            for bounds in created:
                for noted in (calls, limits, read):
                    noted.clear()
                found, _ = page(limit=limit, **cursor, **({} if bounds is None else {"created": bounds}))
                assert len(found) <= limit
                # The cursor is looked up; bounds that leave nothing beyond it need no query.
                assert calls in (["GetItem"] * len(cursor) + ["Query"], ["GetItem"] * len(cursor))
                assert calls[-1:] == ["Query"] or not found
                assert limits == [limit + 2] * calls.count("Query")
                assert all(scanned <= limit + 2 for scanned in read)
    assert page(limit=10)[0] == many_runs[:10]
    assert page(limit=10, ending_before=oldest)[0] == many_runs[-15:-5]


def test_an_expired_run_is_hidden_though_it_is_still_there(
    twelve_runs: list[str], at: Callable[[datetime], None]
) -> None:
    runs = twelve_runs
    at(datetime.fromtimestamp(KEPT_UNTIL + FIRST_SECOND + 7, UTC))  # eight of them have expired
    assert service.retrieve(TENANT, runs[3]).id == runs[3]
    for gone in runs[4:]:
        with pytest.raises(NotFound, match=f"No such report_run: '{gone}'"):
            service.retrieve(TENANT, gone)
    assert page() == (runs[:4], False)
    assert page(limit=3) == (runs[:3], True)
    assert page(limit=4) == (runs[:4], False)
    assert page(limit=2, ending_before=runs[3]) == (runs[1:3], True)
    # Who pages to the end while runs expire goes on behind the last one of the page before.
    assert page(starting_after=runs[6]) == ([], False)
    assert page(limit=3, ending_before=runs[6]) == (runs[1:4], True)
    assert page(limit=3, ending_before=runs[11]) == (runs[1:4], True)


def test_a_run_whose_file_has_expired_has_no_download_url() -> None:
    now = clock.seconds()
    run = ReportRun(TENANT, ids.new_id("frr", clock.now()), "balance.summary.1", {}, now, now + 9)
    file = File("file_1", "results/x.csv", "x.csv", "t", 3, 1, now, now + 100, sha256="ab")
    assert service.shown(replace(run, file=file), BASE).download_url
    ended = service.shown(replace(run, file=replace(file, expires_at=now)), BASE)
    assert (ended.download_url, ended.download_url_expires_at) == (None, None)
    assert ended.result
    assert ended.result.expires_at == now

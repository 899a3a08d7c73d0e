"""Tell what happened: store the event with its deliveries, ask for these to be sent, and put it on the bus."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from runsheet import ids
from runsheet.events import table
from runsheet.events.model import RUN_FAILED, RUN_SUCCEEDED, TYPE_UPDATED, Event, shown
from runsheet.report_runs import service as report_runs
from runsheet.runtime import clients, clock
from runsheet.runtime.base_url import base_url
from runsheet.runtime.settings import settings
from runsheet.webhook_deliveries import queueing
from runsheet.webhook_deliveries import table as webhook_deliveries
from runsheet.webhook_endpoints import table as webhook_endpoints

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from runsheet.report_runs.model import ReportRun
    from runsheet.report_types.model import ReportTypeObject
    from runsheet.tenancy import Tenant


SOURCE = "runsheet"
# EventBridge takes 256 KB in a call, and so in an entry; a run with hundreds of long column names is longer, and is then
# named alone. What an entry has beside its detail is a hundred bytes.
_MAX_DETAIL_BYTES = 250_000
_ENTRIES_PER_CALL = 10


class NotPublished(Exception):
    """The bus did not take an event; the text is EventBridge's code."""


def of_run(run: ReportRun) -> Event:
    """Return the event of a run that has ended: the same, with the same id, each time."""
    kind = RUN_SUCCEEDED if run.status == "succeeded" else RUN_FAILED
    return Event(
        tenant=run.tenant,
        id=ids.derived_id("evt", clock.at(run.ended_at), kind, run.id),
        type=kind,
        created=run.ended_at,
        object=report_runs.recorded(run, base_url()).model_dump(mode="json"),
    )


def of_report_type(tenant: Tenant, report_type: ReportTypeObject, *, change: str, at: int) -> Event:
    """Return the event of a report type that can be run for other intervals than before.

    Args:
        tenant: whose data has changed.
        report_type: as it is now.
        change: what identifies the change: telling it again gives the same id.
        at: when it was made, in unix seconds.
    """
    return Event(
        tenant=tenant,
        id=ids.derived_id("evt", clock.at(at), TYPE_UPDATED, report_type.id, change),
        type=TYPE_UPDATED,
        created=at,
        object=report_type.model_dump(mode="json"),
    )


def record(events: Sequence[Event]) -> list[Event]:
    """Store events of a tenant with a delivery to each endpoint that gets them, once, however often it is called.

    An event and its deliveries are one write: whatever dies behind it leaves deliveries that are due, and the sweeper has
    them sent. An endpoint that is made later does not get the event. Return the events with the endpoints they go to.
    """
    if not events:
        return []
    there = webhook_endpoints.of_tenant(events[0].tenant)
    recorded = [
        replace(event, awaited=frozenset(one.id for one in there if one.gets(event.type))) for event in events
    ]
    deliveries = {
        event.id: [queueing.of(event, endpoint_id) for endpoint_id in sorted(event.awaited)]
        for event in recorded
    }
    new = table.put(
        [
            (event, [webhook_deliveries.put_operation(delivery) for delivery in deliveries[event.id]])
            for event in recorded
        ]
    )
    queueing.queue_all([delivery for event in new for delivery in deliveries[event.id]])
    return recorded


def publish(events: Sequence[Event]) -> None:
    """Put events on the deployment's bus, where they may arrive more than once, each time with the same id.

    Raises:
        NotPublished: the bus did not take all of them: call again.
    """
    for entries in _calls(_entry(event) for event in events):
        answer = clients.events().put_events(Entries=entries)
        if answer["FailedEntryCount"]:
            raise NotPublished(next(one["ErrorCode"] for one in answer["Entries"] if "ErrorCode" in one))


def _calls(entries: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield the entries, as many at once as EventBridge takes."""
    call: list[Any] = []
    size = 0
    for entry in entries:
        length = len(entry["Detail"].encode())
        if call and (len(call) == _ENTRIES_PER_CALL or size + length > _MAX_DETAIL_BYTES):
            yield call
            call, size = [], 0
        call.append(entry)
        size += length
    if call:
        yield call


def _entry(event: Event) -> Any:  # noqa: ANN401 - typed by the client that takes it
    detail = _encoded(event)
    if len(detail) > _MAX_DETAIL_BYTES:
        thin = {name: event.object[name] for name in ("id", "object")}
        detail = _encoded(replace(event, object=thin))
    return {
        "EventBusName": settings().event_bus,
        "Source": SOURCE,
        "DetailType": event.type,
        "Resources": [event.tenant.organisation_id],
        "Time": clock.at(event.created),
        "Detail": detail.decode(),
    }


def _encoded(event: Event) -> bytes:
    body = shown(event).model_dump(mode="json")
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()

"""Bring a local stack up: emulator, deployment, routes, organisations with keys."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from local import emulator
from local.accounts import Accounts
from local.alone import alone
from local.deployment import deploy, physical_ids
from local.place import REGION, STACK_NAME, Details
from local.sample_data import child_organisations, parent_organisation
from local.sample_loading import load_samples

if TYPE_CHECKING:
    from pathlib import Path

    from local.place import Organisation, Place
    from local.progress import Progress


def bring_up(place: Place, progress: Progress, *, until_closed: Path | None = None) -> Details:
    """Make the stack of the place run the sources as they are now, and return what stack.json tells.

    What was there before (records, runs, organisations, keys) is there again.

    Args:
        place: its port and folder.
        progress: is told what is done.
        until_closed: a named pipe; the stack ends when no process holds it open any more.

    Raises:
        LocalStackError: something that the user can mend; the message says what.
    """
    with alone(place.folder):
        return _bring_up(place, progress, until_closed)


def _bring_up(place: Place, progress: Progress, until_closed: Path | None) -> Details:
    if emulator.running(place):
        emulator.check_same_port(place)
    else:
        with progress.step(f"Start the emulator on port {place.port}"):
            emulator.start(place, until_closed=until_closed)
    deploy(place, progress)
    details = place.read_details()
    organisations = details.organisations if details is not None else ()
    are_new = not organisations or not _known(place, organisations)
    if are_new:
        with progress.step("Make three organisations and their keys"):
            organisations = _organisations(place)
    fresh = Details(place.base_url, place.aws_endpoint_url, REGION, STACK_NAME, organisations)
    if are_new:
        # Before they are written down: when this fails, the next `make up` begins with new ones.
        load_samples(fresh, progress)
    if fresh != details:
        place.write_details(fresh)
    return fresh


def _organisations(place: Place) -> tuple[Organisation, ...]:
    today = datetime.now(UTC).date()
    accounts = Accounts(place)
    try:
        parent = accounts.create(parent_organisation(today))
        return parent, *map(accounts.create, child_organisations(today, parent.id))
    finally:
        accounts.close()


def _known(place: Place, organisations: tuple[Organisation, ...]) -> bool:
    """Return whether the emulator has them: it forgets all when it is killed before it was ever stopped."""
    dynamodb = place.session().client("dynamodb", endpoint_url=place.aws_endpoint_url)
    table = physical_ids(place)["OrganisationsTable"]
    return all(
        "Item" in dynamodb.get_item(TableName=table, Key={"id": {"S": one.id}}) for one in organisations
    )

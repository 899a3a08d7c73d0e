"""A local stack for the tests: its own port, its own folder, one for all processes of a test run.

The emulator ends when no process of the run holds its pipe open any more, so it ends however the run does.
"""

from __future__ import annotations

import os
import shutil
import socket
import time
from typing import TYPE_CHECKING

import pytest

from local import emulator
from local.accounts import Accounts
from local.alone import alone
from local.place import ROOT, Place
from local.progress import Silent
from local.up import bring_up
from runsheet.organisations.model import NewOrganisation

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from local.place import Details, Organisation

# From so many records on a run goes to Athena: more than any but the tests of that have.
ATHENA_ROWS = 20_000
_RUNS = ROOT / ".local" / "tests"
# What is left of a run is its log.
_LOGS_KEPT_SECONDS = 24 * 60 * 60


def pytest_collection_finish(session: pytest.Session) -> None:
    """Hold the pipe before any process of this run has begun to test."""
    if any("place" in getattr(item, "fixturenames", ()) for item in session.items):
        folder = _folder_of_this_run()
        pipe = folder / "pipe"
        with alone(folder):
            if not pipe.exists():
                os.mkfifo(pipe)
        # Open for both, as opening for writing alone waits for a reader. It is closed when this process ends.
        os.open(pipe, os.O_RDWR)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show with a test that failed what the functions wrote."""
    report = yield
    log = _folder_of_this_run() / "emulator.log"
    if report.failed and "place" in getattr(item, "fixturenames", ()) and log.exists():
        lines = log.read_text(errors="replace").splitlines()[-30:]
        report.sections.append(("the local stack's log, its last lines", "\n".join(lines)))
    return report


@pytest.fixture(scope="session")
def place() -> Place:
    """A running local stack of this test run."""
    folder = _folder_of_this_run()
    with alone(folder):
        port_file = folder / "port"
        if not port_file.exists():
            _forget_old_runs()
            port_file.write_text(str(_free_port()))
    place = Place(folder, int(port_file.read_text()), (("AthenaRows", str(ATHENA_ROWS)),))
    bring_up(place, Silent(), until_closed=folder / "pipe")
    return place


@pytest.fixture(scope="session")
def details(place: Place) -> Details:
    """What stack.json of the stack says."""
    found = place.read_details()
    assert found is not None
    return found


@pytest.fixture(scope="session")
def accounts(place: Place) -> Iterator[Accounts]:
    """What makes organisations on the stack, with a key of every kind."""
    running = Accounts(place)
    yield running
    running.close()


@pytest.fixture
def organisation(accounts: Accounts) -> Organisation:
    """An organisation of the test's own, without records."""
    return accounts.create(NewOrganisation("Fabrikam", "Europe/Vienna"))


def _folder_of_this_run() -> Path:
    return _RUNS / os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))


def _forget_old_runs() -> None:
    for folder in _RUNS.iterdir():
        old = time.time() - folder.stat().st_mtime > _LOGS_KEPT_SECONDS
        if old and not emulator.running(Place(folder, 0)):
            shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

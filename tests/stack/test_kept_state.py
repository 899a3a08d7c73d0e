"""A local stack that is stopped and started again has what it had."""

from __future__ import annotations

import socket
import stat
from typing import TYPE_CHECKING

import httpx
import pytest

from local import emulator
from local.errors import LocalStackError
from local.place import Place
from local.progress import Silent
from local.up import bring_up

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.stack


def test_a_stack_keeps_records_runs_and_keys(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        place = Place(tmp_path, probe.getsockname()[1])
    try:
        first = bring_up(place, Silent())
        auth = (first.organisations[0].test_key, "")
        runs = f"{place.base_url}/v1/reporting/report_runs"
        body = {
            "report_type": "balance.summary.1",
            "parameters[interval_start]": "1767225600",
            "parameters[interval_end]": "1769904000",
        }
        run = httpx.post(runs, auth=auth, data=body, timeout=60).raise_for_status().json()

        with pytest.raises(LocalStackError, match=f"Port {place.port} is taken"):
            emulator.check_port(place.port)
        assert emulator.stop(place)
        assert not emulator.running(place)
        assert not emulator.stop(place)

        assert bring_up(place, Silent()) == first
        assert httpx.get(f"{runs}/{run['id']}", auth=auth, timeout=60).json()["id"] == run["id"]
        assert stat.S_IMODE(place.details_file.stat().st_mode) == 0o600
    finally:
        emulator.stop(place)

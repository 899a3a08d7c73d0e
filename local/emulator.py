"""Start and stop the emulator, as a process of its own that outlives the command that started it."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

import httpx

from local.errors import LocalStackError
from local.interpreter import function_interpreter
from local.place import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local.place import Place

_START_SECONDS = 60
# It writes its whole state on the way out.
_STOP_SECONDS = 60
# What of the user's environment the emulator, and so every function, gets. AWS gives a function none of it.
_INHERITED = ("PATH", "HOME", "LANG", "SSL_CERT_FILE", "SSL_CERT_DIR")


def start(place: Place, *, until_closed: Path | None = None) -> None:
    """Start the emulator and wait until it answers. The port may be another one than last time.

    Args:
        place: its port and folder; what was kept in the folder is there again.
        until_closed: a named pipe; the emulator ends, and forgets all, when no process holds it open any more.

    Raises:
        LocalStackError: the port is taken, or the emulator did not start.
    """
    check_port(place.port)
    place.folder.mkdir(parents=True, exist_ok=True)
    _move_state(place)
    shutil.rmtree(_scratch(place), ignore_errors=True)
    _scratch(place).mkdir()
    command = [sys.executable, "-m", "local.emulator_process", str(_lock_file(place))]
    if until_closed is not None:
        command.append(str(until_closed))
    with place.log_file.open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=_environment(place, kept="0" if until_closed else "1"),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _wait_until_healthy(place, process)
    process.returncode = 0  # it outlives this process, so nobody is to wait for it


def stop(place: Place) -> bool:
    """Stop the emulator that was started in this place; its state is kept. False if there was none running.

    Raises:
        LocalStackError: it does not end.
    """
    if not running(place):
        return False
    # The process that holds the lock wrote its id, so no other program is ever signalled.
    process_id = _process_and_port(place)[0]
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(process_id, number)
        deadline = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < deadline:
            if not running(place):
                shutil.rmtree(_scratch(place), ignore_errors=True)
                return True
            time.sleep(0.05)
    raise LocalStackError(f"The emulator (process {process_id}) does not end.")


def running(place: Place) -> bool:
    """Return whether the emulator of this place runs."""
    try:
        file = _lock_file(place).open("rb")
    except FileNotFoundError:
        return False
    with file, _unless_held(file) as free:
        return not free


def check_same_port(place: Place) -> None:
    """Raise if the emulator of this place runs on another port.

    Raises:
        LocalStackError: it does.
    """
    port = _process_and_port(place)[1]
    if port != place.port:
        raise LocalStackError(f"The local stack runs on port {port}. Stop it first: make down")


def healthy(place: Place) -> bool:
    """Return whether an emulator answers at the place's port."""
    try:
        return httpx.get(f"{place.aws_endpoint_url}/_ministack/ready", timeout=5, trust_env=False).is_success
    except httpx.TransportError:
        return False


def check_port(port: int) -> None:
    """Raise unless the port is free.

    Raises:
        LocalStackError: another program listens there.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as refused:
            raise LocalStackError(
                f"Port {port} is taken by another program. Stop it, or choose another port: "
                f"make up RUNSHEET_PORT={port + 1}"
            ) from refused


def _wait_until_healthy(place: Place, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if healthy(place):
            return
        time.sleep(0.1)
    with suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
    process.wait()
    lines = place.log_file.read_text(errors="replace").splitlines()[-20:]
    raise LocalStackError("\n".join(["The emulator did not start. The end of its log:", *lines]))


def _environment(place: Place, kept: str) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return (
        inherited
        | place.aws_environment()
        | {
            "GATEWAY_PORT": str(place.port),
            "BIND_HOST": "127.0.0.1",
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "AUTH": "true",
            "PERSIST_STATE": kept,
            "STATE_DIR": str(place.folder / "state"),
            "S3_PERSIST": kept,
            "S3_DATA_DIR": str(place.folder / "s3"),
            "TMPDIR": str(_scratch(place)),
            # Functions run as processes; a Docker daemon, where there is one, is left alone.
            "DOCKER_HOST": f"unix://{_scratch(place) / 'no-docker.sock'}",
            "LAMBDA_EXECUTOR": "local",
            "MINISTACK_REGION": place.aws_environment()["AWS_REGION"],
            "RUNSHEET_FUNCTION_INTERPRETER": str(function_interpreter()),
            "PYTHONUNBUFFERED": "1",
        }
    )


@contextmanager
def _unless_held(file: IO[bytes]) -> Iterator[bool]:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
        return
    yield True
    fcntl.flock(file, fcntl.LOCK_UN)


def _move_state(place: Place) -> None:
    """Make the kept state good for another port: the emulator finds a queue by its URL, which has the port in it."""
    if not _lock_file(place).exists():
        return
    port = _process_and_port(place)[1]
    if port != place.port:
        for file in (place.folder / "state").glob("*.json"):
            text = file.read_text()
            moved = text.replace(f"http://localhost:{port}/", f"http://localhost:{place.port}/")
            if moved != text:
                file.write_text(moved)


def _process_and_port(place: Place) -> tuple[int, int]:
    process_id, port = _lock_file(place).read_text().split()
    return int(process_id), int(port)


def _lock_file(place: Place) -> Path:
    return place.folder / "emulator.lock"


def _scratch(place: Place) -> Path:
    return place.folder / "tmp"

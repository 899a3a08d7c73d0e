"""The emulator's process: python -m local.emulator_process LOCK_FILE [PIPE].

It holds an exclusive lock on the lock file for as long as it lives, and writes its process id and port there.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ministack import app
from ministack.core import iam_actions
from ministack.services import lambda_svc

from local import emulator_athena

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Serve = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


def main(lock_file: Path, pipe: Path | None) -> None:
    """Run the emulator until it is told to stop, or until nobody holds the pipe open any more."""
    with lock_file.open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        lock.truncate(0)
        lock.write(f"{os.getpid()} {os.environ['GATEWAY_PORT']}")
        lock.flush()
        if pipe is not None:
            # Opened here, where the starter still holds its end: without any writer it would read as closed.
            descriptor = os.open(pipe, os.O_RDONLY)
            threading.Thread(
                target=_end_when_closed, args=(descriptor, lock_file.parent), daemon=True
            ).start()
        # The emulator runs functions with this interpreter. Its own would offer them every development package.
        sys.executable = os.environ.pop("RUNSHEET_FUNCTION_INTERPRETER")
        sys.argv = ["ministack"]
        _need_the_rights_that_aws_knows()
        _read_streams_from_their_start()
        emulator_athena.install()
        app.app = _ending_at_once(_behind_tls(app.app))
        app.main()


def _need_the_rights_that_aws_knows() -> None:
    """Ask for the rights that AWS asks for.

    A batched call of SQS needs the right to the single one, as AWS has none of its own. Sending a mail needs the right
    to the sender's identity, and looking at a query of Athena that to its work group, where the emulator asks for the
    right to everything.
    """
    action_of, resource_of = iam_actions.extract_iam_action, iam_actions.extract_resource_arn

    def action_in_aws(service: str, *arguments: Any, **options: Any) -> str:  # noqa: ANN401 - the emulator's own
        action: str = action_of(service, *arguments, **options)
        return action.removesuffix("Batch") if service == "sqs" else action

    def resource_in_aws(service: str, method: str, path: str, *others: Any, **options: Any) -> str:  # noqa: ANN401
        if service == "ses" and path.endswith("/outbound-emails"):
            _headers, body, _query, region, account = others
            return f"arn:aws:ses:{region}:{account}:identity/{json.loads(body).get('FromEmailAddress', '')}"
        if service == "athena":
            query_id = json.loads(others[1] or "{}").get("QueryExecutionId", "")
            workgroup = emulator_athena.workgroup_of(query_id)
            if workgroup is not None:
                return f"arn:aws:athena:{others[3]}:{others[4]}:workgroup/{workgroup}"
        resource: str = resource_of(service, method, path, *others, **options)
        return resource

    iam_actions.extract_iam_action = action_in_aws
    iam_actions.extract_resource_arn = resource_in_aws


def _read_streams_from_their_start() -> None:
    """Forget how far streams were read: the emulator keeps that over a restart, but not the streams."""
    restore = lambda_svc.load_persisted_state

    def restore_without_positions(state: dict[str, Any]) -> None:
        restore({name: value for name, value in state.items() if name != "dynamodb_stream_positions"})

    lambda_svc.load_persisted_state = restore_without_positions


def _behind_tls(serve: Serve) -> Serve:
    """Let every request come as if by way of a TLS proxy: the buckets' policies refuse plain HTTP."""

    async def serve_as_tls(scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI's own
        if scope["type"] == "http":
            scope = scope | {"headers": [*scope["headers"], (b"x-forwarded-proto", b"https")]}
        await serve(scope, receive, send)

    return serve_as_tls


def _ending_at_once(serve: Serve) -> Serve:
    """End the process as soon as its state is saved: it would wait for functions that still run, up to 15 minutes."""

    async def serve_and_end(scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI's own
        async def send_and_end(message: dict[str, Any]) -> None:
            if message["type"] == "lifespan.shutdown.complete":
                os._exit(0)
            await send(message)

        await serve(scope, receive, send_and_end if scope["type"] == "lifespan" else send)

    return serve_and_end


def _end_when_closed(descriptor: int, folder: Path) -> None:
    os.read(descriptor, 1)
    for entry in ("tmp", "state", "s3", "sam"):
        shutil.rmtree(folder / entry, ignore_errors=True)
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)

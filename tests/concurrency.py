"""Calls of AWS as concurrent processes make them: each is atomic, and between two of one process come those of others.

moto alone is neither: a conditional write of its reads and writes in two steps, between which a thread may be put aside.
"""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from unittest.mock import patch

from botocore.client import BaseClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Result = TypeVar("Result")


@contextmanager
def atomic_calls(*, pause: float = 0.002) -> Iterator[list[str]]:
    """Make every call of AWS atomic, with a random pause of up to `pause` seconds before it; yield the calls' names."""
    lock = threading.Lock()
    made: list[str] = []
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def alone(client: Any, operation: str, request: dict[str, Any]) -> Any:
        if pause:
            time.sleep(random.random() * pause)  # noqa: S311 - no secret
        with lock:
            made.append(operation)
            return call(client, operation, request)

    with patch.object(BaseClient, "_make_api_call", alone):
        yield made


def at_once(tasks: list[Callable[[], Result]]) -> list[Result]:
    """Run tasks in as many threads, all of which begin together, and return their results."""
    ready = threading.Barrier(len(tasks))

    def begin(task: Callable[[], Result]) -> Result:
        ready.wait()
        return task()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(begin, tasks))

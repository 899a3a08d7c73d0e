"""Say what is being done, and how long it took."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Progress:
    """Steps on standard output: the step when it begins, its seconds when it ends."""

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Announce a step and, after the body, its duration."""
        print(f"  {what} …", end="", flush=True)
        started = time.monotonic()
        try:
            yield
        except BaseException:
            print(flush=True)
            raise
        print(f" {time.monotonic() - started:.1f} s", flush=True)

    @contextmanager
    def bar(self, what: str) -> Iterator[Callable[[float], None]]:
        """Announce a step whose body tells how far it is, 0 to 1, by calling what it is given."""
        bar = Bar(TextColumn("  {task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        with bar:
            task = bar.add_task(what, total=1)
            yield lambda done: bar.update(task, completed=done)

    def say(self, line: str = "") -> None:
        """Print a line."""
        print(line, flush=True)


class Silent(Progress):
    """Steps that nobody watches."""

    @contextmanager
    def step(self, what: str) -> Iterator[None]:  # noqa: ARG002 - it is not shown
        """Do the body."""
        yield

    @contextmanager
    def bar(self, what: str) -> Iterator[Callable[[float], None]]:  # noqa: ARG002 - it is not shown
        """Do the body."""
        yield lambda _done: None

    def say(self, line: str = "") -> None:
        """Print nothing."""


def fail(message: str) -> None:
    """Print why the command ends here."""
    print(message, file=sys.stderr, flush=True)

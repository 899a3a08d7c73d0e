"""The next send of a schedule, against croniter for the same cron expression in the same zone, in one process.

    python benchmarks/next_send.py [--rounds 7]

croniter is measured twice: as dispatchers call it, with the text of the expression, and `get_next` alone, with the
expression parsed beforehand. The aim is a twentieth of the first; the second is there to be fair. All go over the same
instants, taking turns; the figure is the best of the rounds, on a busy machine too. The last column counts where they
disagree: croniter sends twice where a time is shown twice.
"""

from __future__ import annotations

import argparse
import platform
import random
import time
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from importlib.metadata import version
from typing import TYPE_CHECKING

from croniter import croniter

from runsheet.schedule import Schedule, next_send, zone

if TYPE_CHECKING:
    from collections.abc import Callable

AIM = 20
_INSTANTS = 300
_CASES = [
    ("30 8 * * *", Schedule("daily", clock(8, 30), 0, 1, "Europe/Berlin")),
    ("30 2 * * *", Schedule("daily", clock(2, 30), 0, 1, "America/New_York")),
    ("0 8 * * 5", Schedule("weekly", clock(8), 4, 1, "Asia/Kathmandu")),
    ("0 0 1 * *", Schedule("monthly", clock(0), 0, 1, "Australia/Lord_Howe")),
    ("30 23 L * *", Schedule("monthly", clock(23, 30), 0, "last", "America/Sao_Paulo")),
]


def main() -> int:
    """Print a line per schedule; return 1 if one misses the aim."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    print(f"{platform.machine()}, Python {platform.python_version()}, croniter {version('croniter')}")
    print(f"microseconds a call, {rounds} rounds of {_INSTANTS} instants from 2026 to 2028")
    print(
        f"{'cron':12} {'zone':20} {'next_send':>9} {'croniter':>9} {'ratio':>6} {'get_next':>9} {'ratio':>6} differ"
    )
    missed = False
    for cron, schedule in _CASES:
        ours, parsing, parsed, differ = _measured(cron, schedule, rounds)
        missed |= parsing < AIM * ours
        print(
            f"{cron:12} {schedule.timezone:20} {ours:9.2f} {parsing:9.1f} {parsing / ours:5.0f}x"
            f" {parsed:9.1f} {parsed / ours:5.0f}x {differ:6}",
            flush=True,
        )
    return int(missed)


def _measured(cron: str, schedule: Schedule, rounds: int) -> tuple[float, float, float, int]:
    """Return the microseconds a call of ours, of croniter from the text on, of its get_next; and how often they differ."""
    numbers = random.Random(cron)  # noqa: S311 - the same instants each time
    start = datetime(2026, 1, 1, tzinfo=UTC)
    instants = [start + timedelta(seconds=numbers.randrange(2 * 365 * 86400)) for _ in range(_INSTANTS)]
    local = [instant.astimezone(zone(schedule.timezone)) for instant in instants]
    ready = croniter(cron, local[0])

    def ours() -> list[datetime]:
        return [next_send(schedule, instant) for instant in instants]

    def parsing() -> list[datetime]:
        return [croniter(cron, instant).get_next(datetime) for instant in local]

    def parsed() -> list[datetime]:
        return [ready.get_next(datetime, start_time=instant) for instant in local]

    taken = [[_taken(ours), _taken(parsing), _taken(parsed)] for _ in range(rounds)]
    best = [min(times) for times in zip(*taken, strict=True)]
    differ = sum(
        mine.timestamp() != theirs.timestamp() for mine, theirs in zip(ours(), parsing(), strict=True)
    )
    return best[0], best[1], best[2], differ


def _taken(call: Callable[[], list[datetime]]) -> float:
    started = time.perf_counter()
    count = len(call())
    return (time.perf_counter() - started) / count * 1e6


if __name__ == "__main__":
    raise SystemExit(main())

"""How long another organisation's run waits behind 10,000 runs of one, by a simulated clock.

    python benchmarks/fairness.py [--workers 100] [--queued 10000] [--seconds 30] [--limit 50]

With and without groups, and with and without the limit of an organisation's runs that are worked on at once.

Simulated: workers that take a message whenever they are free, as Lambda does with a MaximumConcurrency, and SQS by its
documented rule of fair queues: a group is noisy with more than 10 % of the messages in flight and at least 30 of them, or
with more than 10 % of the recent processing time; messages of groups that are not noisy come first, oldest first. Without
groups messages come oldest first. A run over the limit takes a worker for as long as it takes to leave it waiting, and is
queued again when one of its organisation ends. Not simulated: that SQS is distributed, and its measures approximate.
"""

from __future__ import annotations

import argparse
import heapq
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from itertools import islice
from math import inf

_SHARE, _IN_FLIGHT, _RECENT_SECONDS = 0.1, 30, 300
_TURNED_AWAY_SECONDS = 0.05


@dataclass
class Queue:
    """A standard queue: `fair` if its messages carry groups."""

    fair: bool
    waiting: dict[str, deque[tuple[float, float]]] = field(default_factory=dict)
    in_flight: Counter[str] = field(default_factory=Counter)
    worked: deque[tuple[float, str, float]] = field(default_factory=deque)
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    def send(self, group: str, now: float, asked: float) -> None:
        """Put a message in, for a run that was asked for at `asked`."""
        self.waiting.setdefault(group, deque()).append((now, asked))

    def receive(self, now: float) -> tuple[str, float] | None:
        """Take the next message out: its group, and when its run was asked for."""
        groups = [group for group, sent in self.waiting.items() if sent]
        if not groups:
            return None
        chosen = min(
            groups, key=lambda group: (self.fair and self.is_noisy(group, now), self.waiting[group][0])
        )
        self.in_flight[chosen] += 1
        return chosen, self.waiting[chosen].popleft()[1]

    def delete(self, group: str, now: float, seconds: float) -> None:
        """Note that a message was worked on for so long."""
        self.in_flight[group] -= 1
        self.worked.append((now, group, seconds))
        self.seconds[group] += seconds

    def is_noisy(self, group: str, now: float) -> bool:
        """Whether the group takes more than its part, by either measure."""
        while self.worked and self.worked[0][0] < now - _RECENT_SECONDS:
            _, old, seconds = self.worked.popleft()
            self.seconds[old] -= seconds
        own, all_in_flight = self.in_flight[group], self.in_flight.total()
        if own >= _IN_FLIGHT and own > _SHARE * all_in_flight:
            return True
        return self.seconds[group] > _SHARE * sum(self.seconds.values())


@dataclass
class Limit:
    """So many runs of a group are worked on at once (0 for no limit); the others wait until one ends."""

    most: int
    working: Counter[str] = field(default_factory=Counter)
    waiting: defaultdict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def enter(self, group: str, asked: float) -> bool:
        """Count a run, or leave it waiting."""
        if self.most and self.working[group] >= self.most:
            self.waiting[group].append(asked)
            return False
        self.working[group] += 1
        return True

    def leave(self, group: str) -> float | None:
        """Count a run no longer, and return when the next was asked for that is to be queued again; None for none."""
        self.working[group] -= 1
        return self.waiting[group].popleft() if self.waiting[group] else None


def waits(
    *, fair: bool, workers: int, seconds: float, sent: list[tuple[float, str]], limit: int = 0
) -> dict[str, list[float]]:
    """Return how long each group's messages waited for a worker.

    Args:
        fair: whether messages carry groups.
        workers: that work at once.
        seconds: that a message takes.
        sent: when and for which group each message is sent.
        limit: of a group's runs that are worked on at once; 0 for none.
    """
    queue, limited = Queue(fair), Limit(limit)
    waited: dict[str, list[float]] = {group: [] for _, group in sent}
    arrivals = deque(sorted(sent))
    busy: list[tuple[float, str, bool]] = []
    now = 0.0
    while arrivals or busy:
        now = min(*(when for when, _ in islice(arrivals, 1)), *(when for when, _, _ in busy[:1]), inf)
        while busy and busy[0][0] <= now:
            _, group, entered = heapq.heappop(busy)
            queue.delete(group, now, seconds if entered else _TURNED_AWAY_SECONDS)
            if entered and (asked := limited.leave(group)) is not None:
                queue.send(group, now, asked)
        while arrivals and arrivals[0][0] <= now:
            when, group = arrivals.popleft()
            queue.send(group, when, when)
        while len(busy) < workers and (taken := queue.receive(now)) is not None:
            group, asked = taken
            if limited.enter(group, asked):
                waited[group].append(now - asked)
                heapq.heappush(busy, (now + seconds, group, True))
            else:
                heapq.heappush(busy, (now + _TURNED_AWAY_SECONDS, group, False))
    return waited


def scenario(queued: int, *, others: int = 20) -> list[tuple[float, str]]:
    """Return what is sent: one organisation's runs at once, and one run of each of others within the next minutes."""
    return [(0.0, "loud")] * queued + [(5.0 + 7.3 * number, f"quiet {number}") for number in range(others)]


def main() -> None:
    """Print how long the others' runs wait."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workers", type=int, default=100)
    parser.add_argument("--queued", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--limit", type=int, default=50)
    options = parser.parse_args()
    print(
        f"{options.queued} runs of one organisation of {options.seconds:.0f} s each; one run of each of 20 others; "
        f"{options.workers} workers"
    )
    for fair in (False, True):
        for limit in (0, options.limit):
            found = waits(
                fair=fair,
                workers=options.workers,
                seconds=options.seconds,
                sent=scenario(options.queued),
                limit=limit,
            )
            quiet = sorted(wait for group, all_of in found.items() if group != "loud" for wait in all_of)
            print(
                f"{'groups   ' if fair else 'no groups'}, {f'{limit} at once' if limit else 'no limit':10}: the others wait "
                f"{quiet[len(quiet) // 2]:8.1f} s in the middle, {quiet[-1]:8.1f} s at most; "
                f"the loud one's last {max(found['loud']):8.1f} s"
            )


if __name__ == "__main__":
    main()

"""How late runs start when 2 of 10 million configs are due at one instant: the dispatchers simulated, second by second.

    python benchmarks/dispatch_at_scale.py [--configs 10000000] [--due 2000000] [--measure]

Measured (benchmarks/dispatch.py; `--measure` measures it anew): how many claims a second one dispatcher makes. From the
code: the shards, 25 claims to a transaction, a dispatcher's 300 s, a tick every 900 s, what a claim writes where. From
AWS's documentation: 1,000 write units a second for a partition, so for one value of an index's key; 4,000 a second for a
new on-demand table, more only after it has seen more; a throttled write is tried again.

Not simulated: bursts beyond a partition's rate, that DynamoDB may split a busy value by its sort key (both make it faster),
and the workers behind the queue (docs/scale.md).
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace

_PARTITION_UNITS = 1_000
_TICK_SECONDS, _TIMEOUT_SECONDS = 900, 300
# In index `due` a claim moves an entry of at most 1 KB: one unit to take it out, one to put it in.
_DUE_UNITS = 2
# In index `unfinished` a new run is one entry.
_UNFINISHED_UNITS = 1
# In the table of runs an item of 2 KB, in a transaction; in that of configs one of 1 KB.
_RUN_UNITS, _CONFIG_UNITS = 4, 2


@dataclass(frozen=True)
class Deployment:
    """What the dispatchers run against; the defaults are template.yaml's and the code's.

    Attributes:
        shards: of configs; each has a dispatcher.
        unfinished: shards of the index of unfinished work.
        claims_a_second: of one dispatcher, by its processor.
        table_units: write units a second that the table of runs takes, or the warm throughput that it was given.
    """

    shards: int = 16
    unfinished: int = 16
    claims_a_second: float = 1_100
    table_units: float = 4_000

    def limits(self) -> dict[str, float]:
        """Return how many claims a second each part lets through, of all shards together."""
        return {
            "processor": self.shards * self.claims_a_second,
            "index due": self.shards * _PARTITION_UNITS / _DUE_UNITS,
            "index unfinished": self.unfinished * _PARTITION_UNITS / _UNFINISHED_UNITS,
            "table of runs": self.table_units / _RUN_UNITS,
            "table of configs": max(self.table_units, 4_000) / _CONFIG_UNITS,
        }


@dataclass(frozen=True)
class Outcome:
    """How late the runs were queued, in seconds: the middle one, 99 of 100, the last; and what held them up."""

    middle: int
    most: int
    last: int
    narrowest: str


def simulate(deployment: Deployment, due: int) -> Outcome:
    """Return how late the runs of so many configs are queued that are due at one instant, evenly over the shards."""
    limits = deployment.limits()
    narrowest = min(limits, key=limits.__getitem__)
    rate = limits[narrowest] / deployment.shards
    left = due / deployment.shards
    of_shard, second = left, 0
    late: dict[float, int] = {}
    while left > 0:
        # A dispatcher that is cut off leaves the rest to that of the next tick.
        if second % _TICK_SECONDS < _TIMEOUT_SECONDS:
            left -= rate
        second += 1
        done = 1 - max(0.0, left) / of_shard
        for share in (0.5, 0.99, 1.0):
            if done >= share:
                late.setdefault(share, second)
    return Outcome(late.get(0.5, 0), late.get(0.99, 0), late.get(1.0, 0), narrowest)


def main() -> None:
    """Print a line for each deployment."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--configs", type=int, default=10_000_000)
    parser.add_argument("--due", type=int, default=2_000_000)
    parser.add_argument(
        "--measure", action="store_true", help="measure claims a second on this machine first"
    )
    options = parser.parse_args()
    now = Deployment()
    if options.measure:
        from dispatch import measure  # noqa: PLC0415 - it needs the package

        now = replace(now, claims_a_second=measure(1, 20_000).a_second)
    warm = replace(now, table_units=100_000)
    print(
        f"{options.due:,} of {options.configs:,} configs due at once, {now.claims_a_second:.0f} claims/s a dispatcher"
    )
    for name, deployment in {
        "tables that are new": now,
        "tables warmed to 100,000 units": warm,
        "the same, unfinished work in 4 shards, as it was": replace(warm, unfinished=4),
        "the same, 64 shards of each": replace(warm, shards=64, unfinished=64),
    }.items():
        found = simulate(deployment, options.due)
        print(
            f"{name:50} half in {found.middle:5} s, 99 % in {found.most:5} s, the last in {found.last:5} s "
            f"({found.narrowest})"
        )
    idle = now.shards * 0.5
    print(
        f"a tick with nothing due: {now.shards} queries, {idle:.0f} read units, whatever the number of configs"
    )


if __name__ == "__main__":
    main()

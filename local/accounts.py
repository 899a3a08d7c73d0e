"""Make organisations with their keys on a running stack: python -m local.accounts, a JSON object a line.

Every line of the input is a new organisation (`{"name": …, "timezone": …}`, and NewOrganisation's other fields),
every line of the output the organisation made, with its keys (local.place.Organisation). It is a process of its own
because the package reads the environment of a function, once.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

from local.deployment import physical_ids
from local.place import ROOT, Organisation
from runsheet.api_keys import service as api_keys
from runsheet.organisations import service as organisations
from runsheet.organisations.model import NewOrganisation
from runsheet.tenancy import Tenant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local.place import Place


class Accounts:
    """A running `python -m local.accounts`."""

    def __init__(self, place: Place) -> None:
        """Start it for the stack of the place."""
        ids = physical_ids(place)
        tables = {"ORGANISATIONS_TABLE": ids["OrganisationsTable"], "API_KEYS_TABLE": ids["ApiKeysTable"]}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "local.accounts"],
            cwd=ROOT,
            env=place.environment() | tables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def create(self, new: NewOrganisation) -> Organisation:
        """Make an organisation and a key of every kind."""
        assert self._process.stdin is not None  # noqa: S101 - for the type checker
        assert self._process.stdout is not None  # noqa: S101
        self._process.stdin.write(json.dumps(asdict(new), default=date.isoformat) + "\n")
        self._process.stdin.flush()
        return Organisation(**json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def create(new: NewOrganisation) -> Organisation:
    """Make an organisation and a key of every kind in the tables that the environment names."""
    made = organisations.create(new)
    _, test_key = api_keys.create(Tenant(made.id, "test"), "secret", "local stack, test")
    _, live_key = api_keys.create(Tenant(made.id, "live"), "secret", "local stack, live")
    _, pair = api_keys.create(Tenant(made.id, "live"), "access", "local stack, usage")
    access_id, _, access_key = pair.partition(":")
    return Organisation(made.id, made.name, made.timezone, test_key, live_key, access_id, access_key)


def _main(lines: Iterable[str]) -> None:
    for line in lines:
        fields: dict[str, Any] = json.loads(line)
        for day in ("subscription_start", "subscription_end"):
            if fields.get(day):
                fields[day] = date.fromisoformat(fields[day])
        print(json.dumps(asdict(create(NewOrganisation(**fields)))), flush=True)


if __name__ == "__main__":
    _main(sys.stdin)

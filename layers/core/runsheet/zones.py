"""Time zones from the pinned tzdata package, whatever the machine's own database says: the same everywhere."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

# The contract of reports allows a name that has left the database.
_RENAMED = {"US/Pacific-New": "America/Los_Angeles"}


@cache
def names() -> frozenset[str]:
    """Return every IANA zone name and alias that the tzdata package knows.

    `zoneinfo.available_timezones()` also lists what the machine adds (`localtime`, `posix/…`).
    """
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="ascii").split())


def is_zone(name: str) -> bool:
    """Return whether `zone` knows the name."""
    return _RENAMED.get(name, name) in names()


@cache
def zone(name: str) -> ZoneInfo:
    """Return the zone of an IANA name.

    Raises:
        ValueError: there is no such zone.
    """
    name = _RENAMED.get(name, name)
    if name not in names():
        raise ValueError(f"no time zone is called {name[:60]!r}")
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)

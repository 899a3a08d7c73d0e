"""Warns when the time zones in the layers are old: countries change their clocks at a few weeks' notice.

Nothing in the package says when its data were published: a version is a year and a number, and files bear the day of
their installation. The day stands in pyproject.toml, beside the version that it is the day of.
"""

from __future__ import annotations

import sys
import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
# Half a year: IANA publishes three to six times a year.
MAX_AGE = timedelta(days=183)


@dataclass(frozen=True, slots=True)
class Release:
    """The release of the tzdata package that the locks pin, and the day on which IANA published its data."""

    version: str
    released: date


def main() -> int:
    """Print the warning to stderr, if there is one; return 0 always, because time alone must not fail a build."""
    warning = warn(pinned(), datetime.now(UTC).date())
    if warning is not None:
        print(warning, file=sys.stderr)
    return 0


def pinned() -> Release:
    """Return what pyproject.toml says; a test holds it against the locks."""
    table = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["tool"]["runsheet"]["tzdata"]
    return Release(table["version"], table["released"])


def warn(release: Release, today: date) -> str | None:
    """Return the warning of a day, in one line; None while the release is young enough."""
    if today - release.released <= MAX_AGE:
        return None
    return (
        f"warning: the time zones (tzdata {release.version}) are of {release.released}, more than six months old:"
        " reports may be sent at a wrong hour. make lock UPGRADE=1 takes the newest; then set its version and day in"
        " pyproject.toml ([tool.runsheet.tzdata]; https://www.iana.org/time-zones)."
    )


if __name__ == "__main__":
    raise SystemExit(main())

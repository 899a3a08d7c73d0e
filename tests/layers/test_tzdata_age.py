"""The age of the time zones: by the day that stands beside the version, and that version is the locked one."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from layers import tzdata_age
from layers.tzdata_age import MAX_AGE, Release, pinned, warn

ROOT = Path(__file__).resolve().parents[2]
RELEASE = Release("2026.6", date(2026, 10, 28))


def test_half_a_year_is_no_reason_to_warn() -> None:
    assert warn(RELEASE, RELEASE.released) is None
    assert warn(RELEASE, RELEASE.released + MAX_AGE) is None


def test_a_day_more_is_one_and_says_what_to_do() -> None:
    warning = warn(RELEASE, RELEASE.released + MAX_AGE + timedelta(days=1))
    assert warning is not None
    assert "tzdata 2026.6" in warning
    assert "2026-10-28" in warning
    assert "make lock UPGRADE=1" in warning
    assert "\n" not in warning


@pytest.mark.parametrize("lock", ["development.lock", "dependencies.lock"])
def test_the_version_beside_the_day_is_the_locked_one(lock: str) -> None:
    locked = re.findall(r"^tzdata==(\S+)", (ROOT / "requirements" / lock).read_text(), re.MULTILINE)
    assert locked == [pinned().version], (
        "set the version and its day in pyproject.toml, [tool.runsheet.tzdata]"
    )


def test_the_day_is_one_of_the_year_of_the_release() -> None:
    assert str(pinned().released.year) == pinned().version.split(".")[0]


def test_make_check_prints_it_to_stderr_and_does_not_fail(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = tmp_path / "pyproject.toml"
    project.write_text('[tool.runsheet.tzdata]\nversion = "2020.1"\nreleased = 2020-04-23\n')
    monkeypatch.setattr(tzdata_age, "PROJECT", project)
    assert tzdata_age.main() == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("warning: the time zones (tzdata 2020.1)")
    assert printed.err.count("\n") == 1


def test_it_runs_as_make_check_runs_it() -> None:
    assert "$(BIN)/python layers/tzdata_age.py" in (ROOT / "Makefile").read_text()
    done = subprocess.run(
        [sys.executable, "layers/tzdata_age.py"], cwd=ROOT, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, b"")

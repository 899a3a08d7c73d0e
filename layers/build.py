"""Fill a Lambda layer: `sam build` runs it by way of the layers' Makefiles.

    python3 layers/build.py core "$ARTIFACTS_DIR"            # our package, from layers/core
    python3 layers/build.py dependencies "$ARTIFACTS_DIR"    # the wheels of requirements/dependencies.lock
    python3 layers/build.py engine "$ARTIFACTS_DIR"          # the wheels of requirements/engine.lock

The target is Python 3.13 on arm64, or what RUNSHEET_RUNTIME (`python3.12`) and RUNSHEET_ARCHITECTURE
(`x86_64`) say; they must be those of the deployment's parameters Runtime and Architecture.
RUNSHEET_RUNTIME=host builds for the interpreter and the system that run this, as the local stack needs it.
RUNSHEET_LAYER_CACHE names a folder in which installed wheels are kept for the next build.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parent.parent
_RUNNING = "{}.{}".format(*sys.version_info)
# Python 3.11 runs on Amazon Linux 2 (glibc 2.26), later ones on Amazon Linux 2023 (glibc 2.34).
_OLDEST_GLIBC, _GLIBC_OF_2, _GLIBC_OF_2023 = 5, 26, 34
# Of what the wheels bring, what no function imports; tests/layers/test_contents.py imports every handler without it. What is
# listed and not there ends the build, so the list does not grow old.
_UNUSED = {
    "dependencies": (
        "dns",  # email-validator's look-ups of domains, which nobody asks for
        "dnspython-*.dist-info",
        "aws_lambda_powertools/event_handler",
        "aws_lambda_powertools/metrics/provider/datadog",
        "aws_lambda_powertools/utilities/auth_alpha",
        "aws_lambda_powertools/utilities/data_masking",
        "aws_lambda_powertools/utilities/feature_flags",
        "aws_lambda_powertools/utilities/idempotency",
        "aws_lambda_powertools/utilities/kafka",
        "aws_lambda_powertools/utilities/parameters",
        "aws_lambda_powertools/utilities/streaming",
        "aws_lambda_powertools/utilities/validation",
        "pydantic/mypy.py",
        "pydantic/v1",
        "pydantic_core-*.dist-info/sboms",
    ),
    "engine": ("_duckdb-stubs", "adbc_driver_duckdb", "duckdb/experimental", "duckdb/query_graph"),
}
_NOT_READ = ("*.pyi", "py.typed", "*.dist-info/RECORD", "*.dist-info/INSTALLER", "*.dist-info/REQUESTED")
# One date for all files: an unchanged layer gives an unchanged archive, and so no new layer version.
_DATE = 946_684_800


class Target(NamedTuple):
    """What a layer is built for; `architecture` is `host` where no other system is meant than this one."""

    version: str
    architecture: str

    @classmethod
    def from_environment(cls) -> Target:
        """Return what RUNSHEET_RUNTIME and RUNSHEET_ARCHITECTURE ask for."""
        runtime = os.environ.get("RUNSHEET_RUNTIME", "python3.13")
        if runtime == "host":
            return cls(_RUNNING, "host")
        return cls(runtime.removeprefix("python"), os.environ.get("RUNSHEET_ARCHITECTURE", "arm64"))

    def pip_options(self) -> list[str]:
        """Return the options that make pip choose the target's wheels."""
        if self.architecture == "host":
            return []
        machine = {"arm64": "aarch64", "x86_64": "x86_64"}[self.architecture]
        newest = _GLIBC_OF_2 if self.version == "3.11" else _GLIBC_OF_2023
        options = ["--implementation", "cp", "--python-version", self.version]
        for abi in (f"cp{self.version.replace('.', '')}", "abi3", "none"):
            options += ["--abi", abi]
        for minor in range(newest, _OLDEST_GLIBC - 1, -1):
            options += ["--platform", f"manylinux_2_{minor}_{machine}"]
        return [*options, "--platform", f"manylinux2014_{machine}", "--platform", "any"]

    def interpreter(self) -> str:
        """Return an interpreter of the target's version; it makes the .pyc files.

        Raises:
            SystemExit: there is none. Every cold start would compile all modules, so it is not left out.
        """
        if self.version == _RUNNING:
            return sys.executable
        name = f"python{self.version}"
        path = shutil.which(name)
        # What is on the PATH may be a version manager's stand-in for an interpreter that is not there.
        if path is None or subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode:
            sys.exit(
                f"The layers are built for Python {self.version}, and there is no {name} on the PATH. "
                "Install it, or set RUNSHEET_RUNTIME, and the deployment's parameter Runtime, to one that is."
            )
        return path


def main(name: str, artifacts: Path) -> None:
    """Build the layer `name` into the folder `artifacts`."""
    target = Target.from_environment()
    destination = artifacts / "python"
    destination.mkdir(parents=True, exist_ok=True)
    cache = os.environ.get("RUNSHEET_LAYER_CACHE")
    if name == "core":
        unwanted = shutil.ignore_patterns("__pycache__", "*.pyc")
        shutil.copytree(ROOT / "layers" / "core" / "runsheet", destination / "runsheet", ignore=unwanted)
        _finish(destination, target)
    elif cache is None:
        _install(ROOT / "requirements" / f"{name}.lock", destination, target)
    else:
        kept = _kept(ROOT / "requirements" / f"{name}.lock", Path(cache), target)
        shutil.copytree(kept, destination, dirs_exist_ok=True)


def _kept(lock: Path, cache: Path, target: Target) -> Path:
    """Return a folder with the lock's wheels; made anew when the lock, the target or this file changed."""
    seed = [*target, sys.version, platform.platform(), Path(__file__).read_text(), lock.read_text()]
    folder = cache / f"{lock.stem}-{hashlib.sha256('|'.join(seed).encode()).hexdigest()[:16]}"
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        # Renamed when it is whole, so that no broken-off or parallel build leaves half a folder.
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            fresh = Path(scratch) / "python"
            fresh.mkdir()
            _install(lock, fresh, target)
            if not folder.is_dir():
                fresh.rename(folder)
    return folder


def _install(lock: Path, folder: Path, target: Target) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--root-user-action", "ignore", "--no-compile", "--no-deps", "--only-binary", ":all:"]
    command += ["--require-hashes", "--requirement", str(lock), "--target", str(folder)]
    subprocess.run([*command, *target.pip_options()], check=True)
    shutil.rmtree(folder / "bin", ignore_errors=True)
    for pattern in _NOT_READ:
        for file in folder.rglob(pattern):
            file.unlink()
    _trim(folder, _UNUSED[lock.stem])
    _finish(folder, target)


def _trim(folder: Path, unused: Sequence[str]) -> None:
    """Delete what is listed.

    Raises:
        SystemExit: some of it is not there. Whoever upgrades a package looks at its list again.
    """
    for pattern in unused:
        found = list(folder.glob(pattern))
        if not found:
            sys.exit(
                f"{pattern} is to be left out of the layer, but is not in it: look at the list in build.py."
            )
        for path in found:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def _finish(folder: Path, target: Target) -> None:
    """Compile, so that no cold start has to, and date all files alike."""
    # Checked neither by date nor by hash: what is in a layer does not change, and unpacking may change dates.
    options = ["--invalidation-mode", "unchecked-hash", "-q", "-s", str(folder), "-p", "/opt/python"]
    subprocess.run([target.interpreter(), "-m", "compileall", *options, str(folder)], check=True)
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (_DATE, _DATE))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

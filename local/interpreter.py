"""The interpreter that functions run in on the local stack."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from importlib.metadata import distribution
from pathlib import Path

from local.place import ROOT

# What AWS's Python runtimes carry. A function finds everything else in its layers, or not at all.
_CARRIED = ("boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "six", "urllib3")


def function_interpreter() -> Path:
    """Return an interpreter of this version that has boto3 and nothing else installed; made on first use."""
    folder = ROOT / ".local" / f"interpreter-{sysconfig.get_python_version()}"
    interpreter = folder / "bin" / "python"
    site = Path(sysconfig.get_path("purelib"))
    wanted = f"{sys.executable}\n{site}\n" + "\n".join(
        f"{name} {distribution(name).version}" for name in _CARRIED
    )
    made_for = folder / "made-for"
    if made_for.exists() and made_for.read_text() == wanted:
        return interpreter
    venv.create(folder, clear=True, symlinks=True, with_pip=False)
    command = [str(interpreter), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip())
    for name in _CARRIED:
        for top in {file.parts[0] for file in distribution(name).files or ()}:
            if (site / top).exists() and top not in {"..", "__pycache__"}:
                (packages / top).symlink_to(site / top)
    made_for.write_text(wanted)
    return interpreter

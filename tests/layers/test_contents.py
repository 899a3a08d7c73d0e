"""The built layers, without what was taken out of them, hold everything that the functions import, and are small."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from layers import build
from local.interpreter import function_interpreter

ROOT = Path(__file__).parents[2]
LAYERS = ("core", "dependencies", "engine")
# Megabytes, unzipped, with room for an upgrade; Lambda takes 250 of all layers of a function and its own code.
MOST = {"core": 4, "dependencies": 15, "engine": 95}
HANDLERS = sorted(
    ".".join(file.relative_to(ROOT / "functions").with_suffix("").parts)
    for file in (ROOT / "functions").rglob("*.py")
)
# Their wheels have none; METADATA names it.
WITHOUT_LICENCE = {"duckdb_extension_httpfs"}
# What functions import later than at their start.
LATER = """
from runsheet.email_addresses import sendable
from zoneinfo import ZoneInfo
assert sendable("ada@example.com")
ZoneInfo("Europe/Vienna")
"""


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layers for this interpreter, of the wheels that the local stack keeps."""
    folder = tmp_path_factory.mktemp("layers")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("RUNSHEET_RUNTIME", "host")
        environment.setenv("RUNSHEET_LAYER_CACHE", str(ROOT / ".local" / "layers"))
        for layer in LAYERS:
            build.main(layer, folder / layer)
    return folder


def megabytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def test_every_handler_is_imported_from_the_layers_alone(layers: Path) -> None:
    path = [str(layers / layer / "python") for layer in LAYERS] + [str(ROOT / "functions")]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(path),
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_LAMBDA_FUNCTION_NAME": "function",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
    }
    statements = "\n".join([*(f"import {handler}" for handler in HANDLERS), LATER])
    done = subprocess.run(
        [function_interpreter(), "-c", statements],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_is_small(layer: str, layers: Path) -> None:
    assert megabytes(layers / layer) <= MOST[layer]


def test_licences_stay_and_what_nobody_reads_does_not(layers: Path) -> None:
    for layer in ("dependencies", "engine"):
        packages = layers / layer / "python"
        for described in packages.glob("*.dist-info"):
            assert (described / "METADATA").exists()
            licences = [file for file in described.rglob("*") if "licen" in file.name.lower()]
            assert licences or described.name.partition("-")[0] in WITHOUT_LICENCE
        assert not [f for f in packages.rglob("*") if f.name in {"tests", "docs"} or f.suffix == ".pyi"]


def test_what_is_to_be_left_out_and_is_not_there_ends_the_build(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    with pytest.raises(SystemExit, match="gone is to be left out"):
        build._trim(tmp_path, ["old", "gone"])
    assert not (tmp_path / "old").exists()
